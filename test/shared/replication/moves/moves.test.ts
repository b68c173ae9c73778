import { describe, expect, it } from "vitest";
import { absentKey, write } from "../../../../shared/clock/dotted.ts";
import { asKey, asMessageId, asNodeId, asRequestId, type Key } from "../../../../shared/ids.ts";
import { Ring } from "../../../../shared/ring/ring.ts";
import { Cluster } from "../../replica/cluster.ts";
import { Traffic } from "./traffic.ts";

/** Everybody that is up agrees that so many serve, and nobody is on the move. */
function settled(cluster: Cluster, serving: number): boolean {
  return cluster.up.every((node) => {
    const replica = cluster.replica(node);
    return replica.isSettled && replica.ring.nodes.length === serving;
  });
}

function begin(nodes: number, seed: number, keys = 16) {
  const cluster = new Cluster({ n: 3, r: 2, w: 2 });
  cluster.startAll(nodes);
  const traffic = new Traffic(cluster, seed, keys);
  traffic.fill();
  return { cluster, traffic };
}

describe("P11: reads and writes go on while", () => {
  it("a node joins", () => {
    const { cluster, traffic } = begin(4, 1);
    cluster.start("node-5", ["node-1"]);
    traffic.run(300, 3);
    cluster.runUntil(() => settled(cluster, 5), 10_000);
    traffic.rest();
    traffic.checkAll();
    expect(traffic.failed).toEqual({ put: 0, get: 0 });
    expect(traffic.done.put).toBeGreaterThan(100);
  });

  it("a node leaves", () => {
    const { cluster, traffic } = begin(5, 2);
    cluster.leave("node-2");
    traffic.run(300, 3);
    cluster.runUntil(() => settled(cluster, 4), 10_000);
    traffic.rest();
    traffic.checkAll();
    expect(traffic.done.put).toBeGreaterThan(100);
  });

  /** Milliseconds after a move began, each of which has a message on its way. */
  const instants = [0, 1, 2, 3, 4, 6, 8, 11];

  it.each(["node-5", "node-1", "node-3"])(
    "a node joins and %s is killed at any moment, and restarts",
    (victim) => {
      for (const at of instants) {
        const { cluster, traffic } = begin(4, 10 + at);
        cluster.start("node-5", ["node-1"]);
        traffic.run(at, 3);
        cluster.kill(victim);
        traffic.run(30, 2);
        cluster.run(at % 2 === 0 ? 0 : 4_000);
        traffic.run(10, 2);
        cluster.start(victim, ["node-2"]);
        traffic.run(60, 2);
        cluster.runUntil(() => settled(cluster, 5), 20_000);
        traffic.rest();
        traffic.checkAll();
      }
    },
  );

  it.each(["node-2", "node-1", "node-4"])(
    "node-2 leaves and %s is killed at any moment, and restarts",
    (victim) => {
      for (const at of instants) {
        const { cluster, traffic } = begin(5, 40 + at);
        cluster.leave("node-2");
        traffic.run(at, 3);
        cluster.kill(victim);
        traffic.run(30, 2);
        cluster.run(at % 2 === 0 ? 0 : 4_000);
        traffic.run(10, 2);
        cluster.start(victim, ["node-3"]);
        traffic.run(60, 2);
        // A leave that was cut short by the node's own death is taken back when it runs again.
        cluster.runUntil(() => settled(cluster, cluster.up.length), 20_000);
        expect(cluster.up.length).toBe(victim === "node-2" ? 5 : 4);
        traffic.rest();
        traffic.checkAll();
      }
    },
  );

  it("a dead node is taken out by an operator, and others take over from it", () => {
    for (const at of instants) {
      const { cluster, traffic } = begin(5, 70 + at);
      cluster.kill("node-2");
      cluster.run(4_000);
      cluster.input("node-1", { kind: "evict", node: asNodeId("node-2") });
      traffic.run(at, 3);
      // Whoever began to take it out is gone: another does.
      cluster.kill("node-1");
      cluster.run(3_000);
      cluster.start("node-1");
      traffic.run(60, 2);
      cluster.runUntil(() => settled(cluster, 4), 20_000);
      traffic.rest();
      traffic.checkAll();
    }
  });

  it("a node that was taken out runs after all: it keeps a place and is refilled", () => {
    const { cluster, traffic } = begin(4, 90);
    cluster.input("node-1", { kind: "evict", node: asNodeId("node-2") });
    traffic.run(100, 3);
    cluster.runUntil(() => settled(cluster, 4), 20_000);
    traffic.rest();
    traffic.checkAll();
  });

  it("two nodes join at once and a third leaves", () => {
    for (const at of instants) {
      const { cluster, traffic } = begin(4, 100 + at);
      cluster.start("node-5", ["node-1"]);
      traffic.run(at, 3);
      cluster.start("node-6", ["node-3"]);
      cluster.leave("node-2");
      traffic.run(150, 3);
      cluster.runUntil(() => settled(cluster, 5), 20_000);
      traffic.rest();
      traffic.checkAll();
    }
  });
});

