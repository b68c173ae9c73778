import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asNodeId } from "../../../shared/ids.ts";
import { type Picture, Tables } from "../../../shared/runtime/tables.ts";
import type { Mutation, Row } from "../../../shared/runtime/types.ts";

const nameOf = ({ module, table, key }: Mutation) => `${module} ${table} ${key}`;

/** The naive twin: one map, copied whole for a picture. */
class Twin {
  readonly rows = new Map<string, Mutation>();
  apply(mutation: Mutation): void {
    if (mutation.row === undefined) this.rows.delete(nameOf(mutation));
    else this.rows.set(nameOf(mutation), mutation);
  }
}

const sorted = (rows: Iterable<Mutation>) =>
  [...rows].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)).map((row) => [nameOf(row), row]);

const mutations = fc.record({
  module: fc.constantFrom("kv", "bank"),
  table: fc.constantFrom("one", "two"),
  key: fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h"),
  row: fc.option(fc.integer(), { nil: undefined }),
});

const digestOf = (...rows: Mutation[]) => {
  const tables = new Tables();
  tables.applyAll({ mutations: rows });
  return tables.digest();
};

const put = (key: string, row: Row): Mutation => ({ module: "kv", table: "keys", key, row });

describe("tables", () => {
  it("hold what the mutations say, and pictures what was there when they were taken", () => {
    const steps = fc.oneof(
      { weight: 8, arbitrary: fc.record({ kind: fc.constant("apply" as const), mutation: mutations }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("picture" as const) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("take" as const), max: fc.nat(4) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("close" as const), which: fc.nat(3) }) },
    );
    const run = (list: readonly (typeof steps extends fc.Arbitrary<infer Step> ? Step : never)[]) => {
      const tables = new Tables();
      const twin = new Twin();
      const open: { picture: Picture; taken: Mutation[]; expected: Mutation[] }[] = [];
      for (const step of list) {
        if (step.kind === "apply") {
          tables.apply(step.mutation);
          twin.apply(step.mutation);
        } else if (step.kind === "picture") {
          open.push({ picture: tables.picture(), taken: [], expected: [...twin.rows.values()] });
        } else if (step.kind === "take") {
          for (const { picture, taken } of open) taken.push(...picture.take(step.max));
        } else if (open.length > 0) {
          const [{ picture, taken, expected }] = open.splice(step.which % open.length, 1) as [
            (typeof open)[0],
          ];
          taken.push(...picture.take(Infinity));
          picture.close();
          expect(sorted(taken)).toEqual(sorted(expected));
          expect(picture.count).toBe(expected.length);
        }
        expect(tables.count).toBe(twin.rows.size);
      }
      for (const { picture, taken, expected } of open) {
        taken.push(...picture.take(Infinity));
        picture.close();
        expect(sorted(taken)).toEqual(sorted(expected));
      }
      const last = tables.picture();
      expect(sorted(last.take(Infinity))).toEqual(sorted(twin.rows.values()));
      last.close();
      for (const mutation of twin.rows.values())
        expect(tables.mutation(mutation.module, mutation.table, mutation.key)).toBe(mutation);
    };
    fc.assert(fc.property(fc.array(steps, { maxLength: 120 }), run), { numRuns: 400 });
  });

  it("have one digest for the same rows, in whatever order and with whatever history", () => {
    fc.assert(
      fc.property(fc.array(mutations, { maxLength: 40 }), fc.nat(10), (list, turn) => {
        const tables = new Tables();
        for (const mutation of list) tables.apply(mutation);
        const picture = tables.picture();
        const rows = picture.take(Infinity);
        picture.close();
        const turned = [...rows.slice(turn), ...rows.slice(0, turn)].toReversed();
        const again = new Tables();
        for (const mutation of turned) again.apply(structuredClone(mutation));
        expect(again.digest()).toBe(tables.digest());
        if (rows.length === 0) return;
        again.apply({ ...rows[0]!, row: "another" });
        expect(again.digest()).not.toBe(tables.digest());
      }),
    );
  });

  it("tell by the digest what differs by no more than its place or its origin", () => {
    const from = { index: 1, term: 0, op: "put", origin: asNodeId("node-1"), replicas: [] };
    const digests = [
      digestOf(),
      digestOf(put("a", { x: 1, y: 2 })),
      digestOf(put("a", { x: 1, y: [2] })),
      digestOf({ ...put("a", { x: 1, y: 2 }), table: "hints" }),
      digestOf({ ...put("a", { x: 1, y: 2 }), from }),
      digestOf({ ...put("a", { x: 1, y: 2 }), from: { ...from, index: 2 } }),
      digestOf(put("a", { x: 1, y: 2 }), put("b", null)),
    ];
    expect(new Set(digests).size).toBe(digests.length);
    expect(digestOf(put("a", { y: 2, x: 1 }))).toBe(digests[1]);
    expect(digestOf(put("a", { y: 2, x: 1, z: undefined }))).toBe(digests[1]);
  });

  it("remember the highest index, also of rows that are gone", () => {
    const tables = new Tables(3);
    const from = { index: 7, term: 0, op: "put", origin: asNodeId("node-1"), replicas: [] };
    tables.apply({ ...put("a", 1), from });
    tables.apply({ module: "kv", table: "keys", key: "a", row: undefined });
    expect(tables.index).toBe(7);
    tables.apply({ module: "kv", table: "keys", key: "b", row: undefined, from: { ...from, index: 8 } });
    expect(tables.index).toBe(8);
    expect(tables.count).toBe(0);
  });

  it("give the rows of one table while it changes", () => {
    const tables = new Tables();
    for (const key of ["a", "b", "c"]) tables.apply(put(key, key));
    const seen: Row[] = [];
    for (const { key, row } of tables.rows("kv", "keys")) {
      seen.push(row!);
      for (const other of ["a", "b", "c"]) tables.apply(put(other, `${other} after ${key}`));
      tables.apply(put(`new after ${key}`, 0));
    }
    expect(seen).toEqual(["a", "b", "c"]);
    expect(Array.from(tables.rows("kv", "keys"), ({ row }) => row)).toEqual([
      "a after c",
      "b after c",
      "c after c",
      0,
      0,
      0,
    ]);
    expect([...tables.rows("kv", "nothing")]).toEqual([]);
  });

  it("refuse a picture that was closed", () => {
    const tables = new Tables();
    tables.apply(put("a", 1));
    const picture = tables.picture();
    picture.close();
    expect(() => picture.take(1)).toThrow("after it was closed");
  });
});
