import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { asNodeId } from "../../../../shared/ids.ts";
import { MemoryDisk } from "../../../../main/storage/disk/memory-disk.ts";
import { SqliteLogSource } from "../../../../main/storage/log/sqlite-log-source.ts";
import { positionsOf } from "./damage-tools.ts";
import { logContract } from "./log-contract.ts";
import { errorOf, owner, transactionOf } from "./transactions.ts";

logContract("A log in SQLite", () => {
  const database = new Database(":memory:");
  return { source: new SqliteLogSource({ database, owner }), cleanUp: () => database.close() };
});

const sourceOf = (database: Database.Database, whose = owner) =>
  new SqliteLogSource({ database, owner: whose, now: () => 0 });

function logOf(count: number) {
  const database = new Database(":memory:");
  const { log } = sourceOf(database).open(0);
  log.setVersions({ kv: 1 });
  for (let n = 1; n <= count; n++) log.append([transactionOf(n)], "synced");
  return { database, log };
}

const damageOf = (database: Database.Database) =>
  sourceOf(database)
    .scan(0)
    .damage.map(({ kind, file, offset, after, before }) => [kind, file, offset, after, before]);

describe("rows that are not what was written", () => {
  it("are found by position, and the others are read", () => {
    const { database, log } = logOf(10);
    database.exec("UPDATE transaction_log SET records = zeroblob(length(records)) WHERE position = 4");
    database.exec("UPDATE transaction_log SET records = substr(records, 1, 40) WHERE position = 10");
    expect(damageOf(database)).toEqual([
      ["corrupt", "transaction_log", 4, 3, 5],
      ["corrupt", "transaction_log", 10, 9, null],
    ]);
    expect(positionsOf(sourceOf(database).scan(0))).toEqual([1, 2, 3, 5, 6, 7, 8, 9]);
    expect(errorOf(() => sourceOf(database).open(0))).toMatchObject({ kind: "damaged" });
    expect(errorOf(() => [...log.read(0)])).toMatchObject({ kind: "damaged", damage: [{ offset: 4 }] });
    expect(sourceOf(database).scan(4).damage).toHaveLength(1);
    expect(log.read(4)[Symbol.iterator]().next().value).toMatchObject({ position: 5, versions: { kv: 1 } });
  });

  it("are found in every byte of a row", () => {
    const { database } = logOf(2);
    const read = database.prepare<[], { records: Buffer }>(
      "SELECT records FROM transaction_log WHERE position = 2",
    );
    const { records } = read.get()!;
    const write = database.prepare("UPDATE transaction_log SET records = ? WHERE position = 2");
    for (let at = 0; at < records.length; at++) {
      const changed = Buffer.from(records);
      changed[at]! ^= 1 << (at & 7);
      write.run(changed);
      expect(damageOf(database)).toEqual([["corrupt", "transaction_log", 2, 1, null]]);
    }
  });

  it("are gaps where they are missing", () => {
    const { database } = logOf(10);
    database.exec("DELETE FROM transaction_log WHERE position IN (1, 5, 6)");
    expect(damageOf(database)).toEqual([
      ["gap", "transaction_log", 1, 0, 2],
      ["gap", "transaction_log", 5, 4, 7],
    ]);
  });

  it("are named where the end of an open log is gone", () => {
    const { database, log } = logOf(10);
    database.exec("DELETE FROM transaction_log WHERE position > 8");
    const error = errorOf(() => [...log.read(0)]);
    expect(error).toMatchObject({ kind: "damaged", damage: [{ offset: 9, after: 8 }] });
    expect(error.message).toContain("Row 9 of transaction_log");
  });

  it("P35: are stale where they are those of another place", () => {
    const { database } = logOf(10);
    database.exec(
      "UPDATE transaction_log SET records = (SELECT records FROM transaction_log WHERE position = 3) WHERE position = 7",
    );
    expect(damageOf(database)).toEqual([["stale", "transaction_log", 7, 6, 8]]);
  });

  it("are those of a later place, and those with more behind them", () => {
    const { database } = logOf(10);
    database.exec(
      "UPDATE transaction_log SET records = (SELECT records FROM transaction_log WHERE position = 7) WHERE position = 3",
    );
    database.exec(
      "UPDATE transaction_log SET records = CAST(records || zeroblob(1) AS BLOB) WHERE position = 5",
    );
    expect(
      sourceOf(database)
        .scan(0)
        .damage.map(({ offset }) => offset),
    ).toEqual([3, 5]);
  });

  it("are all of them when the head is lost", () => {
    const { database } = logOf(3);
    database.exec("UPDATE transaction_log_head SET head = zeroblob(4096)");
    expect(damageOf(database)).toEqual([["bad-header", "transaction_log", 0, 0, null]]);
    expect(errorOf(() => sourceOf(database).open(0))).toMatchObject({ kind: "damaged" });
  });
});

