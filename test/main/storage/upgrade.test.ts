/** Files that an older Lightcone wrote: opened, brought to the present format, and nothing of them lost. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compress } from "../../../main/storage/compression.ts";
import { NodeStoreError } from "../../../main/storage/node-store-error.ts";
import { NodeStore } from "../../../main/storage/node-store.ts";
import { asKey, asNodeId } from "../../../shared/ids.ts";
import { killedAtEveryStep } from "./killed.ts";
import { entry, node } from "./entries.ts";
import { storeOptions, transaction } from "./store-options.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "lightcone-upgrade-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const formats = [1, 2, 3] as const;
type Format = (typeof formats)[number];

const hints = `CREATE TABLE hints (target TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, expires REAL NOT NULL,
  PRIMARY KEY (target, key)) WITHOUT ROWID;`;

/** Word for word what a node made of an empty directory then. */
const schemaOf = (format: Format) => `
${format === 1 ? "" : hints}
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE kv (key TEXT PRIMARY KEY, state TEXT NOT NULL${format === 3 ? ", entry INTEGER NOT NULL" : ""}) WITHOUT ROWID;
CREATE TABLE log (
  "index" INTEGER PRIMARY KEY, term INTEGER NOT NULL, op TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL,
  origin TEXT NOT NULL, replicas TEXT NOT NULL, clock TEXT NOT NULL, at REAL NOT NULL
);
CREATE TABLE trace (
  id INTEGER PRIMARY KEY, life INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
  total INTEGER NOT NULL, events BLOB NOT NULL, operations BLOB
);
PRAGMA application_id = 1279479364;
PRAGMA user_version = ${format};
INSERT INTO meta VALUES ('node', 'node-1'), ('cluster', 'test'), ('incarnation', '9'), ('life', '77');
CREATE TABLE clock (node TEXT PRIMARY KEY, counters TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO clock VALUES ('node-1', '{"node-1":12}');
`;

const long = "a long value ".repeat(1_000);
const old = [entry(1, "a", "old"), entry(2, "b", long), entry(3, "a", "new"), entry(4, "c", "x")];
const newest = [old[1]!, old[2]!, old[3]!];

/** Format 3 kept what is long compressed. */
function stored(format: Format, state: unknown): string | Buffer {
  const text = JSON.stringify(state);
  return (format === 3 ? compress(Buffer.from(text)) : null) ?? text;
}

function write(format: Format): void {
  const database = new Database(join(dir, "node.db"));
  database.exec(schemaOf(format));
  const putLog = database.prepare(
    "INSERT INTO log VALUES (?, 0, 'put', ?, ?, 'node-3', '[\"node-1\",\"node-3\"]', '{}', 1)",
  );
  const putKey = database.prepare(`INSERT OR REPLACE INTO kv VALUES (?, ?${format === 3 ? ", ?" : ""})`);
  for (const { index, key, state } of old) {
    putLog.run(index, key, stored(format, state));
    putKey.run(key, stored(format, state), ...(format === 3 ? [index] : []));
  }
  if (format > 1) {
    const state = stored(format, old[1]!.state);
    database.prepare("INSERT INTO hints VALUES ('node-2', 'b', ?, 77)").run(state);
  }
  // A key that was dropped left a mark in the place of its entry.
  if (format === 3)
    database.exec("INSERT INTO log VALUES (5, 0, 'dropped', 'd', 'null', 'node-1', '[]', '{}', 1)");
  database.close();
}

const open = () => new NodeStore(storeOptions(dir));

describe.each(formats)("a file of format %i", (format) => {
  const last = format === 3 ? 5 : 4;

  it("gives everything back, and takes new writes", () => {
    write(format);
    const store = open();
    expect(store.lines[0]).toBe(
      `node.db had format ${format}: its ${format === 1 ? 4 : 5} rows are now the snapshot at position ${last}.`,
    );
    const restored = store.restore();
    expect(new Map(restored.keys)).toEqual(new Map(newest.map(({ key, state }) => [key, state])));
    expect(restored).toMatchObject({ incarnation: 9, logIndex: last, clock: { "node-1": 12 } });
    expect(restored.hints).toEqual(
      format === 1 ? [] : [{ target: "node-2", key: "b", state: old[1]!.state, expires: 77 }],
    );
    expect(store.beginLife(5), "lives go on").toBe(78);
    expect(store.tables.mutation("kv", "keys", "a")?.from).toEqual({
      index: 3,
      term: 0,
      op: "put",
      origin: "node-3",
      replicas: ["node-1", "node-3"],
    });
    const next = entry(last + 1, "c", "y");
    const hint = { target: asNodeId("node-3"), key: asKey("c"), state: next.state, expires: 5 };
    store.commit({
      transactions: [
        transaction(
          { kind: "entry", entry: next },
          { kind: "dropped", key: asKey("b") },
          { kind: "hint", hint },
        ),
      ],
      events: [],
      operations: [],
      clock: null,
    });
    store.close();
    const again = open();
    expect(again.isUnusual).toBe(false);
    expect(new Map(again.restore().keys)).toEqual(
      new Map([
        ["a", old[2]!.state],
        ["c", next.state],
      ]),
    );
    expect(again.restore().hints).toContainEqual(hint);
    again.close();
  });

  it.each([
    ["UPDATE meta SET value = '{' WHERE name = 'incarnation'", "its incarnation"],
    ["UPDATE log SET replicas = '[\"node-1'", 'the replicas of key "a"'],
    ["UPDATE log SET clock = ''", 'the clock of key "a"'],
  ])("says what of it is damaged and leaves it as it is: %s", (damage, what) => {
    write(format);
    const database = new Database(join(dir, "node.db"));
    database.exec(damage);
    for (let nth = 0; nth < 2; nth += 1) {
      expect(open).toThrow(NodeStoreError);
      expect(open).toThrow(`${what} cannot be read. Nothing was changed.`);
    }
    expect(database.pragma("user_version", { simple: true })).toBe(format);
    database.close();
  });

  it("holds nothing of the old tables afterwards", () => {
    write(format);
    open().close();
    const database = new Database(join(dir, "node.db"), { readonly: true });
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
    expect(tables).not.toContain("kv");
    expect(tables).not.toContain("log");
    expect(tables).not.toContain("hints");
    expect(database.pragma("user_version", { simple: true })).toBe(4);
    database.close();
  });

  it("loses nothing however often it is killed on the way, also when its kinds change in the same start", async () => {
    write(format);
    const original = join(dir, "original");
    cpSync(join(dir, "node.db"), join(original, "node.db"));
    const every = format === 3 ? 13 : 20;
    const kills = await killedAtEveryStep({ original, log: "file", snapshots: "file", every }, (store) => {
      expect(new Map(store.restore().keys)).toEqual(new Map(newest.map(({ key, state }) => [key, state])));
      expect(store.restore()).toMatchObject({ incarnation: 9, logIndex: last });
    });
    expect(kills).toBeGreaterThan(0);
  });
});

it(`the directory is ${node}'s as before`, () => {
  write(3);
  expect(() => new NodeStore(storeOptions(dir, { node: asNodeId("node-2") }))).toThrow(/belongs to node-1/);
});
