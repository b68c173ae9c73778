import { describe, expect, it } from "vitest";
import { absentKey, write } from "../../../shared/clock/dotted.ts";
import { asKey, asNodeId, type Key, type NodeId } from "../../../shared/ids.ts";
import { Handover, handoverKeysMax } from "../../../shared/replication/handover.ts";
import { KeyStore } from "../../../shared/replication/key-store.ts";
import type { ReplicationMessage } from "../../../shared/replication/messages.ts";
import { replicationDefaults } from "../../../shared/replication/settings.ts";
import type { ClusterView } from "../../../shared/replication/types.ts";
import { Ring } from "../../../shared/ring/ring.ts";
import { Effects, nodes } from "./effects.ts";

const { a, b, c } = nodes;
const d = asNodeId("d");

const stateOf = (node: NodeId, counter: number, value = "v") =>
  write(absentKey, { dot: { node, counter }, value, at: 0 }, {});
const manyKeys = (count: number) =>
  Array.from({ length: count }, (_, i) => [asKey(`k${i}`), stateOf(a, i + 1)] as const);

/** A node with keys, on a ring that can be changed; everybody is alive unless said otherwise. */
function scene(node: NodeId, ring: Ring, n: number, keys: Iterable<readonly [Key, typeof absentKey]>) {
  const dead = new Set<NodeId>();
  let present = ring;
  const view: ClusterView = {
    get ring() {
      return present;
    },
    placement: (key, n) => ({ owners: present.owners(key, n), pending: [], epoch: 0 }),
    status: (other) => (dead.has(other) ? "dead" : "alive"),
  };
  const store = new KeyStore(keys);
  const config = { ...replicationDefaults, n, r: 1, w: 1, requestTimeout: 1_000 };
  const handover = new Handover({ node, config, view, store });
  const fx = new Effects(node);
  const change = (next: Ring) => {
    const before = present;
    present = next;
    handover.ringChanged(before);
    while (handover.deadline === 0) handover.tick(fx);
  };
  return { handover, fx, store, dead, change };
}

const batchIn = (sent: readonly { message: ReplicationMessage }[]) => {
  const message = sent[0]?.message;
  if (message?.kind !== "HANDOVER") throw new Error("no batch was sent");
  return message;
};

describe("handover", () => {
  it("brings a joining node exactly the keys it now owns, a batch at a time", () => {
    const ring = Ring.of([a]);
    const keys = manyKeys(2_500);
    const from = scene(a, ring, 1, keys);
    const to = scene(b, ring.with(b), 1, []);
    from.change(ring.with(b));
    let batches = 0;
    for (let sent = from.fx.takeSent(); sent.length > 0; sent = from.fx.takeSent()) {
      expect(sent.map((each) => each.to)).toEqual([b]);
      const batch = batchIn(sent);
      expect(batch.items.length).toBeLessThanOrEqual(handoverKeysMax);
      batches += 1;
      to.handover.receive(to.fx, a, batch);
      from.handover.receive(from.fx, b, to.fx.takeSent()[0]!.message);
    }
    const owned = keys.map(([key]) => key).filter((key) => ring.with(b).owners(key, 1)[0] === b);
    expect([...to.store.all.keys()].sort()).toEqual(owned.sort());
    expect(batches).toBe(Math.ceil(owned.length / handoverKeysMax));
    expect(from.handover.isDone).toBe(true);
    expect(from.store.all.size).toBe(2_500);
    expect(to.fx.entries[0]).toMatchObject({ op: "handover", origin: a, replicas: [b] });
    expect(to.fx.events.every((event) => event.name === "handover")).toBe(true);
  });

  it("is done by one of the holders: the first former owner in reach", () => {
    const ring = Ring.of([a, b, c]);
    const keys = manyKeys(300);
    const pushedBy = (dead: readonly NodeId[]) =>
      [a, b, c]
        .filter((node) => !dead.includes(node))
        .flatMap((node) => {
          const one = scene(node, ring, 3, keys);
          for (const each of dead) one.dead.add(each);
          one.change(ring.with(d));
          const pushed: Key[] = [];
          for (let sent = one.fx.takeSent(); sent.length > 0; sent = one.fx.takeSent()) {
            const batch = batchIn(sent);
            pushed.push(...batch.items.map(([key]) => key));
            one.handover.receive(one.fx, d, { kind: "HANDOVER_ACK", batch: batch.batch });
          }
          return pushed;
        });
    const expected = keys.map(([key]) => key).filter((key) => ring.with(d).owners(key, 3).includes(d));
    expect(pushedBy([]).sort()).toEqual(expected.sort());
    expect(pushedBy([a]).sort()).toEqual(expected.sort());
  });

  it("sends a batch again until it is acknowledged, and waits for a receiver that is dead", () => {
    const ring = Ring.of([a]);
    const { handover, fx, dead, change } = scene(a, ring, 1, manyKeys(20));
    change(ring.with(b));
    const first = batchIn(fx.takeSent());
    expect(handover.deadline).toBe(1_000);
    dead.add(b);
    fx.now = 1_000;
    handover.tick(fx);
    expect(fx.takeSent()).toEqual([]);
    expect(handover.deadline).toBeNull();
    expect(handover.isDone).toBe(true); // nobody could take them now
    dead.delete(b);
    fx.now = 2_000;
    handover.tick(fx);
    const again = batchIn(fx.takeSent());
    expect(again.items).toEqual(first.items);
    handover.receive(fx, b, { kind: "HANDOVER_ACK", batch: again.batch });
    handover.receive(fx, b, { kind: "HANDOVER_ACK", batch: again.batch });
    expect(fx.takeSent()).toEqual([]);
    expect(handover.deadline).toBeNull();
  });

  it("keeps batches small when values are large", () => {
    const keys = Array.from({ length: 6 }, (_, i) => {
      return [asKey(`k${i}`), stateOf(a, i + 1, "x".repeat(200_000))] as const;
    });
    const { fx, change } = scene(a, Ring.of([a]), 2, keys);
    change(Ring.of([a, b]));
    expect(batchIn(fx.takeSent()).items).toHaveLength(1);
  });

  it("merges what arrives: concurrent versions are a conflict, known ones change nothing", () => {
    const key = asKey("k");
    const { handover, fx, store } = scene(b, Ring.of([a, b]), 2, [[key, stateOf(b, 3)]]);
    const batch: ReplicationMessage = { kind: "HANDOVER", batch: 1, items: [[key, stateOf(a, 7)]] };
    handover.receive(fx, a, batch);
    handover.receive(fx, a, batch);
    expect(store.get(key).versions).toHaveLength(2);
    expect(fx.events.map((event) => event.name)).toEqual(["handover", "conflict"]);
    expect(fx.takeSent().map(({ message }) => message.kind)).toEqual(["HANDOVER_ACK", "HANDOVER_ACK"]);
  });
});
