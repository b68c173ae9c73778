/** What a node has of each key, and the log that led there: replaying the one always gives the other. */
import Database from "better-sqlite3";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KeyTables, keyTablesSchema } from "../../../main/storage/key-tables.ts";
import { type StoredState, unpackState } from "../../../main/storage/states.ts";
import type { KeyState } from "../../../shared/clock/dotted.ts";
import { asKey } from "../../../shared/ids.ts";
import { entry } from "./entries.ts";

let database: Database.Database;
beforeEach(() => {
  database = new Database(":memory:");
  database.exec(keyTablesSchema);
});
afterEach(() => database.close());

interface Row {
  readonly index: number;
  readonly op: string;
  readonly key: string;
  readonly state: StoredState;
}
const rows = () =>
  database.prepare<[], Row>('SELECT "index", op, key, state FROM log ORDER BY "index"').all();

/** What somebody gets who applies the log entry by entry. */
function replayed(): Map<string, KeyState> {
  const keys = new Map<string, KeyState>();
  for (const { op, key, state } of rows()) {
    if (op === "dropped") keys.delete(key);
    else keys.set(key, unpackState(key, state));
  }
  return keys;
}

const typeOf = (table: "kv" | "log") =>
  database
    .prepare<[], { type: string; bytes: number }>(
      `SELECT typeof(state) AS type, length(state) AS bytes FROM ${table}`,
    )
    .get();

function compactAll(tables: KeyTables): number {
  let slices = 0;
  for (; tables.isCompactionDue; slices++) tables.compact();
  return slices;
}

describe("compaction", () => {
  it("keeps the newest entry of each key and the newest entries of all", () => {
    const tables = new KeyTables(database, 3);
    for (let index = 1; index <= 20; index++) tables.keep(entry(index, index <= 2 ? `old${index}` : "busy"));
    compactAll(tables);
    expect(rows().map(({ index }) => index)).toEqual([1, 2, 18, 19, 20]);
    expect(tables.newest).toBe(20);
  });

  it("leaves alone what is not yet worth it", () => {
    const tables = new KeyTables(database, 10);
    for (let index = 1; index <= 20; index++) tables.keep(entry(index, "busy"));
    expect(tables.isCompactionDue).toBe(false);
    tables.keep(entry(21, "busy"));
    expect(tables.isCompactionDue).toBe(true);
  });

  it("bounds the log by twice its keys, in slices, and goes on after a restart", () => {
    let tables = new KeyTables(database, 100);
    let slices = 0;
    let largest = 0;
    for (let index = 1; index <= 10_000; index++) {
      tables.keep(entry(index, `k${(index * 7) % 1_000}`));
      if (index % 100 === 0 && tables.isCompactionDue) {
        tables.compact();
        slices += 1;
      }
      if (index === 5_000) tables = new KeyTables(database, 100);
      largest = Math.max(largest, index % 500 === 0 ? rows().length : 0);
    }
    expect(slices).toBeGreaterThan(10);
    expect(largest).toBeLessThan(4_000);
    expect(replayed()).toEqual(new Map(tables.keys()));
  });

  it("leaves no entry behind of a key that was written again and dropped while a pass was under way", () => {
    const tables = new KeyTables(database, 1);
    tables.keep(entry(1, "x"));
    for (let index = 2; index <= 1_200; index++) tables.keep(entry(index, `k${index}`));
    tables.compact();
    tables.keep(entry(1_201, "x"));
    tables.drop(asKey("x"));
    tables.keep(entry(1_202, "y"));
    compactAll(tables);
    expect(replayed()).toEqual(new Map(tables.keys()));
    expect(replayed().has("x")).toBe(false);
  });

  it("never changes what the log replays to", () => {
    const key = fc.constantFrom("a", "b", "c", "d");
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant("put" as const), key }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("drop" as const), key }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("compact" as const) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("reopen" as const) }) },
    );
    let compacted = 0;
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 30, maxLength: 80 }),
        fc.integer({ min: 1, max: 4 }),
        (steps, few) => {
          database.exec("DELETE FROM kv; DELETE FROM log");
          const open = () => new KeyTables(database, few, few);
          let tables = open();
          let index = 0;
          for (const each of steps) {
            if (each.kind === "put") tables.keep(entry((index += 1), each.key));
            else if (each.kind === "drop") tables.drop(asKey(each.key));
            else if (each.kind === "reopen") tables = open();
            else if (tables.isCompactionDue) {
              const before = rows().length;
              tables.compact();
              if (rows().length < before) compacted += 1;
            }
            expect(replayed()).toEqual(new Map(tables.keys()));
            expect(tables.newest).toBe(index);
            if (index > 0) expect(rows().at(-1)?.index).toBe(index);
          }
        },
      ),
      { numRuns: 100 },
    );
    expect(compacted).toBeGreaterThan(100);
  });
});

describe("a long state", () => {
  it("is kept compressed, in kv and in the log, and comes back whole", () => {
    const tables = new KeyTables(database, 10);
    const long = entry(1, "k", "all work and no play ".repeat(10_000));
    tables.keep(long);
    for (const table of ["kv", "log"] as const) {
      expect(typeOf(table)).toMatchObject({ type: "blob" });
      expect(typeOf(table)!.bytes).toBeLessThan(2_000);
    }
    expect([...tables.keys()]).toEqual([["k", long.state]]);
  });

  it("is kept as text where compressing gains nothing, and where it is short", () => {
    const tables = new KeyTables(database, 10);
    tables.keep(entry(1, "k", "short"));
    expect(typeOf("kv")).toMatchObject({ type: "text" });
    expect([...tables.keys()]).toEqual([["k", entry(1, "k", "short").state]]);
  });

  it("that is damaged is refused in a sentence", () => {
    const tables = new KeyTables(database, 10);
    tables.keep(entry(1, "k", "x".repeat(10_000)));
    database.prepare("UPDATE kv SET state = ?").run(Buffer.from("rotten"));
    expect(() => [...tables.keys()]).toThrow(/node.db is damaged \(the value of key "k"\)/);
  });
});
