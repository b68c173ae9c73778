import { describe, expect, it } from "vitest";
import { absentKey, write } from "../../../shared/clock/dotted.ts";
import { asKey, asNodeId, type Key, type NodeId } from "../../../shared/ids.ts";
import { Handover, handoverKeysMax } from "../../../shared/replication/handover.ts";
import { KeyStore } from "../../../shared/replication/key-store.ts";
import { Placements } from "../../../shared/replication/moves/placements.ts";
import { type Phase, Records, type TopologyRecord } from "../../../shared/replication/moves/records.ts";
import type { ReplicationMessage } from "../../../shared/replication/messages.ts";
import { replicationDefaults } from "../../../shared/replication/settings.ts";
import type { ClusterView } from "../../../shared/replication/types.ts";
import { Ring } from "../../../shared/ring/ring.ts";
import { Effects, nodes } from "./effects.ts";

const { a, b, c } = nodes;
const d = asNodeId("d");
const e = asNodeId("e");

const stateOf = (node: NodeId, counter: number, value = "v") =>
  write(absentKey, { dot: { node, counter }, value, at: 0 }, {});
const manyKeys = (count: number) =>
  Array.from({ length: count }, (_, i) => [asKey(`k${i}`), stateOf(a, i + 1)] as const);

/** A node with keys among others that serve; everybody is alive unless said otherwise. */
function scene(
  node: NodeId,
  serving: readonly NodeId[],
  n: number,
  keys: Iterable<readonly [Key, typeof absentKey]>,
) {
  const dead = new Set<NodeId>();
  const records = new Records(serving.map((each) => recordOf(each, "serving")));
  const placements = new Placements(records, 150);
  const view: ClusterView = {
    get ring() {
      return placements.everybody;
    },
    placement: (key, n) => placements.of(key, n),
    status: (other) => (dead.has(other) ? "dead" : "alive"),
  };
  const store = new KeyStore(keys);
  const config = { ...replicationDefaults, n, r: 1, w: 1, requestTimeout: 1_000 };
  const handover = new Handover({ node, config, view, store, records, placements });
  const fx = new Effects(node);
  const change = (record: TopologyRecord) => {
    records.learn(record);
    do handover.tick(fx);
    while (handover.deadline === 0);
  };
  return { handover, fx, store, dead, change };
}

const recordOf = (node: NodeId, phase: Phase, version = 1): TopologyRecord => ({
  node,
  address: `${node}:1`,
  phase,
  version,
  by: node,
});

const batchIn = (sent: readonly { message: ReplicationMessage }[]) => {
  const message = sent[0]?.message;
  if (message?.kind !== "HANDOVER") throw new Error("no batch was sent");
  return message;
};

/** All keys that `one` pushes, each batch being acknowledged. */
function pushed({ handover, fx }: Pick<ReturnType<typeof scene>, "handover" | "fx">): Map<NodeId, Set<Key>> {
  const found = new Map<NodeId, Set<Key>>();
  for (let sent = fx.takeSent(); sent.length > 0; sent = fx.takeSent()) {
    for (const { to, message } of sent) {
      if (message.kind !== "HANDOVER") continue;
      const keys = found.get(to) ?? new Set();
      for (const [key] of message.items) keys.add(key);
      found.set(to, keys);
      handover.receive(fx, to, { kind: "HANDOVER_ACK", batch: message.batch });
    }
  }
  return found;
}

