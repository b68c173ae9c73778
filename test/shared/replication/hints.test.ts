/** What becomes of a hint, at the node that keeps it and at its owner. */
import { describe, expect, it } from "vitest";
import { absentKey, sync, write } from "../../../shared/clock/dotted.ts";
import { HintKeeper } from "../../../shared/replication/hints.ts";
import { KeyStore } from "../../../shared/replication/key-store.ts";
import { replicationDefaults } from "../../../shared/replication/settings.ts";
import type { ClusterView } from "../../../shared/replication/types.ts";
import { Ring } from "../../../shared/ring/ring.ts";
import { Effects } from "./effects.ts";
import {
  acknowledge,
  batches,
  disk,
  events,
  internal,
  keep,
  keyNumber,
  nodes,
  scene,
  stateOf,
  tick,
} from "./hints/keeper.ts";

const { a, b, c, d } = nodes;

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
