/** What is particular to snapshots in a node's database: commits of others, crashes, damage, owners. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  SqliteSnapshotStore,
  type SqliteSnapshotOptions,
} from "../../../../main/storage/snapshots/sqlite-snapshot-store.ts";
import { asNodeId } from "../../../../shared/ids.ts";
import type { Mutation } from "../../../../shared/runtime/types.ts";
import { headAt, kindOf, snapshotOwner as owner, write } from "./snapshot-contract.ts";

const rows: Mutation[] = Array.from({ length: 40 }, (_, n) => ({
  module: "kv",
  table: "keys",
  key: `key ${n}`,
  row: { value: `${n} `.repeat(3_000) },
}));
let dir: string;
let database: Database.Database;
const connect = () => {
  database = new Database(join(dir, "node.db"));
  database.pragma("journal_mode = WAL");
};
const open = (more: Partial<SqliteSnapshotOptions> = {}) =>
  new SqliteSnapshotStore({ database, owner, ...more });
const count = (table: string) =>
  database.prepare<[], { count: number }>(`SELECT count(*) AS count FROM ${table}`).get()!.count;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "lightcone-sqlite-snapshots-"));
  connect();
});
afterEach(() => {
  database.close();
  rmSync(dir, { recursive: true, force: true });
});

it("writes between the node's own commits, and leaves their durability as it is", () => {
  database.exec("CREATE TABLE own (n)");
  const store = open();
  for (const level of [1, 2]) {
    database.pragma(`synchronous = ${level}`);
    const writer = store.begin(headAt(level));
    for (const row of rows) {
      writer.add([row]);
      database.prepare("INSERT INTO own VALUES (1)").run();
      expect(database.pragma("synchronous", { simple: true })).toBe(level);
    }
    writer.finish();
    expect(database.pragma("synchronous", { simple: true })).toBe(level);
    expect([...store.open(level).rows()]).toEqual(rows);
  }
  expect(count("own")).toBe(80);
});

it("flushes the commit that marks it complete, and with it all before", () => {
  const asked: (readonly [string, unknown])[] = [];
  const gate = (operation: string) =>
    void asked.push([operation, database.pragma("synchronous", { simple: true })]);
  database.pragma("synchronous = NORMAL");
  write(open({ disk: { gate } }), 1, rows);
  expect(asked.at(-1)).toEqual(["sync", 2]);
  expect(asked.slice(0, -1).every(([operation, level]) => operation === "write" && level === 1)).toBe(true);
});

it("never writes inside somebody else's transaction, where it could be taken back", () => {
  const store = open();
  expect(() => database.transaction(() => store.begin(headAt(1)))()).toThrow("somebody else's transaction");
});

describe("a crash at any commit", () => {
  it("leaves the old snapshot or the new one, and nothing else once it is opened again", () => {
    write(open(), 5, rows.slice(0, 3));
    let operations = 0;
    for (let nth = 1; operations >= nth - 1; nth += 1) {
      operations = 0;
      const gate = () => {
        operations += 1;
        // As a process that ends there: nothing is cleaned up.
        if (operations >= nth) database.close();
      };
      let finished = true;
      try {
        write(open({ disk: { gate } }), 9, rows);
      } catch {
        finished = false;
      }
      if (!database.open) connect();
      const store = open();
      expect(store.list().map(({ position }) => position)).toEqual(finished ? [9, 5] : [5]);
      expect([...store.open(5).rows()]).toEqual(rows.slice(0, 3));
      expect(count("snapshots")).toBe(store.list().length);
      expect(database.prepare("SELECT DISTINCT snapshot FROM snapshot_frames").all().length).toBe(
        count("snapshots"),
      );
    }
    expect(operations).toBeGreaterThan(3);
  });
});

describe("an operation that fails", () => {
  it.each([
    ["EIO", true],
    ["ENOSPC", false],
  ])("with %s leaves nothing; whether the database can still be trusted: told %s", (code, isBroken) => {
    const broken: unknown[] = [];
    for (const failing of ["write", "sync"]) {
      const gate = (operation: string) => {
        if (operation === failing) throw Object.assign(new Error("made to fail"), { code });
      };
      const store = open({ disk: { gate }, onBroken: (error) => void broken.push(error) });
      expect(kindOf(() => write(store, 9, rows))).toBe("io");
      expect([count("snapshots"), count("snapshot_frames")]).toEqual([0, 0]);
    }
    expect(broken.length).toBe(isBroken ? 2 : 0);
  });
});

describe("a snapshot in the database that is not what was written", () => {
  beforeEach(() => void write(open(), 5, rows));

  it.each([
    [
      "a frame that is not there",
      "DELETE FROM snapshot_frames WHERE at = (SELECT at FROM snapshot_frames LIMIT 1 OFFSET 2)",
    ],
    [
      "the last frame not there",
      "DELETE FROM snapshot_frames WHERE at = (SELECT max(at) FROM snapshot_frames)",
    ],
    ["the head not there", "DELETE FROM snapshot_frames WHERE at = 0"],
    [
      "a frame in another's place",
      "UPDATE snapshot_frames SET frame = (SELECT frame FROM snapshot_frames LIMIT 1 OFFSET 1) WHERE at = (SELECT at FROM snapshot_frames LIMIT 1 OFFSET 2)",
    ],
    ["zeros", "UPDATE snapshot_frames SET frame = zeroblob(length(frame)) WHERE at > 0"],
  ])("is damaged: %s", (_, sql) => {
    database.exec(sql);
    const store = open();
    expect(kindOf(() => [...store.open(5).rows()])).toBe("damaged");
    const name = "node.db/snapshots/000000000005";
    expect(store.setAside(name)).toBe(`${name} (set aside, number 1)`);
    expect([store.list(), store.damaged()]).toEqual([[], []]);
    write(store, 5, rows);
    expect([...store.open(5).rows()]).toEqual(rows);
  });

  it("stays as it is when it is another node's, another cluster's or a newer program's", () => {
    const openAs = (more: Partial<typeof owner>) => () => open({ owner: { ...owner, ...more } });
    database.exec("INSERT INTO snapshots (position, state) VALUES (7, 'writing')");
    expect(openAs({ node: asNodeId("node-2") })).toThrow("belongs to node-1, not to node-2");
    expect(kindOf(openAs({ cluster: "x" }))).toBe("foreign");
    expect(count("snapshots")).toBe(2);
    expect(open({ readOnly: true }).list().length).toBe(1);
    expect(count("snapshots")).toBe(2);
  });
});

it("finds nothing in a database without its tables, and makes none when it may only look", () => {
  expect(open({ readOnly: true }).list()).toEqual([]);
  expect(database.prepare("SELECT 1 FROM sqlite_schema").all()).toEqual([]);
});
