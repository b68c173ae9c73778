/** Hints on their way to their owners: batches, retries, and whatever happens to messages and to who sends them. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { absentKey, type KeyState, sync, write } from "../../../../shared/clock/dotted.ts";
import type { Key, NodeId } from "../../../../shared/ids.ts";
import type { ReplicationMessage } from "../../../../shared/replication/messages.ts";
import type { ReplicationRecord } from "../../../../shared/replication/types.ts";
import {
  acknowledge,
  batches,
  disk,
  internal,
  keep,
  keyNumber,
  nodes,
  scene,
  stateOf,
  tick,
} from "./keeper.ts";

const { a, b, c, d } = nodes;

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
