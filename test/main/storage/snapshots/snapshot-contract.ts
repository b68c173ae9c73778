/** What every snapshot store must do. A store of one's own is run through it the same way. */
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  SnapshotError,
  type SnapshotHead,
  type SnapshotInfo,
  type SnapshotStore,
} from "../../../../main/storage/snapshots/snapshot-store.ts";
import { asNodeId } from "../../../../shared/ids.ts";
import type { Mutation, Row } from "../../../../shared/runtime/types.ts";

export const snapshotOwner = { node: asNodeId("node-1"), cluster: "demo" };

export interface SnapshotStoreUnderTest {
  /** Opens the store of `snapshotOwner`; on a durable one, every call opens the same place again. */
  open(): SnapshotStore;
  /** Whether snapshots outlive the store object. */
  readonly durable: boolean;
  /** Removes what the test left behind. */
  cleanUp(): void;
}

export function kindOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(SnapshotError);
    expect((error as Error).message).toMatch(/[.)]$/);
    return (error as SnapshotError).kind;
  }
  return "no error";
}

export const headAt = (position: number): SnapshotHead => ({
  position,
  clock: { "node-1": position, "node-2": 3 },
  at: 1_700_000_000_000.5 + position,
  versions: { kv: 2, node: 1 },
  index: position * 10,
});

const name = fc.oneof(
  fc.constantFrom("kv", "node", "", "a\u0000b", "キー"),
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constantFrom("__proto__", "\ud800", "constructor"),
);
const row = fc.oneof(
  fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Row),
  fc.constant({ value: "long and ".repeat(12_000) }),
  fc.constantFrom(null, 2 ** 53 - 1, -(2 ** 53) + 1, 0.1, { "": [1, null], "__proto__ ": "\udc00" }),
);
const provenance = fc.record({
  index: fc.nat(),
  term: fc.nat(9),
  op: fc.constantFrom("put", "repair"),
  origin: fc.constant(asNodeId("node-2")),
  replicas: fc.constantFrom([], [asNodeId("node-1"), asNodeId("node-3")]),
});
const anyRow: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ module: name, table: name, key: name, row }),
  fc.record({ module: name, table: name, key: name, row, from: provenance }),
);

export function write(store: SnapshotStore, position: number, rows: readonly Mutation[]): SnapshotInfo {
  const writer = store.begin(headAt(position));
  writer.add(rows.slice(0, rows.length / 2));
  writer.add(rows.slice(rows.length / 2));
  return writer.finish();
}

const someRows = (count: number): Mutation[] =>
  Array.from({ length: count }, (_, n) => ({
    module: "kv",
    table: "keys",
    key: `key ${n}`,
    row: { value: `${n * n}`.repeat(20) },
  }));

