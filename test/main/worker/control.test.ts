/** The lab's line: events, link faults, the cooperative pause, and the end. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readTraceAfter } from "../../../main/storage/trace-blobs.ts";
import { type LinkSettings, restingLink } from "../../../shared/contract/state.ts";
import { descends } from "../../../shared/clock/vector-clock.ts";
import { eventually, patient, TestCluster, type TestNode } from "./cluster.ts";

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster();
});
afterEach(() => cluster.end());

const single = { control: true, flags: ["--n=1", "--r=1", "--w=1"] };
const link = (settings: Partial<LinkSettings>): LinkSettings => ({ ...restingLink, ...settings });
const ready = (node: TestNode) => node.received.find((message) => message.kind === "ready");
const countsOf = (node: TestNode, to: string) =>
  node.received.findLast((message) => message.kind === "links")?.counts[to];

describe("events on the line", () => {
  it("come in program order without gaps, and a killed node's last ones are in its file", async () => {
    const node = await cluster.start("node-1", single);
    for (let count = 0; count < 20; count++) await node.put(`key-${count}`, "x");
    await node.signal("SIGKILL");
    const message = ready(node);
    expect(message).toMatchObject({ kind: "ready", pid: node.process.pid });
    const life = message!.life;
    const streamed = node.events;
    const all = [...streamed, ...readTraceAfter(node.dataDir, life, streamed.at(-1)?.seq ?? 0)];
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
    expect(all.every((event) => event.life === life && event.node === "node-1")).toBe(true);
    expect(all[0]!.name).toBe("start");
    expect(all.filter(({ name }) => name === "reply")).toHaveLength(20);
    expect(readTraceAfter(node.dataDir, life, 0)).toEqual(all);
  });

  it("tie lanes together: every receive names a send, and its clock has seen it", async () => {
    const nodes = await cluster.startMany(3, { control: true, flags: [patient] });
    expect((await nodes[0]!.put("k", "v")).status).toBe(200);
    const has = (name: string) =>
      nodes
        .flatMap(({ events }) => events)
        .filter((event) => event.name === name && event.type === "receive");
    await eventually("an acknowledgement", () => has("REPLICATE_ACK").length > 0);
    const events = nodes.flatMap(({ events }) => events);
    const sends = new Map(events.flatMap((event) => (event.type === "send" ? [[event.message, event]] : [])));
    for (const event of events) {
      if (event.type !== "receive") continue;
      const send = sends.get(event.message);
      if (send === undefined) continue;
      expect(send.node).toBe(event.peer);
      expect(descends(event.clock!, send.clock!)).toBe(true);
    }
    expect(has("REPLICATE").every((event) => event.key === "k" && sends.has(event.message))).toBe(true);
  });

  it("--no-trace keeps and streams none", async () => {
    const node = await cluster.start("node-1", { control: true, flags: [...single.flags, "--no-trace"] });
    await node.put("k", "v");
    await eventually("the node to be ready", () => ready(node));
    expect(node.events).toEqual([]);
    expect(readTraceAfter(node.dataDir, ready(node)!.life, 0)).toEqual([]);
    expect((await node.get("k")).body).toMatchObject({ value: "v" });
  });
});

describe("link faults", () => {
  it("a cut that holds: messages are lost with the reason, both sides convict, and it heals", async () => {
    const nodes = (await cluster.startMany(2, {
      control: true,
      flags: ["--n=2", "--r=1", "--w=2"],
    })) as [TestNode, TestNode];
    const [one, two] = nodes;
    one.tell({ kind: "links", links: { "node-2": link({ blocked: true }) } });
    two.tell({ kind: "links", links: { "node-1": link({ blocked: true }) } });
    await eventually("each to call the other dead", async () => {
      const [a, b] = await Promise.all([one.beliefs(), two.beliefs()]);
      return a["node-2"] === "dead" && b["node-1"] === "dead";
    });
    const lost = await eventually("the loss", () =>
      one.events.find(({ type, detail }) => type === "lost" && detail?.["reason"] === "blocked"),
    );
    expect(lost).toMatchObject({ peer: "node-2", clock: null, op: "membership" });
    expect(one.events.some(({ type, message }) => type === "send" && message === lost.message)).toBe(true);
    const refused = await one.put("k", "v");
    expect(refused.status).toBe(503);
    expect(refused.body).toMatchObject({ replication_result: { quorum_achieved: false } });
    await eventually("the counts", () => (countsOf(one, "node-2")?.blocked ?? 0) > 0);

    for (const node of nodes) node.tell({ kind: "links", links: {} });
    await cluster.allAlive(nodes);
    expect((await one.put("k", "v")).status).toBe(200);
  });

  it("a cut holds against a restarted node that joins by the seed's address", async () => {
    const [one, two] = (await cluster.startMany(2, { control: true })) as [TestNode, TestNode];
    await two.signal("SIGKILL");
    await eventually("node-2 to be dead", async () => (await one.beliefs())["node-2"] === "dead");
    one.tell({ kind: "links", links: { "node-2": link({ blocked: true }) } });
    const flags = [`--seed-node=${one.address}`];
    const back = cluster.spawn("node-2", two.port, { control: true, flags }, two.dataDir);
    back.tell({ kind: "links", links: { "node-1": link({ blocked: true }) } });
    await back.ready();
    await eventually("its JOIN to be blocked", () =>
      back.events.some(
        ({ type, name, detail }) => type === "lost" && name === "JOIN" && detail?.["reason"] === "blocked",
      ),
    );
    expect((await one.beliefs())["node-2"]).toBe("dead");
    expect(back.events.some(({ type }) => type === "receive")).toBe(false);
  });

  it("latency delays, and is counted", async () => {
    const flags = ["--n=2", "--r=1", "--w=2", patient];
    const [one] = (await cluster.startMany(2, { control: true, flags })) as [TestNode];
    one.tell({ kind: "links", links: { "node-2": link({ latency: { kind: "constant", ms: 120 } }) } });
    await one.fence();
    const start = performance.now();
    expect((await one.put("k", "v")).status).toBe(200);
    expect(performance.now() - start).toBeGreaterThanOrEqual(119);
    await eventually("the counts", () => (countsOf(one, "node-2")?.delayed ?? 0) > 0);
  });

  it("duplicates arrive twice and do no harm", async () => {
    const [one, two] = (await cluster.startMany(2, {
      control: true,
      flags: ["--n=2", "--r=1", "--w=2", patient],
    })) as [TestNode, TestNode];
    one.tell({ kind: "links", links: { "node-2": link({ duplicate: 1 }) } });
    await one.fence();
    expect((await one.put("k", "v")).status).toBe(200);
    const twice = await eventually("a message that came twice", () => {
      const receives = two.events.filter(({ type, name }) => type === "receive" && name === "REPLICATE");
      return receives.length === 2 && receives;
    });
    expect(new Set(twice.map(({ message }) => message)).size).toBe(1);
    expect((await two.get("k")).body).toMatchObject({ values: ["v"] });
  });

  it("a message to a node that is gone is lost as unreachable", async () => {
    const [one, two] = (await cluster.startMany(2, { control: true })) as [TestNode, TestNode];
    await two.signal("SIGKILL");
    const lost = await eventually("the loss", () =>
      one.events.find(({ type, detail }) => type === "lost" && detail?.["reason"] === "unreachable"),
    );
    expect(lost.peer).toBe("node-2");
  });
});

describe("a message for one node", () => {
  it("is never given to another that has taken its address", async () => {
    const [one, two] = (await cluster.startMany(2, { control: true })) as [TestNode, TestNode];
    await two.signal("SIGKILL");
    await eventually("node-2 to be dead", async () => (await one.beliefs())["node-2"] === "dead");
    const other = await cluster.spawn("node-5", two.port, { control: true }).ready();
    const lost = () => one.events.filter(({ type, peer }) => type === "lost" && peer === "node-2").length;
    const before = lost();
    await eventually("node-1 to try again and fail", () => lost() >= before + 2);
    expect(other.events.filter(({ type }) => type === "receive")).toEqual([]);
    expect(await other.beliefs()).toEqual({ "node-5": "alive" });
  });
});

describe("the line's commands", () => {
  it("freeze holds everything, thaw lets it go on", async () => {
    const node = await cluster.start("node-1", single);
    await node.put("k", "before");
    node.tell({ kind: "freeze" });
    await eventually("the pause to hold", async () => {
      const answer = node.request("GET", "/api/v1/status").then(() => "answered");
      const held = new Promise((done) => setTimeout(done, 100, "held"));
      return (await Promise.race([answer, held])) === "held";
    });
    const pending = node.put("k", "during");
    node.tell({ kind: "thaw" });
    expect((await pending).status).toBe(200);
    expect((await node.get("k")).body).toMatchObject({ value: "during" });
  });

  it("stop leaves and exits 0", async () => {
    const [one, two] = (await cluster.startMany(2, { control: true })) as [TestNode, TestNode];
    two.tell({ kind: "stop", leave: true });
    expect(await two.exit).toEqual({ code: 0, signal: null });
    expect(two.events.at(-1)?.name).toBe("stop");
    await eventually("node-2 to have left", async () => (await one.beliefs())["node-2"] === "left");
  });

  it("stop without leaving says nothing to the others", async () => {
    const [one, two] = (await cluster.startMany(2, { control: true })) as [TestNode, TestNode];
    two.tell({ kind: "stop", leave: false });
    expect((await two.exit).code).toBe(0);
    await eventually("node-2 to be dead", async () => (await one.beliefs())["node-2"] === "dead");
  });

  it("its end is the node's end", async () => {
    const node = await cluster.start("node-1", single);
    node.line.destroy();
    expect(await node.exit).toEqual({ code: 0, signal: null });
  });

  it("a node that cannot start says why", async () => {
    const one = await cluster.start("node-1", single);
    const two = cluster.spawn("node-2", one.port, single);
    expect((await two.exit).code).toBe(1);
    expect(two.received).toContainEqual({ kind: "failed", message: expect.stringContaining("in use") });
  });
});
