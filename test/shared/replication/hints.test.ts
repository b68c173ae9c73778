import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { absentKey, type KeyState, sync, write } from "../../../shared/clock/dotted.ts";
import { asKey, asNodeId, type Key, type NodeId } from "../../../shared/ids.ts";
import { HintKeeper } from "../../../shared/replication/hints.ts";
import { KeyStore } from "../../../shared/replication/key-store.ts";
import type { ReplicationMessage } from "../../../shared/replication/messages.ts";
import { replicationDefaults, type ReplicationSettings } from "../../../shared/replication/settings.ts";
import type { ClusterView, Hint, ReplicationRecord } from "../../../shared/replication/types.ts";
import { Ring } from "../../../shared/ring/ring.ts";
import { Effects } from "./effects.ts";

const [a, b, c, d] = ["a", "b", "c", "d"].map(asNodeId) as [NodeId, NodeId, NodeId, NodeId];
const internal = { op: "internal" } as const;

const keyNumber = (i: number) => asKey(`key-${i}`);
const stateOf = (counter: number, value = `v${counter}`): KeyState =>
  write(absentKey, { dot: { node: d, counter }, value, at: 0 }, {});

interface Scene {
  readonly keeper: HintKeeper;
  readonly fx: Effects;
  readonly store: KeyStore;
  readonly statuses: Map<NodeId, ReturnType<ClusterView["status"]>>;
}

/** What `node` keeps for others, with b out of reach. */
function scene(
  settings: Partial<ReplicationSettings> = {},
  restored: readonly Hint[] = [],
  node = a,
  members = [a, b, c],
): Scene {
  const statuses = new Map<NodeId, ReturnType<ClusterView["status"]>>(members.map((each) => [each, "alive"]));
  if (node !== b) statuses.set(b, "dead");
  const isPresent = (each: NodeId) => statuses.get(each) !== "left";
  const view: ClusterView = {
    get ring() {
      return Ring.of(members.filter(isPresent));
    },
    placement: (key, n) => ({
      owners: Ring.of(members.filter(isPresent)).owners(key, n),
      pending: [],
      epoch: 0,
    }),
    status: (each) => statuses.get(each),
  };
  const store = new KeyStore([]);
  const config = { ...replicationDefaults, ...settings, n: 2, r: 1, w: 1, requestTimeout: 1_000 };
  return {
    keeper: new HintKeeper({ node, config, view, store, restored }),
    fx: new Effects(node),
    store,
    statuses,
  };
}

const keep = ({ keeper, fx }: Scene, count: number, from = 0) => {
  for (let i = from; i < from + count; i++) keeper.keep(fx, b, keyNumber(i), stateOf(i + 1), internal);
};

const tick = ({ keeper, fx }: Scene, at: number) => {
  fx.now = at;
  keeper.tick(fx);
};

const batches = ({ fx }: Scene) =>
  fx.takeSent().flatMap(({ to, message }) => (message.kind === "HINTS" ? [{ to, ...message }] : []));

const acknowledge = ({ keeper, fx }: Scene, from: NodeId, batch: number) =>
  keeper.receive(fx, from, { kind: "HINTS_ACK", batch });

const events = ({ fx }: Scene, name: string) =>
  fx.events.filter((event) => event.name === name).map(({ detail }) => detail);

/** What is on disk after these records. */
function disk(records: readonly ReplicationRecord[]): Hint[] {
  const hints = new Map<string, Hint>();
  for (const record of records) {
    if (record.kind === "hint") hints.set(`${record.hint.target} ${record.hint.key}`, record.hint);
    else if (record.kind === "hint-done") hints.delete(`${record.target} ${record.key}`);
  }
  return [...hints.values()];
}

