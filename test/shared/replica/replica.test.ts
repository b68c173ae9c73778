import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asKey, asNodeId } from "../../../shared/ids.ts";
import { membershipPresets } from "../../../shared/membership/presets.ts";
import { Replica } from "../../../shared/replica/replica.ts";
import { nothingRestored, type ReplicaConfig, type Restored } from "../../../shared/replica/types.ts";
import { Cluster } from "./cluster.ts";

const config: ReplicaConfig = {
  node: asNodeId("node-1"),
  address: "node-1:1",
  life: 5,
  seeds: [],
  gossip: true,
  virtualNodes: 10,
  membership: membershipPresets.lab,
  replication: { n: 3, r: 2, w: 2, requestTimeout: 1_000 },
  seed: 1,
};
const key = asKey("colour");

/** The first event of a life that begins with this on disk. */
const startOf = (restored: Partial<Restored>) => {
  const replica = new Replica(config, { ...nothingRestored, ...restored }, 5);
  return replica.step({ kind: "tick" }, 5).events[0];
};

describe("a life", () => {
  it("begins with the event start, which says what became of the clock", () => {
    expect(startOf({})).toMatchObject({
      name: "start",
      clock: { "node-1": 1 },
      detail: { clock: "new", keys: 0 },
    });
    expect(startOf({ clock: { "node-1": 41, "node-2": 7 }, incarnation: 3 })).toMatchObject({
      clock: { "node-1": 42, "node-2": 7 },
      detail: { clock: "restored" },
    });
    expect(startOf({ incarnation: 3 })).toMatchObject({ clock: { "node-1": 1 }, detail: { clock: "lost" } });
    const state = { context: { "node-1": 9 }, versions: [] };
    expect(startOf({ keys: [[key, state]] })).toMatchObject({ detail: { clock: "lost", keys: 1 } });
  });

  it("asks for its first step at once, and for its next by the earliest deadline", () => {
    const replica = new Replica(config, nothingRestored, 5);
    expect(replica.deadline).toBe(5);
    replica.step({ kind: "tick" }, 5);
    expect(replica.deadline).toBeGreaterThan(5);
  });

  it("without gossip is a single node that waits for nothing and asks nobody", () => {
    const replica = new Replica({ ...config, gossip: false, seeds: ["elsewhere:1"] }, nothingRestored, 5);
    expect(replica.step({ kind: "tick" }, 5).messages).toEqual([]);
    expect(replica.deadline).toBeNull();
    expect(replica.members()).toMatchObject([{ node: "node-1", status: "alive" }]);
  });

  it("refuses a quorum that makes no sense and time that runs backwards", () => {
    const replication = { ...config.replication, w: 4 };
    expect(() => new Replica({ ...config, replication }, nothingRestored, 0)).toThrow("w = 4 cannot be met");
    const replica = new Replica(config, nothingRestored, 5);
    expect(() => replica.step({ kind: "tick" }, 4)).toThrow("time ran backwards");
  });

  it("puts a refused stranger into the trace", () => {
    const replica = new Replica(config, nothingRestored, 5);
    const { events } = replica.step({ kind: "stranger", from: "10.0.0.9:4", reason: "wrong secret" }, 6);
    expect(events.at(-1)).toMatchObject({
      op: "internal",
      name: "stranger",
      detail: { from: "10.0.0.9:4", reason: "wrong secret" },
    });
  });
});

/** Without what only reducers, and nodes that were damaged or out for long, have on it. */
const ofData = (disk: Restored) => {
  const { clock, incarnation, members, topology, keys, hints, logIndex, operations, broadcast } = disk;
  return { clock, incarnation, members, topology, keys, hints, logIndex, operations, broadcast };
};

