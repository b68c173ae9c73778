import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { planRecordDamage, readRecords } from "../../../main/lab/log-records.ts";
import { planRot } from "../../../main/lab/rot.ts";
import { readStorage, type StoragePlace } from "../../../main/lab/storage-files.ts";
import { clockFile } from "../../../main/storage/clocks/clock-file.ts";
import { RealDisk } from "../../../main/storage/disk/real-disk.ts";
import { FileLogSource } from "../../../main/storage/log/file-log-source.ts";
import { SqliteLogSource } from "../../../main/storage/log/sqlite-log-source.ts";
import { databasePath } from "../../../main/storage/node-database.ts";
import { NodeStore } from "../../../main/storage/node-store.ts";
import { type StorageSettings, storageDefaults } from "../../../shared/contract/storage.ts";
import { asNodeId } from "../../../shared/ids.ts";
import type { Transaction } from "../../../shared/runtime/types.ts";
import { breakPage, pagesOf } from "../storage/database-pages.ts";
import { storeOptions } from "../storage/store-options.ts";
import { temporaryDir } from "./temporary.ts";

const owner = { node: asNodeId("node-1"), cluster: "lab" };

const write = (number: number, key: string): Transaction => ({
  clock: { "node-1": number },
  at: 1_000 + number,
  mutations: [{ module: "kv", table: "keys", key, row: { value: `value ${number}` } }],
});

/** A node that has written these keys, one after the other, and does not run. */
function placeWith(log: StorageSettings["log"], keys: readonly string[]): StoragePlace {
  const dataDir = join(temporaryDir(), "node-1");
  mkdirSync(dataDir);
  const transactions = keys.map((key, index) => write(index + 1, key));
  if (log === "file") {
    const { log: opened } = new FileLogSource({
      disk: new RealDisk(),
      dataDir,
      owner,
      segmentBytes: 8_192,
    }).open(0);
    for (const one of transactions) opened.append([one], "synced");
    opened.close();
  } else {
    const database = new Database(databasePath(dataDir));
    const { log: opened } = new SqliteLogSource({ database, owner }).open(0);
    for (const one of transactions) opened.append([one], "synced");
    opened.close();
    database.close();
  }
  return {
    dataDir,
    isRunning: false,
    owner,
    storage: { ...storageDefaults, log, snapshots: log },
    clockStore: log,
  };
}

/** The same of a node's own making: it notes how far its log has reached. */
function notedPlaceWith(log: "file" | "sqlite", count: number): StoragePlace {
  const dataDir = join(temporaryDir(), "node-1");
  const store = new NodeStore(storeOptions(dataDir, { log, snapshots: log, cluster: owner.cluster }));
  for (let number = 1; number <= count; number += 1)
    store.commit({
      transactions: [write(number, "k")],
      events: [],
      operations: [],
      clock: { "node-1": number },
    });
  store.close();
  const storage = { ...storageDefaults, log, snapshots: log };
  return { dataDir, isRunning: false, owner, storage, clockStore: "sqlite" };
}

/** Names and contents of every file. */
const printOf = (dir: string) =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return `${path} ${createHash("sha256").update(readFileSync(path)).digest("hex")}`;
    })
    .sort();

const keys = Array.from({ length: 40 }, (_, index) => `key-${index % 20}`);

/** Every record, in pages of seven. */
function allRecords({ dataDir }: StoragePlace, file: string) {
  const records = [];
  let after: { offset: number; ordinal: number } | null = null;
  do {
    const page: ReturnType<typeof readRecords> = readRecords({ dataDir, isRunning: false, file }, after, 7);
    records.push(...page.records);
    after = page.next;
  } while (after !== null);
  return records;
}
const filesOf = (place: StoragePlace) => readStorage(place).log.segments.map(({ file }) => file);
const recordsOf = (place: StoragePlace) => filesOf(place).flatMap((file) => allRecords(place, file));

it("a database whose snapshots cannot be read is shown as damage", () => {
  const place = notedPlaceWith("sqlite", 5);
  for (const page of pagesOf(place.dataDir, "snapshots")) breakPage(place.dataDir, page);
  expect(readStorage(place).log.damage).toMatchObject([
    { file: "node.db", message: expect.stringContaining("cannot be read") },
  ]);
});