export function snapshotStoreContract(title: string, make: () => SnapshotStoreUnderTest): void {
  describe(`${title} keeps the snapshot store's contract`, () => {
    let place: SnapshotStoreUnderTest;
    let store: SnapshotStore;
    beforeEach(() => {
      place = make();
      store = place.open();
    });
    afterEach(() => {
      store.close();
      place.cleanUp();
    });
    const reopen = () => {
      if (!place.durable) return;
      store.close();
      store = place.open();
    };
    const positions = () => store.list().map(({ position }) => position);
    const read = (position: number) => [...store.open(position).rows()];

    it("has none at first", () => {
      expect(store.list()).toEqual([]);
      expect(store.damaged()).toEqual([]);
      expect(kindOf(() => store.open(1))).toBe("missing");
      store.prune(0);
    });

    it("gives back every row as it was, and where it came from", () => {
      fc.assert(
        fc.property(fc.array(anyRow, { maxLength: 30 }), (rows) => {
          const info = write(store, 7, rows);
          expect(info).toEqual({ ...headAt(7), name: info.name, bytes: info.bytes, rows: rows.length });
          expect(store.open(7).info).toEqual(info);
          expect(read(7)).toEqual(rows);
        }),
        { numRuns: 50 },
      );
      reopen();
      expect(positions()).toEqual([7]);
    });

    it("holds many rows, and none", () => {
      const rows = someRows(5_000);
      const info = write(store, 1, rows);
      expect(info.rows).toBe(5_000);
      write(store, 2, []);
      reopen();
      expect(read(1)).toEqual(rows);
      expect(read(2)).toEqual([]);
      expect(store.list().map(({ rows, bytes }) => [rows, bytes > 50])).toEqual([
        [0, true],
        [5_000, true],
      ]);
    });

    it("lists the newest first, whatever the order in which they were made", () => {
      for (const position of [5, 12, 3, 100_000_000]) write(store, position, someRows(position % 7));
      expect(positions()).toEqual([100_000_000, 12, 5, 3]);
      reopen();
      expect(positions()).toEqual([100_000_000, 12, 5, 3]);
      expect(store.list()[3]).toMatchObject(headAt(3));
    });

    it("shows nothing of a snapshot before it is finished", () => {
      const writer = store.begin(headAt(4));
      writer.add(someRows(2_000));
      expect(positions()).toEqual([]);
      expect(kindOf(() => store.open(4))).toBe("missing");
      writer.finish();
      expect(positions()).toEqual([4]);
      expect(kindOf(() => writer.add([]))).toBe("closed");
      expect(kindOf(() => writer.finish())).toBe("closed");
      writer.abandon();
      expect(positions()).toEqual([4]);
    });

    it("keeps nothing of one that is abandoned, displaced by another, or still open at the end", () => {
      const abandoned = store.begin(headAt(4));
      abandoned.add(someRows(2_000));
      abandoned.abandon();
      expect(kindOf(() => abandoned.add([]))).toBe("closed");
      const displaced = store.begin(headAt(4));
      displaced.add(someRows(2_000));
      const open = store.begin(headAt(4));
      expect(kindOf(() => displaced.finish())).toBe("closed");
      open.add(someRows(3));
      reopen();
      expect(positions()).toEqual([]);
      write(store, 4, someRows(1));
      expect(read(4)).toEqual(someRows(1));
    });

    it("replaces the one at the same position", () => {
      write(store, 4, someRows(10));
      write(store, 4, someRows(20));
      reopen();
      expect(positions()).toEqual([4]);
      expect(read(4)).toEqual(someRows(20));
    });

    it("keeps the newest when it prunes, and all when there are fewer", () => {
      for (const position of [1, 2, 3, 4]) write(store, position, someRows(3));
      store.prune(9);
      expect(positions()).toEqual([4, 3, 2, 1]);
      store.prune(2);
      reopen();
      expect(positions()).toEqual([4, 3]);
      expect(kindOf(() => store.open(2))).toBe("missing");
      store.prune(0);
      expect(positions()).toEqual([]);
    });

    it("does not list what was set aside, and can have another in its place", () => {
      const { name } = write(store, 4, someRows(3));
      write(store, 5, someRows(5));
      expect(store.setAside(name)).toMatch(/set[ -]aside/);
      reopen();
      expect(positions()).toEqual([5]);
      expect(kindOf(() => store.setAside(name))).toBe("missing");
      write(store, 4, someRows(4));
      expect(read(4)).toEqual(someRows(4));
    });

    it("reads two at once, and only as far as it is asked", () => {
      write(store, 1, someRows(3_000));
      write(store, 2, someRows(4_000));
      const one = store.open(1).rows()[Symbol.iterator]();
      const other = store.open(2).rows()[Symbol.iterator]();
      for (let n = 0; n < 2_500; n += 1) expect(one.next().value).toEqual(other.next().value);
      one.return?.();
      let rest = 0;
      while (other.next().done !== true) rest += 1;
      expect(rest).toBe(1_500);
    });

    it("takes no call once it is closed", () => {
      const writer = store.begin(headAt(1));
      store.close();
      store.close();
      for (const call of [
        () => store.begin(headAt(2)),
        () => store.list(),
        () => store.damaged(),
        () => store.open(1),
        () => store.prune(1),
        () => store.setAside("x"),
        () => writer.finish(),
      ])
        expect(kindOf(call)).toBe("closed");
    });
  });
}
