/** Logs of every released format are read for ever. */
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RealDisk } from "../../../../main/storage/disk/real-disk.ts";
import { FileLogSource } from "../../../../main/storage/log/file-log-source.ts";
import { logFormat } from "../../../../main/storage/log/segment-head.ts";
import { SqliteLogSource } from "../../../../main/storage/log/sqlite-log-source.ts";
import type { LogSource } from "../../../../main/storage/log/transaction-log.ts";
import { withoutPlace } from "./transactions.ts";
import { oldOwner, oldTransactions, oldVersionsAfter } from "./old/contents.ts";
import { makeLogs } from "./old/make.ts";

const old = join(import.meta.dirname, "old");
const formats = readdirSync(old).filter((name) => name.startsWith("format-"));

it("has files of every format up to the present one", () => {
  expect(formats).toEqual(Array.from({ length: logFormat }, (_, i) => `format-${i + 1}`));
});

function expectReadable(source: LogSource): void {
  expect(source.scan(0).damage).toEqual([]);
  const { log, lines } = source.open(0);
  expect(lines).toEqual([]);
  const read = [...log.read(0)];
  expect(read.map(withoutPlace)).toEqual(oldTransactions);
  const later = { kv: 1, bank: 2 };
  expect(read.map(({ versions }) => versions)).toEqual(
    read.map((_, index) => (index < oldVersionsAfter ? null : later)),
  );
  expect(log.append([oldTransactions[1]!], "synced")).toBe(oldTransactions.length + 1);
  log.close();
  expect(source.open(0).log.last).toBe(oldTransactions.length + 1);
}

describe.each([...formats, "today"])("a log of %s", (format) => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), "lightcone-old-log-"));
    rmSync(dataDir, { recursive: true });
    if (format === "today") makeLogs(dataDir);
    else cpSync(join(old, format), dataDir, { recursive: true });
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  it("is read from files", () => {
    expect(readdirSync(join(dataDir, "log")).length).toBeGreaterThan(1);
    expectReadable(new FileLogSource({ disk: new RealDisk(), dataDir, owner: oldOwner }));
  });

  it("is read from SQLite", () => {
    const database = new Database(join(dataDir, "log.db"));
    expectReadable(new SqliteLogSource({ database, owner: oldOwner }));
    database.close();
  });
});