describe.each(["file", "sqlite"] as const)("the storage of a node that does not run, log in %s", (kind) => {
  it("shows that its log is shorter than it was, as a start would find", () => {
    const place = notedPlaceWith(kind, 5);
    expect(readStorage(place).log.damage).toEqual([]);
    if (kind === "file") rmSync(join(place.dataDir, "log"), { recursive: true });
    else {
      const database = new Database(databasePath(place.dataDir));
      database.exec("DELETE FROM transaction_log WHERE position > 3");
      database.close();
    }
    const [damage] = readStorage(place).log.damage;
    expect(damage).toMatchObject({ after: kind === "file" ? 0 : 3, before: 6 });
  });

  it("is told whole, a page at a time, and nothing is changed by looking", () => {
    const place = placeWith(kind, keys);
    const before = printOf(place.dataDir);
    const { log, source } = readStorage(place);
    expect(source).toBe("files");
    expect(log).toMatchObject({ first: 1, last: 40, damage: [], replayFrom: 0 });
    const full = log.segments.reduce((sum, { bytes }) => sum + bytes, 0);
    const last = recordsOf(place).at(-1)!;
    const room = kind === "file" ? log.segments.at(-1)!.bytes - last.offset - last.bytes : 0;
    expect(log.bytes).toBe(full - room);
    const puts = recordsOf(place).filter(({ type }) => type === "put");
    expect(puts.map(({ position }) => position)).toEqual(keys.map((_, index) => index + 1));
    expect(puts.map(({ key }) => key)).toEqual(keys);
    expect(puts[4]).toMatchObject({ row: '{"value":"value 5"}', clock: { "node-1": 5 }, problem: null });
    expect(printOf(place.dataDir)).toEqual(before);
  });

  it("shows a record that was broken, and again as it was when that is undone", () => {
    const place = placeWith(kind, keys);
    const { file, offset, position } = recordsOf(place).find(({ key }) => key === "key-11")!;
    const before = recordsOf(place);
    const planned = planRecordDamage({ ...place, file }, offset);
    planned.make();
    expect(planned.stands()).toBe(true);
    const { damage } = readStorage(place).log;
    expect(damage).toMatchObject([{ file, after: position - 1, before: position + 1 }]);
    expect(recordsOf(place).filter(({ problem }) => problem !== null)).toHaveLength(1);
    planned.undo();
    expect(planned.stands()).toBe(false);
    expect(readStorage(place).log.damage).toEqual([]);
    expect(recordsOf(place)).toEqual(before);
  });

  it("rots in as many places as asked, none of them the last or an older value", () => {
    const place = placeWith(kind, keys);
    for (const planned of planRot(place, 5)) planned.make();
    const { damage, last } = readStorage(place).log;
    // Neighbours may be told as one stretch, or each with the same ends.
    const lost = damage.flatMap(({ after, before }) =>
      Array.from({ length: (before ?? 0) - after - 1 }, (_, index) => after + 1 + index),
    );
    expect(last).toBe(40);
    expect(new Set(lost).size).toBe(5);
    for (const position of lost) expect(position).toBeGreaterThan(20);
  });

  it("has no more values to rot than keys whose newest value is not the last word of the log", () => {
    const place = placeWith(kind, keys);
    expect(() => planRot(place, 20)).toThrow("node-1 stores fewer than 20 values that could rot.");
    expect(planRot(place, 19)).toHaveLength(19);
  });

  it("has no record where none begins", () => {
    const place = placeWith(kind, keys);
    const [file] = filesOf(place);
    expect(() => planRecordDamage({ ...place, file: file! }, 4_999)).toThrow(/look at the storage again/);
    expect(() => planRecordDamage({ ...place, file: "log/00000099.log" }, 0)).toThrow(/There is no file/);
  });

  it("is empty before the node has begun", () => {
    const place = { ...placeWith(kind, []), dataDir: join(temporaryDir(), "never") };
    expect(readStorage(place)).toMatchObject({
      log: { segments: [], damage: [], last: 0 },
      snapshots: [],
      clock: { value: null, problem: null },
      setAside: [],
    });
    expect(existsSync(place.dataDir)).toBe(false);
  });
});

describe("what else a storage shows", () => {
  it("is a clock that is damaged, and what was set aside", () => {
    const place = placeWith("file", ["k"]);
    const clocks = join(place.dataDir, "clocks");
    mkdirSync(clocks);
    const path = clockFile(clocks, owner.node);
    writeFileSync(path, '{"node-1":7}');
    expect(readStorage(place).clock).toMatchObject({
      file: "clocks/node-1.clock.json",
      value: { "node-1": 7 },
      problem: null,
    });
    writeFileSync(path, '{"node-1":-7}');
    expect(readStorage(place).clock).toMatchObject({
      value: null,
      problem: expect.stringMatching(/^The clock /),
    });
    mkdirSync(join(place.dataDir, "set-aside", "2025-01-02T03-04-05Z-log"), { recursive: true });
    writeFileSync(join(place.dataDir, "set-aside", "2025-01-02T03-04-05Z-log", "00000001.log"), "12345");
    expect(readStorage(place).setAside).toMatchObject([
      { file: "set-aside/2025-01-02T03-04-05Z-log/00000001.log", bytes: 5 },
    ]);
  });

  it("is a database that is none any more", () => {
    const place = placeWith("sqlite", ["k"]);
    writeFileSync(databasePath(place.dataDir), "x".repeat(8_192));
    const { log } = readStorage(place);
    expect(log.damage).toMatchObject([
      { file: "node.db", message: expect.stringMatching(/node\.db cannot be read/) },
    ]);
  });
});