describe("a hint", () => {
  it("waits while its owner is away, and is taken off only when the owner has made it durable", () => {
    const made = scene();
    keep(made, 1);
    tick(made, 5_000);
    expect(batches(made)).toEqual([]);
    made.statuses.set(b, "alive");
    expect(made.keeper.deadline).toBeLessThanOrEqual(5_000);
    tick(made, 5_000);
    const [batch] = batches(made);
    expect(batch).toMatchObject({ to: b, items: [[keyNumber(0), stateOf(1)]] });
    expect(made.keeper.progress()).toEqual([{ target: b, keys: 1, oldest: 0 }]);
    acknowledge(made, b, batch!.batch);
    expect(made.keeper.progress()).toEqual([]);
    expect(disk(made.fx.records)).toEqual([]);
    expect(events(made, "hints-delivered")).toEqual([{ target: b, keys: [keyNumber(0)] }]);
    expect(made.keeper.deadline).toBeNull();
  });

  it("is merged with the one kept before for the same owner and key", () => {
    const made = scene();
    keep(made, 1);
    const other = write(absentKey, { dot: { node: c, counter: 7 }, value: "other", at: 0 }, {});
    for (let i = 0; i < 2; i++) made.keeper.keep(made.fx, b, keyNumber(0), other, internal);
    expect(disk(made.fx.records).map(({ state }) => state)).toEqual([sync(stateOf(1), other)]);
    expect(made.fx.records).toHaveLength(2);
    expect(made.keeper.mergedWith(keyNumber(0), absentKey)).toEqual(sync(stateOf(1), other));
    expect([made.keeper.has(keyNumber(0)), made.keeper.has(keyNumber(1))]).toEqual([true, false]);
  });

  it("that grew while it was on its way stays, and is sent again", () => {
    const made = scene();
    keep(made, 1);
    made.statuses.set(b, "alive");
    tick(made, 2_000);
    const [first] = batches(made);
    const newer = write(stateOf(1), { dot: { node: d, counter: 9 }, value: "newer", at: 0 }, { d: 1 });
    made.keeper.keep(made.fx, b, keyNumber(0), newer, internal);
    acknowledge(made, b, first!.batch);
    tick(made, 4_000);
    expect(batches(made)).toMatchObject([{ items: [[keyNumber(0), newer]] }]);
  });

  it("is not sent to an owner that has just failed, though nobody calls it dead yet", () => {
    const made = scene();
    made.statuses.set(b, "alive");
    keep(made, 1);
    tick(made, 999);
    expect(batches(made)).toEqual([]);
    tick(made, 1_000);
    expect(batches(made)).toHaveLength(1);
  });

  it("is still there after a restart, and its age is what it was", () => {
    const before = scene({ hintLifetime: 10_000 });
    keep(before, 2);
    const after = scene({ hintLifetime: 10_000 }, disk(before.fx.records));
    expect(after.keeper.progress()).toEqual(before.keeper.progress());
    after.fx.now = 4_000;
    expect(after.keeper.deadline).toBe(10_000);
  });

  it("is given up after its lifetime, the oldest first", () => {
    const made = scene({ hintLifetime: 10_000 });
    keep(made, 1);
    made.fx.now = 6_000;
    keep(made, 1, 1);
    expect(made.keeper.deadline).toBe(10_000);
    tick(made, 10_000);
    expect(events(made, "hints-dropped")).toEqual([{ target: b, keys: [keyNumber(0)], reason: "expired" }]);
    expect(disk(made.fx.records).map(({ key }) => key)).toEqual([keyNumber(1)]);
  });

  it("of an owner that left for good goes to those who own the key now", () => {
    const made = scene();
    keep(made, 20);
    made.statuses.set(b, "left");
    tick(made, 3_000);
    expect(events(made, "hints-dropped")).toMatchObject([{ target: b, reason: "left" }]);
    expect(made.store.all.size).toBe(20);
    expect(made.fx.entries.every(({ op }) => op === "hint")).toBe(true);
    expect(new Set(disk(made.fx.records).map(({ target }) => target))).toEqual(new Set([c]));
    tick(made, 3_000);
    expect(batches(made)).toMatchObject([{ to: c, items: { length: 20 } }]);
  });

  it("of two owners that left, and have their places until their moves are done, is kept for neither", () => {
    const view: ClusterView = {
      ring: Ring.of([a, b, c]),
      placement: () => ({ owners: [b, c], pending: [d], epoch: 0 }),
      status: (node) => (node === b || node === c ? "left" : "alive"),
    };
    const fx = new Effects(a);
    const config = { ...replicationDefaults, n: 2, r: 1, w: 1, requestTimeout: 1_000 };
    const keeper = new HintKeeper({ node: a, config, view, store: new KeyStore([]), restored: [] });
    for (const target of [b, c]) keeper.keep(fx, target, keyNumber(0), stateOf(1), internal);
    keeper.tick(fx);
    expect(keeper.progress().map(({ target }) => target)).toEqual([d]);
    // Two that pass a hint to and fro are due for ever, and no time passes in a simulation.
    keeper.tick(fx);
    expect(keeper.deadline).toBeGreaterThan(fx.now);
  });

  it("that nobody is left for becomes a copy of this node's own, for whoever owns the key one day", () => {
    const made = scene({}, [], a, [b, c]);
    keep(made, 3);
    for (const node of [b, c]) made.statuses.set(node, "left");
    tick(made, 3_000);
    expect([...made.store.all.keys()]).toEqual([0, 1, 2].map(keyNumber));
    expect(made.keeper.deadline).toBeNull();
  });
});

