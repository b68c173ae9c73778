/**
 * Makes the files in this folder: `node test/main/storage/log/old/make.ts`. They are what a release wrote and are never made
 * again for the same format; a new format gets files of its own, and all of them are opened by a test for ever.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { RealDisk } from "../../../../../main/storage/disk/real-disk.ts";
import { FileLogSource } from "../../../../../main/storage/log/file-log-source.ts";
import { logFormat } from "../../../../../main/storage/log/segment-head.ts";
import { SqliteLogSource } from "../../../../../main/storage/log/sqlite-log-source.ts";
import type { TransactionLog } from "../../../../../main/storage/log/transaction-log.ts";
import { oldOwner, oldTransactions, oldVersionsAfter } from "./contents.ts";

function fill(log: TransactionLog): void {
  oldTransactions.forEach((transaction, index) => {
    if (index === oldVersionsAfter) log.setVersions({ kv: 1, bank: 2 });
    log.append([transaction], "synced");
  });
  log.close();
}

/** A log in files and one in SQLite, as the present format writes them, in a directory that is not there yet. */
export function makeLogs(dataDir: string): void {
  mkdirSync(dataDir);
  fill(
    new FileLogSource({ disk: new RealDisk(), dataDir, owner: oldOwner, segmentBytes: 6_000 }).open(0).log,
  );
  const database = new Database(join(dataDir, "log.db"));
  fill(new SqliteLogSource({ database, owner: oldOwner }).open(0).log);
  database.close();
}

if (process.argv[1] === import.meta.filename) makeLogs(join(import.meta.dirname, `format-${logFormat}`));