/** Everything a cluster did in a run with a kill and a restart, and all that was on its disks. */
const run = () => {
  const cluster = new Cluster();
  cluster.startAll(3);
  for (let i = 0; i < 5; i++) cluster.ask(`node-${(i % 3) + 1}`, { op: "put", key, value: `v${i}` });
  cluster.kill("node-2");
  cluster.run(3_000);
  cluster.start("node-2", ["node-1"]);
  cluster.run(1_000);
  return JSON.stringify([
    cluster.happenings,
    Array.from(cluster.machines.values(), ({ disk }) => [ofData(disk), [...disk.keys]]),
  ]);
};

describe("a cluster", () => {
  it("stamps a receive above its send, and every event above the one before", () => {
    const cluster = new Cluster();
    cluster.startAll(3);
    cluster.ask("node-1", { op: "put", key, value: "red" });
    const sends = new Map<string, Readonly<Record<string, number>>>();
    let receives = 0;
    for (const { event } of cluster.happenings) {
      if (event.type === "send") sends.set(event.message!, event.clock!);
      if (event.type !== "receive") continue;
      receives += 1;
      const sent = sends.get(event.message!)!;
      for (const [node, counter] of Object.entries(sent)) {
        expect(event.clock![node]).toBeGreaterThanOrEqual(counter);
      }
    }
    expect(receives).toBeGreaterThan(10);
  });

  it("does the same, byte for byte, when given the same", () => {
    expect(run()).toBe(run());
  });

  it("does what it always did: a change of this hash is a change of what every seed means", () => {
    const hash = createHash("sha256").update(run()).digest("hex");
    expect(hash).toBe("54e6350d37cbef489595eb8025d6db16ce34267e1d7d0d82465ec79ab94ab6e1");
  });

  it("keeps the ring of dead members and forgets it of those that left", () => {
    const cluster = new Cluster();
    cluster.startAll(3);
    cluster.kill("node-2");
    cluster.run(3_000);
    expect(cluster.replica("node-1").members()).toMatchObject([{}, { node: "node-2", status: "dead" }, {}]);
    expect(cluster.replica("node-1").ring.nodes).toHaveLength(3);
    cluster.leave("node-3");
    cluster.run(1_000);
    expect(cluster.replica("node-1").ring.nodes).toEqual(["node-1", "node-2"]);
  });

  it("is found again by a restarted node without any seed", () => {
    const cluster = new Cluster();
    cluster.startAll(3);
    cluster.kill("node-3");
    cluster.run(3_000);
    cluster.start("node-3");
    cluster.settle(3);
    expect(cluster.replica("node-3").ring.nodes).toHaveLength(3);
  });

  it("sends no handover when a node merely restarts", () => {
    const cluster = new Cluster();
    cluster.startAll(4);
    for (let i = 0; i < 50; i++) cluster.ask("node-1", { op: "put", key: asKey(`k${i}`), value: "v" });
    cluster.happenings.length = 0;
    cluster.kill("node-2");
    cluster.run(3_000);
    cluster.start("node-2");
    cluster.settle(4);
    cluster.run(1_000);
    expect(cluster.happenings.filter(({ event }) => event.name === "HANDOVER")).toEqual([]);
  });

  it("grows from 2 to 5 nodes under writes, and every key is then where it belongs", () => {
    const cluster = new Cluster({ n: 2, r: 1, w: 2 });
    cluster.startAll(2);
    const keys = Array.from({ length: 60 }, (_, i) => asKey(`k${i}`));
    for (const [i, each] of keys.entries()) {
      if (i % 20 === 10) cluster.start(`node-${cluster.up.length + 1}`, ["node-1"]);
      const outcome = cluster.ask("node-1", { op: "put", key: each, value: `v-${each}` });
      expect(outcome.ok, each).toBe(true);
    }
    cluster.settle(5);
    cluster.run(2_000);
    for (const each of keys) {
      for (const owner of cluster.replica("node-1").owners(each)) {
        expect(cluster.values(each)[owner], `${each} on ${owner}`).toEqual([`v-${each}`]);
      }
    }
  });
});

