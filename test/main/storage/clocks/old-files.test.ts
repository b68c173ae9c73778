/**
 * Clocks as every release wrote them, in `old/`, open for ever. What is added there stays there.
 * - `unchecked.clock`: before there was a checksum, and as people write them.
 * - `checksummed.clock`: with `$crc32`.
 * - `text.db`: a table with JSON without a checksum.
 * - `compact.db`: a table with JSON and a checksum (node-1), and with the compact form (node-2).
 */
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FileClockStore } from "../../../../main/storage/clocks/file-clock-store.ts";
import { SqliteClockStore } from "../../../../main/storage/clocks/sqlite-clock-store.ts";
import { asNodeId } from "../../../../shared/ids.ts";

const old = join(import.meta.dirname, "old");
const node = asNodeId("node-1");
const clock = { "node-1": 42, "node-2": 15, "n.3_x": Number.MAX_SAFE_INTEGER };
const hundred = Object.fromEntries(
  Array.from({ length: 100 }, (_, n) => [`node-${n + 1}`, (n + 1) * 12_345]),
);

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "lightcone-old-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it.each([
  ["unchecked.clock", { "node-1": 42, "node-2": 15 }],
  ["checksummed.clock", clock],
])("%s", (name, expected) => {
  copyFileSync(join(old, name), join(dir, "node-1.clock.json"));
  const store = new FileClockStore(dir);
  expect(store.load(node)).toEqual(expected);
  store.save(node, { ...expected, "node-1": 43 });
  expect(store.load(node)).toEqual({ ...expected, "node-1": 43 });
  store.close();
});

it.each([
  ["text.db", { "node-1": clock }],
  ["compact.db", { "node-1": clock, "node-2": hundred }],
])("%s", (name, expected) => {
  copyFileSync(join(old, name), join(dir, name));
  const database = new Database(join(dir, name));
  const store = new SqliteClockStore(database);
  for (const [owner, value] of Object.entries(expected)) expect(store.load(asNodeId(owner))).toEqual(value);
  store.save(node, { "node-1": 43 });
  expect(store.load(node)).toEqual({ "node-1": 43 });
  database.close();
});

it("forgets no file", () => {
  expect(readdirSync(old).toSorted()).toEqual([
    "checksummed.clock",
    "compact.db",
    "text.db",
    "unchecked.clock",
  ]);
});
