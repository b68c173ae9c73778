import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BroadcastState } from "../../../shared/broadcast/types.ts";
import { asKey, asNodeId } from "../../../shared/ids.ts";
import { keptOnRebuild, mutationsOf, restoredFrom } from "../../../shared/replica/durable.ts";
import { type DurableRecord, nothingRestored, type Restored } from "../../../shared/replica/types.ts";
import { Tables } from "../../../shared/runtime/tables.ts";
import { stored } from "./cluster.ts";

const node = asNodeId("node-1");
const key = fc.constantFrom(asKey("a"), asKey("a b"), asKey("ключ"), asKey("__proto__"));
const target = fc.constantFrom(asNodeId("node-2"), asNodeId("node-3"));
const state = fc.record({ context: fc.record({ "node-1": fc.nat(9) }), versions: fc.constant([]) });

/** A log entry without its number, or any other record. */
const plan = fc.oneof(
  fc.record({ kind: fc.constant("write" as const), key, state, op: fc.constantFrom("put", "repair") }),
  fc.record({ kind: fc.constant("dropped" as const), key }),
  fc.record({
    kind: fc.constant("hint" as const),
    hint: fc.record({ target, key, state, expires: fc.nat(9) }),
  }),
  fc.record({ kind: fc.constant("hint-done" as const), target, key }),
  fc.record({ kind: fc.constant("incarnation" as const), incarnation: fc.nat(9) }),
  fc.record({
    kind: fc.constant("members" as const),
    members: fc.array(
      fc.record({
        node: target,
        address: fc.constant("localhost:1"),
        status: fc.constantFrom("alive" as const, "left" as const),
        incarnation: fc.nat(3),
        from: fc.constant(node),
      }),
      { maxLength: 2 },
    ),
  }),
  fc.record({
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
  fc.constantFrom({ kind: "set-aside" as const }, { kind: "counts-again" as const }),
  fc.record({
    kind: fc.constant("broadcast" as const),
    state: fc.nat(9).map((sent): BroadcastState => ({ ...nothingSent, sent })),
  }),
  fc.record({
    kind: fc.constant("mutations" as const),
    mutations: fc.array(
      fc.record({
        module: fc.constantFrom("bank", "counter", "stock"),
        table: fc.constantFrom("accounts", "items"),
        key: fc.constantFrom("x", "y"),
        row: fc.option(fc.nat(9), { nil: undefined }),
      }),
      { maxLength: 3 },
    ),
  }),
);
const nothingSent = { vector: {}, lamport: 0, delivered: {}, ahead: {}, sent: 0, position: 0, ordered: 0 };

const comparable = ({ keys, hints, tables = [], setAside, ...rest }: Restored) => ({
  ...rest,
  setAside: setAside === undefined ? null : new Map(setAside),
  rebuild: rest.rebuild ?? false,
  keys: new Map(keys),
  hints: hints.toSorted((a, b) => (a.target + a.key < b.target + b.key ? -1 : 1)),
  tables: [...tables].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
});

function recordsOf(plans: readonly (typeof plan extends fc.Arbitrary<infer Plan> ? Plan : never)[]) {
  let index = 0;
  return plans.map((each): DurableRecord => {
    if (each.kind === "set-aside") return { kind: "set-aside", upTo: index };
    if (each.kind === "counts-again") return { kind: "set-aside", upTo: null };
    if (each.kind !== "write") return each;
    const { key: name, state: now, op } = each as typeof each & { readonly op: "put" };
    index += 1;
    const entry = { index, term: 2, op, key: name, state: now, origin: node, replicas: [node] };
    return { kind: "entry", entry: { ...entry, clock: { "node-1": index }, at: index } };
  });
}

describe("what a core keeps", () => {
  it("is restored from tables as it is written out field by field", () => {
    const clock = { "node-1": 9 };
    fc.assert(
      fc.property(fc.array(plan, { maxLength: 30 }), fc.boolean(), (plans, hasClock) => {
        const records = recordsOf(plans);
        const tables = new Tables();
        tables.applyAll({ mutations: mutationsOf(records) });
        const direct = stored(nothingRestored, { records, operations: [] }, clock);
        const expected = hasClock ? direct : { ...direct, clock: null, broadcast: null };
        const restored = restoredFrom(tables, { clock: hasClock ? clock : null, operations: [] });
        expect(comparable(restored)).toEqual(comparable(expected));
      }),
    );
  });

  it("says of each key where it came from", () => {
    const [record] = recordsOf([
      { kind: "write", key: asKey("k"), state: { context: { "node-1": 1 }, versions: [] }, op: "put" },
    ]);
    expect(mutationsOf([record!])).toEqual([
      {
        module: "kv",
        table: "keys",
        key: "k",
        row: { context: { "node-1": 1 }, versions: [] },
        from: { index: 1, term: 2, op: "put", origin: "node-1", replicas: ["node-1"] },
      },
    ]);
  });

  it("that is damaged leaves what the node knows of itself, and a mark until others have been told", () => {
    const tables = new Tables();
    const records = recordsOf([
      { kind: "write", key: asKey("k"), state: { context: { "node-1": 1 }, versions: [] }, op: "put" },
      { kind: "incarnation", incarnation: 4 },
      { kind: "mutations", mutations: [{ module: "bank", table: "accounts", key: "x", row: 1 }] },
    ]);
    tables.applyAll({ mutations: mutationsOf(records) });
    const after = new Tables();
    after.applyAll({ mutations: keptOnRebuild(tables) });
    const restored = restoredFrom(after, { clock: { "node-1": 3 }, operations: [] });
    expect(comparable(restored)).toEqual(
      comparable({ ...nothingRestored, clock: { "node-1": 3 }, incarnation: 4, rebuild: true }),
    );
    after.applyAll({ mutations: mutationsOf([{ kind: "rebuild-begun" }]) });
    expect(restoredFrom(after, { clock: null, operations: [] }).rebuild).toBe(false);
  });
});