describe("P11: a write by one who has not heard that a node joins", () => {
  it("is refused by an owner who has, though its owners are the same", () => {
    const cluster = new Cluster({ n: 3, r: 2, w: 2 });
    cluster.startAll(4);
    cluster.start("node-5", ["node-1"]);
    const phaseAt = (node: string) =>
      cluster.replica(node).topology.nodes.find((each) => each.node === "node-5")?.phase;
    const { topology } = cluster.replica("node-1");
    cluster.runUntil(() => phaseAt("node-1") === "joining", 100);
    const keys = Array.from({ length: 100 }, (_, i) => asKey(`k${i}`));
    const serving = Ring.of(cluster.replica("node-1").ring.nodes, 150);
    const isMoving = (key: Key) =>
      serving.owners(key, 3).includes(asNodeId("node-1")) &&
      serving.with(asNodeId("node-5")).owners(key, 3).includes(asNodeId("node-5"));
    const answerTo = (key: Key, epoch: number) => {
      const from = serving.owners(key, 3).find((owner) => owner !== "node-1")!;
      const state = write(absentKey, { dot: { node: from, counter: 1 }, value: "v", at: 0 }, {});
      const { messages } = cluster.input("node-1", {
        kind: "message",
        envelope: {
          id: asMessageId(`${key} ${epoch}`),
          from,
          address: `${from}:1`,
          clock: { [from]: 1 },
          body: {
            kind: "REPLICATE",
            request: asRequestId("r"),
            op: "put",
            key,
            state,
            origin: from,
            replicas: serving.owners(key, 3),
            n: 3,
            epoch,
          },
        },
      });
      const answers = messages.map(({ envelope }) => envelope.body.kind);
      return answers.find((kind) => kind === "STALE" || kind === "REPLICATE_ACK");
    };
    const now = cluster.replica("node-1").topology.epoch;
    expect(topology.epoch).toBeLessThan(now);
    const moved = keys.find(isMoving)!;
    expect(answerTo(moved, topology.epoch)).toBe("STALE");
    expect(answerTo(moved, now)).toBe("REPLICATE_ACK");
    const unmoved = keys.find(
      (key) => !isMoving(key) && serving.owners(key, 3).includes(asNodeId("node-1")),
    )!;
    expect(answerTo(unmoved, topology.epoch)).toBe("REPLICATE_ACK");
  });
});

const refilled = (cluster: Cluster) =>
  cluster.happenings.some(({ event }) => {
    return event.type === "local" && event.name === "move" && event.detail!["kind"] === "rebuild";
  });

describe("P2: a node whose disk", () => {
  it("is lost keeps its place, answers no reads, and is refilled", () => {
    for (const at of [0, 3, 6, 9]) {
      const { cluster, traffic } = begin(4, 200 + at);
      cluster.kill("node-3");
      traffic.run(at, 2);
      cluster.wipe("node-3");
      cluster.start("node-3", ["node-1"]);
      traffic.run(100, 3);
      cluster.runUntil(() => settled(cluster, 4), 20_000);
      expect(refilled(cluster)).toBe(true);
      traffic.rest();
      traffic.checkAll();
    }
  });

  it("is put back to an old one is found out, and refilled", () => {
    const { cluster, traffic } = begin(4, 210);
    const image = cluster.machines.get(asNodeId("node-3"))!.disk;
    cluster.kill("node-3");
    cluster.run(4_000);
    cluster.start("node-3", ["node-1"]);
    cluster.settle(4);
    traffic.run(100, 3);
    cluster.kill("node-3");
    cluster.machines.get(asNodeId("node-3"))!.disk = image;
    cluster.happenings.length = 0;
    cluster.start("node-3", ["node-1"]);
    traffic.run(100, 3);
    cluster.runUntil(() => settled(cluster, 4), 20_000);
    expect(refilled(cluster)).toBe(true);
    traffic.rest();
    traffic.checkAll();
  });
});

describe("a node that takes over a move of which it had said that it is done", () => {
  it("has no word left to give: it waits for the others, and time passes", () => {
    const { cluster } = begin(4, 250);
    cluster.lose("HANDOVER_DONE", "node-2");
    cluster.leave("node-2");
    const isLost = () =>
      cluster.happenings.some(({ node, event: { type, name } }) => {
        return node === "node-1" && type === "lost" && name === "HANDOVER_DONE";
      });
    cluster.runUntil(isLost, 100);
    for (const node of ["node-2", "node-3", "node-4"]) cluster.kill(node);
    cluster.input("node-1", { kind: "evict", node: asNodeId("node-2") });
    cluster.run(5_000);
    const [move] = cluster.replica("node-1").topology.moves;
    expect(move).toMatchObject({ about: "node-2", kind: "leave", phase: "receiving" });
    expect(move!.waitingFor).toEqual(expect.arrayContaining(["node-3", "node-4"]));
  });
});

describe("a cluster that stops node by node", () => {
  it("is there again, with all it held, when its nodes are started", () => {
    const { cluster, traffic } = begin(3, 300);
    for (const node of ["node-1", "node-2", "node-3"]) cluster.leave(node);
    cluster.runUntil(() => cluster.up.length === 0, 10_000);
    for (const node of ["node-2", "node-1", "node-3"]) cluster.start(node, ["node-3"]);
    cluster.runUntil(() => settled(cluster, 3), 20_000);
    traffic.checkAll();
  });
});
