import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import type { RecordView } from "../../../../shared/contract/storage.ts";
import { MemoryDisk } from "../../../../main/storage/disk/memory-disk.ts";
import {
  pageOf,
  type RecordPage,
  type RecordPlace,
  segmentRecords,
  tableRecords,
} from "../../../../main/storage/log/inspect.ts";
import { headBytes } from "../../../../main/storage/log/segment-head.ts";
import { SqliteLogSource } from "../../../../main/storage/log/sqlite-log-source.ts";
import type { TransactionLog } from "../../../../main/storage/log/transaction-log.ts";
import { overwrite, pathOf, sourceOn } from "./damage-tools.ts";
import { owner, put, transactionOf } from "./transactions.ts";

const file = "log/00000001.log";

function fill(log: TransactionLog, count: number): void {
  log.setVersions({ kv: 1 });
  for (let n = 1; n <= count; n++) {
    const from = { index: n, term: 3, op: "put", origin: owner.node, replicas: [owner.node] };
    log.append(
      [transactionOf(n, [{ ...put(`key-${n}`, { n }), from }, put("b", "x".repeat(n % 50))])],
      "written",
    );
  }
  log.append([transactionOf(count + 1, [{ ...put("key-1", 0), row: undefined }])], "synced");
  log.close();
}

const segment = { segmentBytes: 2 ** 20 };

function logInFile(count: number): MemoryDisk {
  const disk = new MemoryDisk();
  fill(sourceOn(disk, segment).open(0).log, count);
  return disk;
}

const inFile = (disk: MemoryDisk, after: RecordPlace | null = null) => [
  ...segmentRecords(disk, pathOf(1), file, after),
];

/** All pages of `size` records, one after the other. */
function paged(read: (after: RecordPlace | null) => Iterable<RecordView>, size: number): RecordView[] {
  const views: RecordView[] = [];
  let after: RecordPlace | null = null;
  do {
    const page: RecordPage = pageOf(read(after), size);
    expect(page.records.length).toBeLessThanOrEqual(size);
    views.push(...page.records);
    after = page.next;
  } while (after !== null);
  return views;
}

describe("records of a segment", () => {
  it("are shown as they lie there", () => {
    const views = inFile(logInFile(2));
    expect(views.map(({ type, position, ordinal, key }) => [type, position, ordinal, key])).toEqual([
      ["versions", 0, 0, ""],
      ["put", 1, 0, "key-1"],
      ["put", 1, 1, "b"],
      ["put", 2, 0, "key-2"],
      ["put", 2, 1, "b"],
      ["delete", 3, 0, "key-1"],
    ]);
    const [versions, first] = views;
    expect([versions!.offset, versions!.row]).toEqual([headBytes, '{"kv":1}']);
    expect(first).toMatchObject({
      file,
      offset: headBytes + versions!.bytes,
      module: "kv",
      table: "keys",
      row: '{"n":1}',
      clock: { "node-1": 2, "node-2": 7 },
      origin: "node-1",
      replicas: ["node-1"],
      term: 3,
      index: 1,
      problem: null,
    });
    expect(views[2]!.clock).toEqual(first!.clock);
  });

  it("come in pages, from any place on", () => {
    const disk = logInFile(2_500);
    const all = inFile(disk);
    expect(all).toHaveLength(5_002);
    expect(paged((after) => segmentRecords(disk, pathOf(1), file, after), 700)).toEqual(all);
    for (const offset of [1, 4_500, 200_000, 300_017, all.at(-1)!.offset, 10 ** 7]) {
      const place = { offset, ordinal: 0 };
      expect(inFile(disk, place)).toEqual(
        all.filter((view) => view.offset > offset || (view.offset === offset && view.ordinal > 0)),
      );
    }
  });

  it("are shown where they are damaged, and behind it", () => {
    const disk = logInFile(10);
    const hit = inFile(disk)[5]!;
    overwrite(disk, 1, hit.offset + 30, Buffer.from("?"));
    const views = inFile(disk);
    expect(views.filter(({ problem }) => problem !== null)).toEqual([
      expect.objectContaining({
        type: "damaged",
        offset: hit.offset,
        position: 2,
        problem: "Not what was written.",
      }),
    ]);
    expect(views.at(-1)!.position).toBe(11);
    overwrite(disk, 1, 20, Buffer.from("?"));
    expect(
      inFile(disk)
        .filter(({ problem }) => problem !== null)
        .map(({ offset }) => offset),
    ).toEqual([0, hit.offset]);
  });
});

describe("records of a table", () => {
  it("come in pages, with the damaged among them", () => {
    const database = new Database(":memory:");
    expect([...tableRecords(database)]).toEqual([]);
    fill(new SqliteLogSource({ database, owner }).open(0).log, 300);
    const all = [...tableRecords(database)];
    expect(all).toHaveLength(601);
    expect(all.slice(0, 3).map(({ offset, position, ordinal }) => [offset, position, ordinal])).toEqual([
      [1, 1, 0],
      [1, 1, 1],
      [2, 2, 0],
    ]);
    expect(paged((after) => tableRecords(database, after), 37)).toEqual(all);
    database.exec("UPDATE transaction_log SET records = x'00' WHERE position = 7");
    expect([...tableRecords(database, { offset: 6, ordinal: 1 })][0]).toMatchObject({
      file: "transaction_log",
      type: "damaged",
      offset: 7,
      bytes: 1,
    });
  });
});