describe("P22: a write on its way to a coordinator that is then held for gone", () => {
  it("is not carried out a second time elsewhere: the first may have it", () => {
    const cluster = new Cluster({ n: 2, r: 1, w: 1 });
    cluster.startAll(4);
    const [first, , asker] = cluster.replica("node-1").ring.owners(key, 4);
    const id = cluster.request(asker!, { op: "put", key, value: "once" });
    const { messages } = cluster.input(asker!, { kind: "evict", node: first! });
    expect(messages.filter(({ envelope }) => envelope.body.kind === "FORWARD")).toEqual([]);
    cluster.runUntil(() => cluster.outcomes.has(id) && !cluster.hasDataTravelling, 5_000);
    const stored = Object.values(cluster.values(key)).flat();
    expect(new Set(stored)).toEqual(new Set(["once"]));
    expect(cluster.replica(first!).keys.get(key)?.versions).toHaveLength(1);
  });
});

describe("D3", () => {
  /** Writes through any node, one after the other, each after all messages of the one before have arrived. */
  it("sequential writes never conflict, whichever node they go through", () => {
    const through = fc.record({
      node: fc.integer({ min: 1, max: 4 }),
      op: fc.constantFrom("put" as const, "delete" as const),
    });
    fc.assert(
      fc.property(fc.array(through, { minLength: 1, maxLength: 12 }), (writes) => {
        const cluster = new Cluster({ n: 3, r: 2, w: 2 });
        cluster.startAll(4);
        for (const [i, { node, op }] of writes.entries()) {
          const outcome = cluster.ask(`node-${node}`, {
            op,
            key,
            ...(op === "put" ? { value: `v${i}` } : {}),
          });
          expect(outcome.ok).toBe(true);
        }
        expect(cluster.happenings.some(({ event }) => event.name === "conflict")).toBe(false);
        const read = cluster.ask("node-1", { op: "get", key, quorum: { r: 3 } });
        expect(read.ok && read.result.state.versions).toHaveLength(1);
      }),
      { numRuns: 25 },
    );
  });
});

describe("a graceful leave", () => {
  it("is over at once when there is nobody to tell", () => {
    const replica = new Replica(config, nothingRestored, 5);
    const { events } = replica.step({ kind: "leave" }, 6);
    expect(events.at(-1)).toMatchObject({ name: "stop", op: "internal" });
    expect(replica.hasLeft).toBe(true);
    expect(replica.deadline).toBeNull();
    expect(replica.step({ kind: "tick" }, 7).events).toEqual([]);
  });

  it("waits for requests under way, but not for ever", () => {
    const cluster = new Cluster({ n: 3, r: 1, w: 3 });
    cluster.startAll(3);
    cluster.cut("node-2", "node-1");
    cluster.cut("node-3", "node-1");
    const id = cluster.request("node-1", { op: "put", key, value: "red" });
    const { replica } = cluster.machines.get(asNodeId("node-1"))!;
    cluster.leave("node-1");
    expect(replica!.hasLeft).toBe(false);
    const refused = cluster.request("node-1", { op: "put", key, value: "red" });
    expect(cluster.outcomes.get(refused)).toMatchObject({
      ok: false,
      error: { code: "leaving", definite: true },
    });
    cluster.run(1_100);
    expect(cluster.outcomes.get(id)).toMatchObject({
      ok: false,
      error: { code: "timed_out", definite: false },
    });
    expect(replica!.hasLeft).toBe(true);
  });

  it("leaves its neighbours a view in which it has left", () => {
    const cluster = new Cluster();
    cluster.startAll(3);
    cluster.leave("node-2");
    cluster.run(500);
    expect(cluster.up).toEqual(["node-1", "node-3"]);
    const left = cluster
      .replica("node-1")
      .members()
      .find((member) => member.node === "node-2");
    expect(left?.status).toBe("left");
  });
});