describe("delivery", () => {
  it("goes in batches of at most 100 keys, one under way at a time, no faster than allowed", () => {
    const made = scene({ hintsPerSecond: 50 });
    keep(made, 120);
    made.statuses.set(b, "alive");
    const sizes: number[] = [];
    for (let at = 2_000; at < 10_000; at += 100) {
      tick(made, at);
      const sent = batches(made);
      expect(sent.length).toBeLessThanOrEqual(1);
      for (const { batch, items } of sent) {
        sizes.push(items.length);
        acknowledge(made, b, batch);
      }
    }
    expect(sizes).toEqual([50, 50, 20]);
    const fast = scene({ hintsPerSecond: 1e6 });
    keep(fast, 150);
    fast.statuses.set(b, "alive");
    tick(fast, 2_000);
    tick(fast, 2_500);
    expect(batches(fast)).toMatchObject([{ items: { length: 100 } }]);
  });

  it("makes batches small when values are large", () => {
    const made = scene();
    const large = "x".repeat(200 * 1024);
    for (let i = 0; i < 3; i++) made.keeper.keep(made.fx, b, keyNumber(i), stateOf(i + 1, large), internal);
    made.statuses.set(b, "alive");
    tick(made, 2_000);
    expect(batches(made)).toMatchObject([{ items: { length: 1 } }]);
  });

  it("is tried again until it is acknowledged, by the owner and for that very batch", () => {
    const made = scene();
    keep(made, 1);
    made.statuses.set(b, "alive");
    tick(made, 2_000);
    const [first] = batches(made);
    acknowledge(made, c, first!.batch);
    acknowledge(made, b, first!.batch + 1);
    expect(made.keeper.deadline).toBe(3_000);
    tick(made, 3_000);
    expect(batches(made)).toHaveLength(1);
  });

  it("takes no acknowledgement of an earlier life for one of this life", () => {
    const before = scene();
    keep(before, 1);
    before.statuses.set(b, "alive");
    tick(before, 2_000);
    const [first] = batches(before);
    const after = scene({}, disk(before.fx.records));
    after.statuses.set(b, "alive");
    after.fx.now = 2_500;
    after.keeper.keep(after.fx, b, keyNumber(9), stateOf(9), internal);
    tick(after, 2_500);
    expect(batches(after)).toHaveLength(1);
    acknowledge(after, b, first!.batch);
    expect(after.keeper.progress()).toMatchObject([{ keys: 2 }]);
  });
});

describe("the owner", () => {
  it("merges what it is sent, as an entry of its own kind, and acknowledges it also when it knew it", () => {
    const made = scene({}, [], b);
    const items = [[keyNumber(0), stateOf(1)]] as const;
    for (const batch of [1, 2]) made.keeper.receive(made.fx, a, { kind: "HINTS", batch, items });
    expect(made.store.get(keyNumber(0))).toEqual(stateOf(1));
    expect(made.fx.entries).toMatchObject([{ op: "hint", origin: d }]);
    expect(made.fx.takeSent().map(({ message }) => message)).toEqual([
      { kind: "HINTS_ACK", batch: 1 },
      { kind: "HINTS_ACK", batch: 2 },
    ]);
  });
});

