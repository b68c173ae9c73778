/** The application as part of a replica: what its trace says, what survives, what a wrong wall clock changes. */
import { describe, expect, it } from "vitest";
import type { BroadcastOrder } from "../../../shared/broadcast/types.ts";
import { format, type VectorClock } from "../../../shared/clock/vector-clock.ts";
import { asKey, asNodeId } from "../../../shared/ids.ts";
import type { Emitted } from "../../../shared/replica/types.ts";
import { Cluster } from "./cluster.ts";

const nodes = ["node-1", "node-2", "node-3"];

function started(): Cluster {
  const cluster = new Cluster();
  cluster.startAll(3);
  cluster.happenings.length = 0;
  return cluster;
}

/** "node-1 receive TELL hello ⟨1,0,0⟩" for each event with a text. */
const told = (cluster: Cluster) =>
  cluster.happenings.flatMap(({ node, event }) => {
    if (event.type === "lost" || typeof event.detail?.["text"] !== "string") return [];
    const vector = event.detail["vector"] as VectorClock | undefined;
    const stamp = vector === undefined ? "" : ` ${format(vector, nodes)}`;
    return [`${node} ${event.type} ${event.name} ${event.detail["text"]}${stamp}`];
  });

const tell = (cluster: Cluster, from: string, to: string, text: string) => {
  cluster.act(from, { kind: "tell", to: asNodeId(to), text });
  cluster.run(2);
};

describe("acts", () => {
  it("stamp the events of lesson 1 as its textbook does, whatever gossip goes on", () => {
    const cluster = started();
    cluster.run(5_000);
    cluster.happenings.length = 0;
    cluster.act("node-1", { kind: "local", text: "a" });
    tell(cluster, "node-1", "node-2", "b");
    cluster.act("node-3", { kind: "local", text: "e" });
    tell(cluster, "node-2", "node-3", "d");
    cluster.act("node-1", { kind: "local", text: "g" });
    expect(told(cluster)).toEqual([
      "node-1 local event a ⟨1,0,0⟩",
      "node-1 send TELL b ⟨2,0,0⟩",
      "node-2 receive TELL b ⟨2,1,0⟩",
      "node-3 local event e ⟨0,0,1⟩",
      "node-2 send TELL d ⟨2,2,0⟩",
      "node-3 receive TELL d ⟨2,2,2⟩",
      "node-1 local event g ⟨3,0,0⟩",
    ]);
  });

  it("say of a broadcast who sent it, who received it and who delivered it", () => {
    const cluster = started();
    cluster.cut("node-1", "node-3");
    cluster.act("node-1", { kind: "broadcast", text: "question", order: "causal" });
    cluster.run(2);
    cluster.act("node-2", { kind: "broadcast", text: "reply", order: "causal" });
    cluster.run(2);
    expect(told(cluster)).toEqual([
      "node-1 local broadcast question ⟨1,0,0⟩",
      "node-1 send BROADCAST question ⟨1,0,0⟩",
      "node-1 send BROADCAST question ⟨1,0,0⟩",
      "node-2 receive BROADCAST question",
      "node-2 local delivered question ⟨1,1,0⟩",
      "node-2 local broadcast reply ⟨1,2,0⟩",
      "node-2 send BROADCAST reply ⟨1,2,0⟩",
      "node-2 send BROADCAST reply ⟨1,2,0⟩",
      "node-1 receive BROADCAST reply",
      "node-1 local delivered reply ⟨2,2,0⟩",
      "node-3 receive BROADCAST reply",
      "node-3 local held reply",
    ]);
    const held = cluster.happenings.find(({ event }) => event.name === "held")!.event;
    expect(held).toMatchObject({
      op: "internal",
      detail: { origin: "node-2", number: 1, waitsFor: "broadcast 1 of node-1" },
    });
  });

  it("reach those present, also a newcomer, but nobody that left", () => {
    const cluster = started();
    cluster.start("node-4", ["node-1"]);
    cluster.settle(4);
    cluster.leave("node-2");
    cluster.runUntil(() => !cluster.up.some((node) => node === "node-2"), 5_000);
    cluster.run(1_000);
    cluster.happenings.length = 0;
    cluster.act("node-3", { kind: "broadcast", text: "who is there", order: "unordered" });
    cluster.run(2);
    const receivers = cluster.happenings.filter(({ event }) => event.name === "delivered");
    expect(receivers.map(({ node }) => node).toSorted()).toEqual(["node-1", "node-4"]);
    expect(cluster.act("node-1", { kind: "tell", to: asNodeId("node-2"), text: "x" })).toMatchObject({
      ok: false,
      code: "no_such_member",
    });
  });

  it("of a total order have the next member give positions when the first has left", () => {
    const cluster = started();
    const texts = (node: string) =>
      cluster.happenings
        .filter((each) => each.node === node && each.event.name === "delivered")
        .map(({ event }) => (event.type === "lost" ? "" : event.detail!["text"]));
    const broadcast = (node: string, text: string, order: BroadcastOrder = "total") =>
      cluster.act(node, { kind: "broadcast", text, order });
    broadcast("node-3", "x");
    broadcast("node-2", "y");
    cluster.run(5);
    expect(texts("node-1")).toHaveLength(2);
    for (const node of nodes) expect(texts(node)).toEqual(texts("node-1"));
    // The first member is cut off from what follows, and leaves without having ordered it.
    cluster.cut("node-3", "node-1");
    broadcast("node-3", "z");
    cluster.run(5);
    expect(texts("node-2")).toHaveLength(2);
    cluster.heal();
    cluster.leave("node-1");
    cluster.runUntil(() => texts("node-3").length === 3, 5_000);
    expect(texts("node-2")).toEqual(texts("node-3"));
  });

  it("give out no number twice, unless the clock was lost", () => {
    const cluster = started();
    const mint = () => {
      const answer = cluster.act("node-1", { kind: "mint" });
      return answer.ok ? answer.id : answer.message;
    };
    const again = () => {
      cluster.kill("node-1");
      cluster.run(10);
      cluster.start("node-1", ["node-2"]);
      return mint();
    };
    expect([mint(), again(), again()]).toEqual(["node-1:1", "node-1:2", "node-1:3"]);
    cluster.loseClock("node-1");
    expect(again()).toBe("node-1:1");
  });
});

describe("a wrong wall clock", () => {
  it("shows in stamps and versions, drifts, and changes no deadline", () => {
    const cluster = started();
    const deadline = cluster.replica("node-1").deadline;
    cluster.input("node-1", { kind: "wall", offset: -5_000, driftPpm: 1_000 });
    expect(cluster.replica("node-1").deadline).toBe(deadline);
    const wall = () => {
      const answer = cluster.act("node-1", { kind: "local", text: "x" });
      return answer.ok ? answer.stamp.wall : Number.NaN;
    };
    expect(wall()).toBe(cluster.now - 5_000);
    cluster.run(10_000);
    expect(wall()).toBeCloseTo(cluster.now - 5_000 + 10, 6);
    const key = asKey("colour");
    cluster.ask("node-1", { op: "put", key, value: "red" });
    const [version] = cluster.replica("node-1").keys.get(key)!.versions;
    expect(version!.dot.node).toBe("node-1");
    expect(version!.at).toBeLessThan(cluster.now - 4_000);
    const stored = cluster.happenings.findLast(({ event }) => event.name === "stored")!.event as Emitted;
    expect(stored.at).toBeGreaterThan(cluster.now - 100);
  });
});