describe("pages of the database that are damaged", () => {
  const count = 200;
  const sound = logOf(count).database.serialize();
  const pages = new Database(sound)
    .prepare<[], { name: string; number: number; isLeaf: number }>(
      "SELECT name, pageno AS number, pagetype = 'leaf' AS isLeaf FROM dbstat WHERE name LIKE 'transaction_log%'",
    )
    .all()
    .filter(({ number }) => sound.subarray((number - 1) * 4_096, number * 4_096).some((byte) => byte !== 0));
  const withLost = ({ number }: { number: number }) => {
    const bytes = Buffer.from(sound);
    bytes.fill(0, (number - 1) * 4_096, number * 4_096);
    return new Database(bytes);
  };
  const leaves = pages.filter(({ name, isLeaf }) => name === "transaction_log" && isLeaf === 1);

  it("cost the rows that lay on them and no others, the last page too", () => {
    expect(leaves.length).toBeGreaterThan(3);
    for (const leaf of leaves) {
      const scan = sourceOf(withLost(leaf)).scan(0);
      const read = new Set(positionsOf(scan));
      const lost = Array.from({ length: count }, (_, n) => n + 1).filter((position) => !read.has(position));
      expect(lost.length).toBeGreaterThan(0);
      expect(lost.length).toBeLessThan(100);
      expect(scan.damage[0]).toMatchObject({ kind: "corrupt", after: lost[0]! - 1 });
    }
  });

  it("are damage wherever they are, and never a shorter log", () => {
    for (const page of pages) {
      const database = withLost(page);
      expect(sourceOf(database).scan(0).damage, `page ${page.number} of ${page.name}`).not.toEqual([]);
      expect(errorOf(() => sourceOf(database).open(0))).toMatchObject({ kind: "damaged" });
      const { log } = sourceOf(database).setAside(count);
      expect(log.append([transactionOf(count + 1)], "synced")).toBe(count + 1);
    }
  });
});

describe("a number of a row that was damaged", () => {
  it.each([2n ** 50n, 2n ** 62n + 1n])(
    "costs no time and no memory by the rows it pretends, %i",
    (number) => {
      const { database, log } = logOf(200);
      log.close();
      database.prepare("UPDATE transaction_log SET position = ? WHERE position = 200").run(number);
      const whole = database.serialize();
      const leaves = new Database(whole)
        .prepare<[], number>(
          "SELECT pageno FROM dbstat WHERE name = 'transaction_log' AND pagetype = 'leaf' ORDER BY path",
        )
        .pluck()
        .all();
      // Before the last one: what cannot be read lies between a number that is right and one that is not.
      const page = leaves.at(-2)!;
      whole.fill(0, (page - 1) * 4_096, page * 4_096);
      const source = sourceOf(new Database(whole));
      const scan = source.scan(0);
      expect(scan.damage.length).toBeLessThan(5);
      const read = positionsOf(scan);
      expect(read[0]).toBe(1);
      expect(read.at(-1)).toBe(199);
      expect(scan.damage[0]).toMatchObject({
        kind: "corrupt",
        after: read.find((n) => !read.includes(n + 1)),
      });
      expect(scan.damage[0]!.message).toMatch(/^Rows \d+ to \d+ of transaction_log cannot be read\.$/);
    },
  );
});

describe("a database of somebody else", () => {
  it("is refused with nothing changed", () => {
    const { database } = logOf(3);
    const before = database.serialize();
    const others = [
      { ...owner, node: asNodeId("node-9") },
      { ...owner, cluster: "home" },
    ];
    for (const other of others) {
      const error = errorOf(() => sourceOf(database, other).open(0));
      expect(error).toMatchObject({ kind: "foreign" });
      expect(error.message).toMatch(/choose another --data-dir\.$/);
    }
    expect(database.serialize().equals(before)).toBe(true);
  });
});

