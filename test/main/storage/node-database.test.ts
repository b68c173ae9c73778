/** What opening a node's database sees to, beside whose it is. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, it } from "vitest";
import { growLog, openNodeDatabase } from "../../../main/storage/node-database.ts";
import { asNodeId } from "../../../shared/ids.ts";

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "lightcone-node-database-"))));
afterEach(() => rmSync(dir, { recursive: true }));

const ownerOf = (name: string) => {
  const dataDir = join(dir, name);
  mkdirSync(dataDir);
  return { dataDir, node: asNodeId("node-1"), cluster: "lab" };
};

it("P33: what a start finds in the write-ahead log does not wait there for a flush that may have failed", () => {
  const before = ownerOf("before");
  const { database } = openNodeDatabase(before);
  growLog(database);
  database.prepare("INSERT INTO meta (name, value) VALUES ('kept', 'yes')").run();
  const after = ownerOf("after");
  for (const name of ["node.db", "node.db-wal"])
    copyFileSync(join(before.dataDir, name), join(after.dataDir, name));
  database.close();

  const opened = openNodeDatabase(after).database;
  growLog(opened);
  const alone = join(dir, "alone.db");
  copyFileSync(join(after.dataDir, "node.db"), alone);
  opened.close();
  const read = new Database(alone);
  expect(read.prepare("SELECT value FROM meta WHERE name = 'kept'").pluck().get()).toBe("yes");
  read.close();
});