describe("a node that leaves", () => {
  it("passes on what it keeps, and is done when somebody else keeps it", () => {
    const made = scene();
    keep(made, 1);
    expect(made.keeper.isDone).toBe(true);
    made.keeper.leave();
    expect(made.keeper.isDone).toBe(false);
    tick(made, 2_000);
    const [batch] = batches(made);
    expect(batch).toMatchObject({ to: c, target: b });
    const next = scene({}, [], c);
    next.keeper.receive(next.fx, a, batch!);
    expect(next.keeper.progress()).toMatchObject([{ target: b, keys: 1 }]);
    expect(next.store.all.size).toBe(0);
    acknowledge(made, c, batch!.batch);
    expect(made.keeper.isDone).toBe(true);
    expect(events(made, "hints-passed")).toEqual([{ target: b, keys: [keyNumber(0)], to: c }]);
  });
});

describe("whatever happens to messages, and whenever the keeper is killed", () => {
  /** What the network does with the next message, or a kill of the keeper, or a new write, or time. */
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant("deliver" as const), which: fc.nat(9) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("lose" as const), which: fc.nat(9) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("double" as const), which: fc.nat(9) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("write" as const), which: fc.nat(4) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("kill" as const), which: fc.nat(1) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("wait" as const), which: fc.nat(15) }) },
  );

  it("no hint is taken off before its owner has it, and all arrive in the end", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const records: ReplicationRecord[] = [];
        const written = new Map<Key, KeyState>();
        const owner = scene({}, [], b);
        const settings = { hintsPerSecond: 2 };
        let keeper = scene(settings);
        let now = 1;
        let counter = 0;
        let travelling: { readonly to: NodeId; readonly message: ReplicationMessage }[] = [];
        keeper.statuses.set(b, "alive");
        const collect = () => {
          records.push(...keeper.fx.records.splice(0));
          for (const { fx } of [keeper, owner]) {
            for (const { to, message } of fx.takeSent()) travelling.push({ to, message });
          }
        };
        const deliver = ({ to, message }: (typeof travelling)[number]) => {
          const from = to === a ? b : a;
          (to === a ? keeper : owner).keeper.receive(to === a ? keeper.fx : owner.fx, from, message);
          collect();
        };
        const check = () => {
          const onDisk = new Map(disk(records).map(({ key, state }) => [key, state]));
          for (const [key, state] of written) {
            const somewhere = sync(owner.store.get(key), onDisk.get(key) ?? absentKey);
            expect(sync(somewhere, state), key).toBe(somewhere);
          }
        };
        const wait = (ms: number) => {
          now += ms;
          keeper.fx.now = owner.fx.now = now;
          keeper.keeper.tick(keeper.fx);
          collect();
        };
        for (const { do: what, which } of steps) {
          const place = travelling.length === 0 ? -1 : which % travelling.length;
          if (what === "write") {
            const key = keyNumber(which);
            const known = written.get(key) ?? absentKey;
            const version = { dot: { node: d, counter: ++counter }, value: `v${counter}`, at: 0 };
            // Every other write is blind, so that hints of siblings are merged too.
            const state = write(known, version, counter % 2 === 0 ? {} : known.context);
            written.set(key, state);
            keeper.keeper.keep(keeper.fx, b, key, state, internal);
            collect();
          } else if (what === "kill") {
            keeper = scene(settings, disk(records));
            keeper.statuses.set(b, "alive");
            wait(1);
          } else if (what === "wait") wait(which * 100);
          else if (place >= 0 && what === "double") deliver(travelling[place]!);
          else if (place >= 0) {
            const [message] = travelling.splice(place, 1);
            if (what === "deliver") deliver(message!);
          }
          check();
        }
        for (let round = 0; keeper.keeper.progress().length > 0; round++) {
          expect(round).toBeLessThan(100);
          wait(1_000);
          const all = travelling;
          travelling = [];
          for (const message of all) deliver(message);
        }
        for (const [key, state] of written) expect(owner.store.get(key)).toEqual(state);
        expect(disk(records)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
