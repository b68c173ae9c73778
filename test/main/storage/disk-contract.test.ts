/** A node's store and the simulator's disk: after the same records both give a starting node the same. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { NodeStore } from "../../../main/storage/node-store.ts";
import type { KeyState } from "../../../shared/clock/dotted.ts";
import { asKey, asNodeId, type Key } from "../../../shared/ids.ts";
import type { DurableRecord, Restored } from "../../../shared/replica/types.ts";
import { SimulatedDisk } from "../../../shared/simulation/disk.ts";
import { storeOptions, transaction } from "./store-options.ts";

const node = asNodeId("node-1");
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "lightcone-contract-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const key = fc.constantFrom("a", "b", "c\u0000", "").map((name) => asKey(`key ${name}`));
const target = fc.constantFrom("node-2", "node-3").map(asNodeId);
const state = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.constantFrom(null, "short", "long and ".repeat(2_000)))
  .map(([counter, value]): KeyState => {
    return {
      context: { "node-1": counter },
      versions: [{ dot: { node, counter }, value, at: counter + 0.5 }],
    };
  });

/** Log entries are numbered when they are written. */
type Plan = DurableRecord | { readonly kind: "write"; readonly key: Key; readonly state: KeyState };
const record: fc.Arbitrary<Plan> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("write" as const), key, state }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("dropped" as const), key }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("hint" as const),
      hint: fc.record({ target, key, state, expires: fc.integer({ min: 1, max: 99 }) }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("hint-done" as const), target, key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("incarnation" as const), incarnation: fc.nat(99) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("members" as const),
      members: fc.array(
        fc.record({
          node: target,
          address: fc.constant("localhost:1"),
          status: fc.constantFrom("alive" as const, "left" as const),
          incarnation: fc.nat(9),
          from: target,
        }),
        { maxLength: 2 },
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("topology" as const),
      records: fc.array(
        fc.record({
          node: target,
          address: fc.constant("localhost:1"),
          phase: fc.constantFrom("joining" as const, "serving" as const),
          version: fc.nat(9),
          by: target,
        }),
        { maxLength: 2 },
      ),
    }),
  },
);

const comparable = ({
  clock,
  incarnation,
  members,
  topology,
  keys,
  hints,
  logIndex,
  operations,
  broadcast,
}: Restored) => ({
  clock,
  incarnation,
  members,
  topology,
  logIndex,
  operations,
  broadcast,
  keys: new Map(keys),
  hints: hints.toSorted((a, b) => (a.target + a.key < b.target + b.key ? -1 : 1)),
});

it.each(["sqlite", "file"] as const)(
  "real stores of kind %s and a simulated disk restore the same, whatever was committed and however often a node restarted",
  (kind) => {
    let run = 0;
    fc.assert(
      fc.property(fc.array(fc.array(record, { maxLength: 6 }), { maxLength: 6 }), (lives) => {
        const dataDir = join(dir, String((run += 1)));
        const disk = new SimulatedDisk(() => 0.5);
        let index = 0;
        for (const [life, plans] of lives.entries()) {
          const store = new NodeStore(storeOptions(dataDir, { log: kind, snapshots: kind }));
          const records = plans.map((plan): DurableRecord => {
            if (plan.kind !== "write") return plan;
            const clock = { "node-1": (index += 1) };
            const { key, state } = plan;
            const entry = {
              index,
              term: 0,
              op: "put",
              key,
              state,
              origin: node,
              replicas: [node],
              clock,
              at: 1,
            } as const;
            return { kind: "entry", entry };
          });
          const clock = { "node-1": life + 1 };
          const transactions = records.length > 0 ? [transaction(...records)] : [];
          store.commit({ transactions, events: [], operations: [], clock });
          const output = {
            records,
            messages: [],
            replies: [],
            answers: [],
            calls: [],
            events: [],
            operations: [],
          };
          disk.commit([output], clock, true);
          store.close();
        }
        const store = new NodeStore(storeOptions(dataDir, { log: kind, snapshots: kind }));
        const found = disk.restore(true, { mode: "strict", hasPeers: false });
        if (typeof found === "string") throw new Error(found);
        expect(comparable(store.restore())).toEqual(comparable(found.restored));
        store.close();
      }),
      // Each life makes a segment of full size.
      { numRuns: kind === "file" ? 5 : 20 },
    );
  },
);
