/**
 * Snapshots of every released format stay in `old/` and are read for ever. `MAKE_OLD=1` adds those of the present format
 * when they are not there; a file that is there is never written again.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, it } from "vitest";
import { RealDisk } from "../../../../main/storage/disk/real-disk.ts";
import { FileSnapshotStore } from "../../../../main/storage/snapshots/file-snapshot-store.ts";
import { snapshotFormatVersion } from "../../../../main/storage/snapshots/frames.ts";
import { SqliteSnapshotStore } from "../../../../main/storage/snapshots/sqlite-snapshot-store.ts";
import type { SnapshotStore } from "../../../../main/storage/snapshots/snapshot-store.ts";
import type { Mutation } from "../../../../shared/runtime/types.ts";
import { headAt, snapshotOwner as owner, write } from "./snapshot-contract.ts";

const old = join(import.meta.dirname, "old");
const fileOf = (format: number) => join(old, `format-${format}.snapshot`);
const databaseOf = (format: number) => join(old, `format-${format}.db`);
const formats = Array.from({ length: snapshotFormatVersion }, (_, index) => index + 1);

/** Of each kind one; and enough for two frames, of which one is compressed. */
const rows: Mutation[] = [
  { module: "node", table: "self", key: "incarnation", row: 3 },
  {
    module: "kv",
    table: "keys",
    key: "ключ \u0000",
    row: { context: { "node-1": 4 }, versions: [{ value: null, at: 0.5 }, -1, true, "\ud800"] },
    from: { index: 17, term: 2, op: "repair", origin: owner.node, replicas: [owner.node] },
  },
  ...Array.from({ length: 800 }, (_, n) => ({
    module: "bank",
    table: "accounts",
    key: `account ${n}`,
    row: { balance: n, since: "a long time ago, as these things go".repeat(2) },
  })),
  { module: "counter", table: "counts", key: "", row: 2 ** 53 - 1 },
];

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "lightcone-old-"));
  mkdirSync(join(dataDir, "snapshots"));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const openFiles = () => new FileSnapshotStore({ disk: new RealDisk(), dataDir, owner, now: () => 0 });

function check(store: SnapshotStore): void {
  expect(store.damaged()).toEqual([]);
  expect(store.list()).toMatchObject([{ ...headAt(42), rows: rows.length }]);
  expect([...store.open(42).rows()]).toEqual(rows);
  store.close();
}

it.each(formats)("a file of format %i is read", (format) => {
  const path = join(dataDir, "snapshots", "000000000042.snapshot");
  if (process.env["MAKE_OLD"] && format === snapshotFormatVersion && !existsSync(fileOf(format))) {
    write(openFiles(), 42, rows);
    copyFileSync(path, fileOf(format));
  }
  copyFileSync(fileOf(format), path);
  check(openFiles());
});

it.each(formats)("a table of format %i is read", (format) => {
  const path = join(dataDir, "node.db");
  if (process.env["MAKE_OLD"] && format === snapshotFormatVersion && !existsSync(databaseOf(format))) {
    const database = new Database(path);
    write(new SqliteSnapshotStore({ database, owner }), 42, rows);
    database.close();
    copyFileSync(path, databaseOf(format));
  }
  copyFileSync(databaseOf(format), path);
  const database = new Database(path);
  check(new SqliteSnapshotStore({ database, owner }));
  database.close();
});