describe("transactions of the database", () => {
  it("are joined when one is open, and made when none is", () => {
    const { database, log } = logOf(1);
    database.exec("CREATE TABLE beside (n)");
    database.pragma("synchronous = FULL");
    database
      .transaction(() => {
        database.exec("INSERT INTO beside VALUES (1)");
        log.append([transactionOf(2)], "synced");
      })
      .immediate();
    expect(log.durable).toBe(2);
    expect(() =>
      database
        .transaction(() => {
          log.append([transactionOf(3)], "synced");
          throw new Error("the caller changed its mind");
        })
        .immediate(),
    ).toThrow("changed its mind");
    log.close();
    expect(positionsOf(sourceOf(database).scan(0))).toEqual([1, 2]);
  });

  it("that would not be flushed are refused to what must be, and the log is closed (P33)", () => {
    const { database, log } = logOf(1);
    database.pragma("synchronous = NORMAL");
    const append = () => log.append([transactionOf(2)], "synced");
    expect(errorOf(() => database.transaction(append).immediate())).toMatchObject({ kind: "io" });
    expect(errorOf(append)).toMatchObject({ kind: "closed" });
  });

  it("make durable what was only written before, by changing something: SQLite flushes no other commit", () => {
    const { database, log } = logOf(1);
    log.append([transactionOf(2)], "written");
    expect([log.durable, log.last]).toEqual([1, 2]);
    const changes = database.prepare("SELECT total_changes()").pluck();
    const before = changes.get() as number;
    log.append([], "synced");
    expect(log.durable).toBe(2);
    expect(changes.get()).toBeGreaterThan(before);
  });

  it("are flushed as they were asked for, and the level is put back", () => {
    const levels: unknown[] = [];
    const database = new Database(":memory:");
    class Gate extends MemoryDisk {
      override gate(operation?: string): void {
        levels.push([operation, database.pragma("synchronous", { simple: true })]);
      }
    }
    const { log } = new SqliteLogSource({ database, owner, disk: new Gate() }).open(0);
    for (const before of [1, 2]) {
      database.pragma(`synchronous = ${before}`);
      log.append([transactionOf(1)], "synced");
      log.append([transactionOf(2)], "written");
      expect(database.pragma("synchronous", { simple: true })).toBe(before);
    }
    const each = [
      ["write", 2],
      ["sync", 2],
      ["write", 1],
    ];
    expect(levels).toEqual([...each, ...each]);
  });
});

it("goes on when what nobody needs cannot be dropped, and tries again when it is asked to", () => {
  let isFull = false;
  class Full extends MemoryDisk {
    override gate(): void {
      if (isFull) throw new Error("ENOSPC");
    }
  }
  const database = new Database(":memory:");
  const { log } = new SqliteLogSource({ database, owner, disk: new Full() }).open(0);
  for (let n = 1; n <= 5; n++) log.append([transactionOf(n)], "synced");
  isFull = true;
  expect(errorOf(() => log.dropBefore(4))).toMatchObject({ kind: "io" });
  expect([log.first, [...log.read(0)].length]).toEqual([1, 5]);
  isFull = false;
  expect(log.append([transactionOf(6)], "synced")).toBe(6);
  expect(log.dropBefore(4)).toBe(4);
});

it("is set aside under names that say so", () => {
  const { database, log } = logOf(3);
  log.close();
  const opened = sourceOf(database).setAside(3);
  expect(opened.lines).toEqual([
    "The transaction log was set aside as set_aside_19700101T000000Z_transaction_log.",
  ]);
  expect(opened.log.append([transactionOf(4)], "synced")).toBe(4);
  expect(positionsOf(sourceOf(database).scan(3))).toEqual([4]);
  const count = "SELECT count(*) FROM set_aside_19700101T000000Z_transaction_log";
  expect(database.prepare(count).pluck().get()).toBe(3);
  expect(sourceOf(database).setAside(4).lines[0]).toContain("set_aside_19700101T000000Z_2_transaction_log");
});
