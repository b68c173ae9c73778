/** Real nodes on each kind of store: killed under load, with failing disks, without power, with damage, and without any. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LiveDiskFault } from "../../../shared/contract/storage.ts";
import { eventually, patient, TestCluster, type TestNode } from "./cluster.ts";
import { alone, callUntilGone, damageLog, files, increment, valueOf } from "./storing.ts";

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster();
});
afterEach(() => cluster.end());

const kinds = [["--log=sqlite"], files, ["--log=file", "--snapshots=sqlite", "--sync=group"]];

describe.each(kinds)("SIGKILL under load, %s %s %s", (...given) => {
  it("keeps every acknowledged call", async () => {
    const flags = [...alone, ...given.filter((flag) => flag !== undefined)];
    let node = await cluster.start("node-1", { flags });
    for (let round = 0; round < 2; round += 1) {
      const names = Array.from({ length: 6 }, (_, index) => `r${round}-${index}`);
      const calls = names.map((name) => callUntilGone(node, name));
      await eventually("some calls", async () => (await valueOf(node, names[5]!)) > 20);
      await node.signal("SIGKILL");
      const acknowledged = await Promise.all(calls);
      node = await cluster.restart(node, { flags });
      for (const [index, name] of names.entries())
        expect(await valueOf(node, name), name).toBeGreaterThanOrEqual(acknowledged[index]!);
    }
  });
});

describe.each([files])("P33: when a flush fails, %s %s %s", (...given) => {
  it("the node acknowledges nothing more, says so in a sentence, and ends", async () => {
    const flags = [...alone, ...given.filter((flag) => flag !== undefined)];
    const node = await cluster.start("node-1", { flags, control: true });
    await increment(node, "n");
    node.tell({ kind: "disk", fault: { kind: "fail", operation: "sync", nth: 1, lasts: "always" } });
    await node.fence();
    const acknowledged = await callUntilGone(node, "n");
    expect(acknowledged).toBe(0);
    expect((await node.exit).code).toBe(1);
    expect(node.stderr.trim().split("\n")).toHaveLength(1);
    expect(node.stderr).toMatch(/could not be written|cannot be saved/);
    expect(node.received.some(({ kind }) => kind === "failed")).toBe(true);
    const back = await cluster.restart(node, { flags });
    expect(await valueOf(back, "n")).toBeGreaterThanOrEqual(1);
  });
});

describe.each([["--log=sqlite"], files])("L2: a power cut, %s %s %s", (...given) => {
  const powerCut: LiveDiskFault = { kind: "power-cut" };

  async function cut(sync: "commit" | "off"): Promise<number> {
    const flags = [...alone, `--sync=${sync}`, ...given.filter((flag) => flag !== undefined)];
    const node = await cluster.start("node-1", { flags, control: true });
    for (let count = 0; count < 10; count += 1) expect((await increment(node, "n")).status).toBe(200);
    node.tell({ kind: "disk", fault: powerCut });
    expect(await node.exit).toEqual({ code: null, signal: "SIGKILL" });
    const back = await cluster.restart(node, { flags });
    return valueOf(back, "n");
  }

  it("takes nothing of what was flushed before it was acknowledged", async () => {
    expect(await cut("commit")).toBe(10);
  });

  it("takes what was not, under --sync=off", async () => {
    expect(await cut("off")).toBeLessThan(10);
  });
});

async function damaged(): Promise<TestNode> {
  const node = await cluster.start("node-1", { flags: [...alone, ...files] });
  for (let count = 0; count < 10; count += 1) await increment(node, "n");
  await node.signal("SIGKILL");
  damageLog(node.dataDir);
  return node;
}

describe("L5: a log that is damaged in the middle", () => {
  it.each(["strict", "rebuild"])("stops a lone node in mode %s, with nothing changed", async (mode) => {
    const node = await damaged();
    const segment = join(node.dataDir, "log", readdirSync(join(node.dataDir, "log"))[0]!);
    const before = readFileSync(segment);
    const again = cluster.spawn(
      "node-1",
      node.port,
      { flags: [...alone, ...files, `--recovery=${mode}`] },
      node.dataDir,
    );
    const started = again.ready().then(() => Promise.reject(new Error("it started all the same")));
    expect((await Promise.race([again.exit, started])).code).toBe(1);
    expect(again.stderr).toMatch(/^The transaction log is damaged.* byte \d+.*\n$/);
    expect(readFileSync(segment).equals(before)).toBe(true);
    expect(existsSync(join(node.dataDir, "set-aside"))).toBe(false);
  });

  it.each(["truncate", "salvage"])("is dealt with in mode %s, and a copy is kept", async (mode) => {
    const node = await damaged();
    const flags = [...alone, ...files, `--recovery=${mode}`];
    const back = await cluster.restart(node, { flags });
    const found = await valueOf(back, "n");
    expect(found).toBeGreaterThan(0);
    expect(found).toBeLessThanOrEqual(10);
    expect(back.stderr).toMatch(/byte \d+/);
    const { body } = await back.request("GET", "/api/v1/storage");
    expect(body["setAside"]).not.toEqual([]);
    expect((body["recovery"] as string[]).join(" ")).toMatch(/The node goes on with/);
    await increment(back, "n");
    expect(await valueOf(back, "n")).toBe(found + 1);
  });

  it("is refilled by the others where there are others, before the node serves", async () => {
    const flags = [...files, patient];
    const [one, two, three] = (await cluster.startMany(3, { flags })) as [TestNode, TestNode, TestNode];
    for (let index = 0; index < 20; index += 1) {
      expect((await one.put(`k${index}`, `${index}`)).status).toBe(200);
    }
    await eventually("node-3 to hold all", async () => {
      const { body } = await three.request("GET", "/api/v1/keys");
      return JSON.stringify(body).includes("k19");
    });
    await three.signal("SIGKILL");
    damageLog(three.dataDir);
    const back = await cluster.restart(three, { flags: [...flags, `--seed-node=${one.address}`] });
    expect(back.stderr).toMatch(/is refilled by the other replicas before it serves/);
    await eventually("every key to be back", async () => {
      const { body } = await back.request("GET", "/api/v1/tables/kv/keys?limit=100");
      return (body["rows"] as unknown[]).length >= 20;
    });
    for (let index = 0; index < 20; index += 1) {
      expect((await two.get(`k${index}`)).body["value"]).toBe(`${index}`);
    }
  });
});

describe("P1: a clock file that is damaged", () => {
  it("is set aside, and the node goes on far beyond every counter it gave out", async () => {
    const flags = [...alone, ...files];
    const node = await cluster.start("node-1", { flags });
    await node.put("a", "1");
    await node.signal("SIGKILL");
    const file = join(node.dataDir, "clocks", "node-1.clock.json");
    writeFileSync(file, readFileSync(file, "utf8").slice(0, -4));
    const back = await cluster.restart(node, { flags });
    expect(back.stderr).toMatch(/its own counter raised to 1\d{6}/);
    const { body } = await back.put("b", "2");
    expect((body["context"] as Record<string, number>)["node-1"]).toBeGreaterThan(1_000_000);
    expect((await back.get("a")).body["value"]).toBe("1");
  });
});

describe("V5: a log in memory", () => {
  it("is gone after a restart, which the node says, and the others bring the data back", async () => {
    const flags = ["--log=memory", patient];
    const [one, two] = (await cluster.startMany(3, { flags })) as [TestNode, TestNode, TestNode];
    for (let index = 0; index < 10; index += 1) expect((await one.put(`k${index}`, "x")).status).toBe(200);
    await two.signal("SIGKILL");
    const back = await cluster.restart(two, { flags: [...flags, `--seed-node=${one.address}`] });
    expect(back.stderr).toMatch(/The log was kept in memory: what this node knew is gone/);
    await eventually("the keys to be back", async () => {
      const { body } = await back.request("GET", "/api/v1/tables/kv/keys?limit=100");
      return (body["rows"] as unknown[]).length >= 10;
    });
  });

  it("gives way to one on the disk, node by node, while the cluster serves", async () => {
    const memory = ["--log=memory", "--clock-store=memory", patient];
    const disk = [...files, patient];
    const nodes = await cluster.startMany(3, { flags: memory });
    for (let index = 0; index < 10; index += 1)
      expect((await nodes[0]!.put(`k${index}`, "x")).status).toBe(200);
    for (const [index, node] of nodes.entries()) {
      const other = nodes[(index + 1) % 3]!;
      await node.signal("SIGTERM");
      const back = await cluster.restart(node, { flags: [...disk, `--seed-node=${other.address}`] });
      nodes[index] = back;
      await cluster.allAlive(nodes);
      await eventually(`${node.id} to hold the keys`, async () => {
        const { body } = await back.request("GET", "/api/v1/tables/kv/keys?limit=100");
        return (body["rows"] as unknown[]).length >= 10;
      });
    }
    await Promise.all(nodes.map((node) => node.signal("SIGKILL")));
    const again = await Promise.all(nodes.map((node) => cluster.restart(node, { flags: disk })));
    await cluster.allAlive(again);
    for (let index = 0; index < 10; index += 1) {
      await eventually(`k${index}`, async () => (await again[1]!.get(`k${index}`)).body["value"] === "x");
    }
  });
});
