/** How a node starts, refuses to start, and ends. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually, freePort, patient, TestCluster, type TestNode } from "./cluster.ts";

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster();
});
afterEach(() => cluster.end());

/** Starts a node that is expected to refuse; returns its exit code and its one sentence. */
async function refusal(flags: readonly string[], dataDir = join(cluster.root, "refused"), id = "node-1") {
  const node = cluster.spawn(id, await freePort(), { flags }, dataDir);
  const { code } = await node.exit;
  expect(node.stdout).toBe("");
  return { code, message: node.stderr };
}

describe("a graceful end", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("on %s the node leaves, flushes and exits 0", async (signal) => {
    const [one, two] = (await cluster.startMany(2)) as [TestNode, TestNode];
    expect(await two.signal(signal)).toEqual({ code: 0, signal: null });
    expect(two.stderr).toBe("");
    await eventually("node-2 to have left", async () => (await one.beliefs())["node-2"] === "left");
  });

  it("by POST /gossip/leave", async () => {
    const [one, two] = (await cluster.startMany(2)) as [TestNode, TestNode];
    const answer = await two.request("POST", "/gossip/leave");
    expect(answer.body).toMatchObject({ status: "leaving", node_id: "node-2" });
    expect((await two.exit).code).toBe(0);
    await eventually("node-2 to have left", async () => (await one.beliefs())["node-2"] === "left");
  });

  it("hands its keys over, so that they outlive it", async () => {
    const flags = ["--n=1", "--r=1", "--w=1", patient];
    const [one, two] = (await cluster.startMany(2, { flags })) as [TestNode, TestNode];
    for (let index = 0; index < 20; index++) {
      expect((await one.put(`key-${index}`, String(index))).status).toBe(200);
    }
    expect(await two.signal("SIGTERM")).toEqual({ code: 0, signal: null });
    await eventually("node-2 to have left", async () => (await one.beliefs())["node-2"] === "left");
    for (let index = 0; index < 20; index++) {
      expect((await one.get(`key-${index}`)).body).toMatchObject({ value: String(index) });
    }
  });

  it("a node that left and starts again is a member again", async () => {
    const [one, two] = (await cluster.startMany(2)) as [TestNode, TestNode];
    await two.signal("SIGTERM");
    await eventually("node-2 to have left", async () => (await one.beliefs())["node-2"] === "left");
    const back = await cluster.restart(two, { flags: [`--seed-node=${one.address}`] });
    await cluster.allAlive([one, back]);
  });
});

describe("a node refuses to start, with one clear sentence,", () => {
  it("when its port is in use", async () => {
    const one = await cluster.start("node-1");
    const two = cluster.spawn("node-2", one.port);
    expect((await two.exit).code).toBe(1);
    expect(two.stderr).toMatch(/^Port \d+ on 127\.0\.0\.1 is in use; choose another with --port.*\n$/);
  });

  it("when another process uses its directory, and that one goes on", async () => {
    const one = await cluster.start("node-1");
    const { code, message } = await refusal([], one.dataDir);
    expect(code).toBe(1);
    expect(message).toMatch(/is in use by another process/);
    expect((await one.request("GET", "/api/v1/status")).status).toBe(200);
  });

  it("when the directory belongs to another node or cluster", async () => {
    const one = await cluster.start("node-1");
    await one.signal("SIGTERM");
    expect((await refusal([], one.dataDir, "node-2")).message).toMatch(/belongs to node-1, not to node-2/);
    expect((await refusal(["--cluster=prod"], one.dataDir)).message).toMatch(
      /belongs to cluster "lightcone"/,
    );
  });

  it("when the directory is none", async () => {
    const file = join(cluster.root, "file");
    writeFileSync(file, "");
    expect(await refusal([], join(file, "below"))).toMatchObject({
      code: 1,
      message: expect.stringMatching(/cannot be made; check its path/),
    });
  });

  it("when its database is something else", async () => {
    const dir = join(cluster.root, "notes");
    mkdirSync(dir);
    writeFileSync(join(dir, "node.db"), "my notes ".repeat(1000));
    expect((await refusal([], dir)).message).toMatch(/is not a SQLite database; move it away/);
    expect(readFileSync(join(dir, "node.db"), "utf8")).toMatch(/^my notes/);
  });

  it("when its clock file is damaged and it is to be strict, with nothing changed", async () => {
    const settings = { flags: ["--clock-store=file", "--recovery=strict"] };
    const one = await cluster.start("node-1", settings);
    // Whatever the outcome of the write, its answer came after the clock was saved.
    await one.put("a", "1");
    await one.signal("SIGKILL");
    const dir = join(one.dataDir, "clocks");
    const file = join(dir, "node-1.clock.json");
    const damaged = readFileSync(file, "utf8").slice(0, -4);
    writeFileSync(file, damaged);
    // The lock is nobody's data: a kill leaves a journal of it that a clean end takes away.
    const names = () => readdirSync(dir).filter((name) => !name.startsWith("node.lock"));
    const before = names();
    const { code, message } = await refusal(settings.flags, one.dataDir);
    expect(code).toBe(1);
    expect(message).toMatch(/^The vector clock .* is not JSON.*\n$/);
    expect(readFileSync(file, "utf8")).toBe(damaged);
    expect(names()).toEqual(before);
  });

  it.each([
    [["--node-id=-x"], /--node-id must be/],
    [["--port=99999"], /--port must be a whole number from 0 to 65535/],
    [["--preset=fast"], /--preset must be one of lab, lan, classroom/],
    [["--w=4"], /--r and --w must not be larger than --n/],
    [["--r=1", "--w=1"], /--r plus --w must be larger than --n/],
    [["--seed-node=nowhere"], /--seed-node must be like localhost:8081, not "nowhere"/],
    [["--clock-store=tape"], /--clock-store must be one of/],
    [["--gossip=maybe"], /--gossip must be true or false/],
    [["--log=tape"], /--log must be one of sqlite, file, memory/],
    [["--sync=later"], /--sync must be one of commit, group, off/],
    [["--disk-fault=slow"], /--disk-fault must be JSON like/],
    [["--secret-file=/nonexistent"], /cannot be read/],
    [["--host=0.0.0.0"], /needs a secret of its own/],
    [["--virtual-nodes=0"], /--virtual-nodes must be/],
  ])("when told %j", async (flags, sentence) => {
    const { code, message } = await refusal(flags);
    expect(code).toBe(2);
    expect(message).toMatch(sentence);
  });
});