describe("handover", () => {
  it("brings a joining node exactly the keys it is to own, a batch at a time, and says when it is done", () => {
    const keys = manyKeys(2_500);
    const from = scene(a, [a], 1, keys);
    const to = scene(b, [a], 1, []);
    const joining = recordOf(b, "joining");
    expect(from.handover.isDone(joining)).toBe(false);
    from.change(joining);
    let batches = 0;
    for (let sent = from.fx.takeSent(); sent.length > 0; sent = from.fx.takeSent()) {
      expect(sent.map((each) => each.to)).toEqual([b]);
      expect(from.handover.isDone(joining)).toBe(false);
      const batch = batchIn(sent);
      expect(batch.items.length).toBeLessThanOrEqual(handoverKeysMax);
      batches += 1;
      to.handover.receive(to.fx, a, batch);
      from.handover.receive(from.fx, b, to.fx.takeSent()[0]!.message);
    }
    const owned = keys.map(([key]) => key).filter((key) => Ring.of([a, b]).owners(key, 1)[0] === b);
    expect([...to.store.all.keys()].sort()).toEqual(owned.sort());
    expect(batches).toBe(Math.ceil(owned.length / handoverKeysMax));
    expect(from.handover.isDone(joining)).toBe(true);
    expect(from.handover.isDone({ ...joining, version: 2 })).toBe(false);
    expect(from.store.all.size).toBe(2_500);
    expect(to.handover.received).toBe(owned.length);
    expect(to.fx.entries[0]).toMatchObject({ op: "handover", origin: a });
    expect(to.fx.events.every((event) => event.name === "handover")).toBe(true);
  });

  it("is done by every owner, each for the keys that it owns: an acknowledged write may be on any W of them", () => {
    const before = [a, b, c, e];
    const keys = manyKeys(300);
    const after = Ring.of([...before, d]);
    for (const owner of before) {
      const one = scene(owner, before, 3, keys);
      one.change(recordOf(d, "joining"));
      const expected = keys
        .map(([key]) => key)
        .filter((key) => Ring.of(before).owners(key, 3).includes(owner) && after.owners(key, 3).includes(d));
      expect([...(pushed(one).get(d) ?? [])].sort()).toEqual(expected.sort());
    }
  });

  it("brings the keys of a node that leaves to those who take over, and of one that lost them back to it", () => {
    const before = [a, b, c, d, e];
    const keys = manyKeys(300);
    const leaving = scene(a, before, 3, keys);
    leaving.change(recordOf(b, "leaving", 2));
    const takers = pushed(leaving);
    for (const [key] of keys) {
      const owners = Ring.of(before).owners(key, 3);
      const gained = Ring.of([a, c, d, e])
        .owners(key, 3)
        .filter((owner) => !owners.includes(owner));
      for (const taker of before) {
        const isPushed = takers.get(taker)?.has(key) ?? false;
        expect(isPushed).toBe(owners.includes(a) && gained.includes(taker));
      }
    }
    const refilling = scene(a, before, 3, keys);
    refilling.change(recordOf(b, "rebuilding", 2));
    const shared = keys
      .map(([key]) => key)
      .filter((key) => {
        const owners = Ring.of(before).owners(key, 3);
        return owners.includes(a) && owners.includes(b);
      });
    expect([...pushed(refilling).get(b)!].sort()).toEqual(shared.sort());
  });

  it("begins again when the ring changes under it, and ends with the move", () => {
    const { handover, fx, change } = scene(a, [a, c], 1, manyKeys(300));
    change(recordOf(b, "joining"));
    pushed({ handover, fx });
    expect(handover.isDone(recordOf(b, "joining"))).toBe(true);
    change(recordOf(c, "left", 2));
    expect(handover.isDone(recordOf(b, "joining"))).toBe(false);
    change(recordOf(b, "entering", 2));
    expect(handover.isDone(recordOf(b, "entering", 2))).toBe(false);
    expect(handover.deadline).toBeNull();
  });

  it("takes no part while this node's own data is not there or does not count", () => {
    for (const phase of ["rebuilding", "joining", "exiting", "left"] as const) {
      const { handover, fx, change } = scene(a, [c], 1, manyKeys(300));
      change(recordOf(a, phase));
      change(recordOf(b, "joining"));
      expect(fx.takeSent()).toEqual([]);
      expect(handover.isDone(recordOf(b, "joining"))).toBe(false);
    }
  });

  it("sends a batch again until it is acknowledged, and waits for a receiver that is dead", () => {
    const { handover, fx, dead, change } = scene(a, [a], 1, manyKeys(20));
    const joining = recordOf(b, "joining");
    change(joining);
    const first = batchIn(fx.takeSent());
    expect(handover.deadline).toBe(1_000);
    dead.add(b);
    fx.now = 1_000;
    handover.tick(fx);
    expect(fx.takeSent()).toEqual([]);
    expect(handover.deadline).toBeNull();
    expect(handover.isDone(joining)).toBe(false);
    dead.delete(b);
    fx.now = 2_000;
    handover.tick(fx);
    const again = batchIn(fx.takeSent());
    expect(again.items).toEqual(first.items);
    handover.receive(fx, b, { kind: "HANDOVER_ACK", batch: again.batch });
    handover.receive(fx, b, { kind: "HANDOVER_ACK", batch: again.batch });
    expect(fx.takeSent()).toEqual([]);
    expect(handover.deadline).toBeNull();
    expect(handover.isDone(joining)).toBe(true);
  });

  it("keeps batches small when values are large", () => {
    const keys = Array.from({ length: 6 }, (_, i) => {
      return [asKey(`k${i}`), stateOf(a, i + 1, "x".repeat(200_000))] as const;
    });
    const { fx, change } = scene(a, [a], 2, keys);
    change(recordOf(b, "joining"));
    expect(batchIn(fx.takeSent()).items).toHaveLength(1);
  });

  it("merges what arrives: concurrent versions are a conflict, known ones change nothing", () => {
    const key = asKey("k");
    const { handover, fx, store } = scene(b, [a, b], 2, [[key, stateOf(b, 3)]]);
    const batch: ReplicationMessage = { kind: "HANDOVER", batch: 1, items: [[key, stateOf(a, 7)]] };
    handover.receive(fx, a, batch);
    handover.receive(fx, a, batch);
    expect(store.get(key).versions).toHaveLength(2);
    expect(fx.events.map((event) => event.name)).toEqual(["handover", "conflict"]);
    expect(fx.takeSent().map(({ message }) => message.kind)).toEqual(["HANDOVER_ACK", "HANDOVER_ACK"]);
  });
});
