import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FaultyDisk } from "../../../../main/storage/disk/faulty-disk.ts";
import { MemoryDisk } from "../../../../main/storage/disk/memory-disk.ts";
import { RealDisk } from "../../../../main/storage/disk/real-disk.ts";
import { FileLogSource } from "../../../../main/storage/log/file-log-source.ts";
import { scanFiles } from "../../../../main/storage/log/file-scan.ts";
import { recordBytesMax } from "../../../../main/storage/log/record.ts";
import type { TransactionLog } from "../../../../main/storage/log/transaction-log.ts";
import { choices, keepsNothing } from "../disk/choices.ts";
import { dataDir, filesOf, headOf, kindsOf, logOf, oneTo, positionsOf, sourceOn } from "./damage-tools.ts";
import { logContract } from "./log-contract.ts";
import { errorOf, owner, put, transactionOf, withoutPlace } from "./transactions.ts";

logContract("A log in files", () => {
  const dir = mkdtempSync(join(tmpdir(), "lightcone-log-"));
  return {
    source: new FileLogSource({ disk: new RealDisk(), dataDir: dir, owner, segmentBytes: 64 * 1024 }),
    cleanUp: () => rmSync(dir, { recursive: true, force: true }),
  };
});

logContract("A log in files so small that each takes a few transactions", () => ({
  source: new FileLogSource({ disk: new MemoryDisk(), dataDir, owner, segmentBytes: 4_600 }),
  cleanUp: () => {},
}));

const small = { segmentBytes: 5_000 };
const readAll = (log: TransactionLog) => [...log.read(log.first - 1)].map(withoutPlace);

describe("segments", () => {
  it("have their full size, end with a seal and begin where the one before ended", () => {
    const disk = logOf(40, small);
    const { segments } = sourceOn(disk, small).scan(0);
    expect(segments.length).toBeGreaterThan(3);
    segments.forEach(({ bytes, sealed, first }, index) => {
      expect(bytes).toBe(5_000);
      expect(sealed).toBe(index < segments.length - 1);
      expect(first).toBe(index === 0 ? 1 : segments[index - 1]!.last + 1);
    });
  });

  it("take a transaction that is larger than they are", () => {
    const disk = logOf(3, small);
    const { log } = sourceOn(disk, small).open(0);
    const large = transactionOf(4, [put("a", "x".repeat(20_000)), put("b", 1)]);
    log.append([transactionOf(4), large, transactionOf(5)], "synced");
    log.setVersions({ kv: 2 });
    log.append([large], "written");
    log.close();
    const { log: again } = sourceOn(disk, small).open(0);
    expect(readAll(again)).toEqual([
      ...[1, 2, 3, 4].map((n) => transactionOf(n)),
      large,
      transactionOf(5),
      large,
    ]);
    expect([...again.read(6)][0]!.versions).toEqual({ kv: 2 });
  });

  it("refuse a record beyond all bounds, and go on", () => {
    const { log } = sourceOn(new MemoryDisk()).open(0);
    const huge = transactionOf(1, [put("k", "x".repeat(recordBytesMax))]);
    expect(errorOf(() => log.append([transactionOf(0), huge], "synced"))).toMatchObject({ kind: "invalid" });
    expect(log.append([transactionOf(1)], "synced")).toBe(1);
  });

  it("are dropped whole", () => {
    const disk = logOf(40, small);
    const { log } = sourceOn(disk, small).open(0);
    const second = headOf(disk, 2);
    expect(log.dropBefore(second.first + 1)).toBe(second.first);
    const newest = Number.parseInt(disk.list(`${dataDir}/log`).at(-1)!, 10);
    expect(log.dropBefore(1_000)).toBe(headOf(disk, newest).first);
    expect(disk.list(`${dataDir}/log`)).toHaveLength(1);
  });

  it("P34: are there, and those dropped are gone in order, after any loss of power", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const disk = logOf(30, small);
      const { log } = sourceOn(disk, small).open(0);
      if (seed % 2 === 0) log.dropBefore(1 + (seed % 30));
      const { first } = log;
      const after = disk.crash(seed === 1 ? keepsNothing : choices(seed));
      const scan = sourceOn(after, small).scan(first - 1);
      expect(kindsOf(scan)).toEqual([]);
      expect(positionsOf(scan)).toEqual(oneTo(30).slice(first - 1));
      const all = scanFiles({ disk: after, dir: `${dataDir}/log`, owner, after: null });
      expect(kindsOf(all), "none is missing between two").toEqual([]);
    }
  });

  it("are found durable, and are so: what was only written, and what takes the place of an unfinished end", () => {
    const disk = logOf(2);
    const { log } = sourceOn(disk).open(0);
    log.append([transactionOf(3)], "written");
    expect([log.durable, log.last]).toEqual([2, 3]);
    log.append([], "synced");
    log.append([transactionOf(4)], "written");
    log.close();
    const { log: again } = sourceOn(disk).open(0);
    expect(again.durable).toBe(4);
    expect(positionsOf(sourceOn(disk.crash(keepsNothing)).scan(0))).toEqual([1, 2, 3, 4]);
  });

  it("P33: are made durable by a start that finds them after a flush that failed", () => {
    const disk = logOf(1);
    const faulty = new FaultyDisk(disk);
    const { log } = new FileLogSource({ disk: faulty, dataDir, owner, segmentBytes: 16 * 1024 }).open(0);
    faulty.arm({ kind: "fail", operation: "sync", nth: 1, lasts: "once" });
    const long = transactionOf(2, [put("k", "x".repeat(3_000))]);
    expect(() => log.append([long], "synced")).toThrow("nothing more is acknowledged");
    const { log: again } = sourceOn(disk).open(0);
    expect(again.last, "the system still has it").toBe(2);
    again.append([transactionOf(3)], "synced");
    const scan = sourceOn(disk.crash(keepsNothing)).scan(0);
    expect(kindsOf(scan)).toEqual([]);
    expect(positionsOf(scan)).toEqual([1, 2, 3]);
  });

  it("P34: keep the name that a start finds, should the power go after a kill before it was flushed", () => {
    const disk = logOf(10, small);
    const dying = new FaultyDisk(disk);
    const { log } = new FileLogSource({ disk: dying, dataDir, owner, ...small }).open(0);
    dying.syncDirectory = () => {
      throw new Error("killed");
    };
    const segments = sourceOn(disk, small).scan(0).segments.length;
    expect(() => {
      for (let n = 11; n < 100; n++) log.append([transactionOf(n)], "synced");
    }).toThrow("killed");
    const { log: again } = sourceOn(disk, small).open(0);
    expect(sourceOn(disk, small).scan(0).segments.length).toBe(segments + 1);
    const last = again.append([transactionOf(again.last + 1)], "synced");
    expect(sourceOn(disk.crash(keepsNothing), small).scan(0).last).toBe(last);
  });

  it("say under which versions a transaction was written, wherever in them reading begins", () => {
    const large = { segmentBytes: 1024 * 1024 };
    const { log } = sourceOn(new MemoryDisk(), large).open(0);
    const text = "x".repeat(10_000);
    for (let n = 1; n <= 40; n++) {
      if (n % 10 === 1) log.setVersions({ kv: n });
      log.append([transactionOf(n, [put("k", text)])], "synced");
    }
    for (let n = 1; n <= 40; n++) {
      const [read] = log.read(n - 1);
      expect([read!.position, read!.versions]).toEqual([n, { kv: n - ((n - 1) % 10) }]);
    }
  });

  it("go on after a loss of power between a seal and the next segment", () => {
    const disk = logOf(1, small);
    const faulty = new FaultyDisk(disk);
    const { log } = new FileLogSource({ disk: faulty, dataDir, owner, ...small }).open(0);
    faulty.arm({ kind: "fail", operation: "rename", nth: 1, lasts: "always" });
    let last = 1;
    expect(() => {
      for (;;) last = log.append([transactionOf(last + 1)], "synced");
    }).toThrow("nothing more is acknowledged");
    expect(
      sourceOn(disk, small)
        .scan(0)
        .segments.map(({ sealed }) => sealed),
    ).toEqual([true]);
    const { log: again } = sourceOn(disk, small).open(0);
    expect(again.append([transactionOf(last + 1)], "synced")).toBe(last + 1);
    expect(readAll(again)).toEqual(oneTo(last + 1).map((n) => transactionOf(n)));
    expect(disk.list(`${dataDir}/log`)).toEqual(["00000001.log", "00000002.log"]);
  });
});

describe("P33: a write or a flush that failed", () => {
  const operations = ["write", "sync", "rename"] as const;
  it.each(operations)("is the last thing the log does, for every %s there is", (operation) => {
    let failures = 0;
    for (let nth = 1; ; nth++) {
      const disk = logOf(1, small);
      const faulty = new FaultyDisk(disk);
      const { log } = new FileLogSource({ disk: faulty, dataDir, owner, ...small }).open(0);
      faulty.arm({ kind: "fail", operation, nth, lasts: nth % 2 === 0 ? "once" : "always" });
      let acknowledged = 1;
      const append = () => {
        acknowledged = log.append(
          [transactionOf(acknowledged + 1), transactionOf(acknowledged + 2)],
          "synced",
        );
      };
      try {
        for (let i = 0; i < 20; i++) append();
      } catch (error) {
        failures += 1;
        expect(error).toMatchObject({ name: "LogError", kind: "io" });
        expect((error as Error).message).toMatch(/nothing more is acknowledged\. Check the disk/);
        expect(errorOf(append)).toMatchObject({
          kind: "closed",
          message:
            "The transaction log in /data/log is closed since a write or flush failed; restart the node.",
        });
      }
      const found = disk.crash(choices(nth));
      const { log: again } = sourceOn(found, small).open(log.first - 1);
      expect(again.last).toBeGreaterThanOrEqual(acknowledged);
      expect(readAll(again)).toEqual(
        oneTo(again.last)
          .slice(again.first - 1)
          .map((n) => transactionOf(n)),
      );
      if (acknowledged >= 41) break;
    }
    expect(failures).toBeGreaterThan(3);
  });

  it.each(["rename", "sync"] as const)(
    "is none when a %s of what nobody needs fails: that is tried again",
    (operation) => {
      const disk = logOf(60, small);
      const faulty = new FaultyDisk(disk);
      const { log } = new FileLogSource({ disk: faulty, dataDir, owner, ...small }).open(0);
      const before = disk.list(`${dataDir}/log`).length;
      expect(before).toBeGreaterThan(2);
      faulty.arm({ kind: "fail", operation, nth: 2, lasts: "once" });
      const error = errorOf(() => log.dropBefore(60));
      expect(error).toMatchObject({ kind: "io" });
      expect(error.message).toMatch(/could not be removed.*The log goes on with it/);
      const kept = oneTo(60).slice(log.first - 1);
      expect(readAll(log), "what it says it has can be read").toEqual(kept.map((n) => transactionOf(n)));
      expect(log.append([transactionOf(61)], "synced")).toBe(61);
      expect(log.dropBefore(60)).toBeGreaterThan(30);
      expect(disk.list(`${dataDir}/log`).length).toBeLessThan(before - 1);
      const found = disk.crash(choices(1));
      const { log: again } = sourceOn(found, small).open(log.first - 1);
      expect([again.first, again.last]).toEqual([log.first, 61]);
    },
  );

  it("is one that the disk reports when there is no room", () => {
    const faulty = new FaultyDisk(logOf(1, small));
    const { log } = new FileLogSource({ disk: faulty, dataDir, owner, ...small }).open(0);
    faulty.arm({ kind: "full" });
    const fill = () => {
      for (;;) log.append([transactionOf(2)], "synced");
    };
    expect(errorOf(fill)).toMatchObject({ kind: "io" });
    expect(errorOf(() => log.append([], "synced"))).toMatchObject({ kind: "closed" });
  });
});

it("is set aside file by file, each for good", () => {
  const disk = logOf(60, small);
  const before = filesOf(disk);
  const opened = sourceOn(disk, small).setAside(60);
  expect(opened.lines).toEqual(["The transaction log was set aside as set-aside/1970-01-01T00-00-00Z-log."]);
  expect(opened.log.append([transactionOf(61)], "synced")).toBe(61);
  const after = disk.crash(keepsNothing);
  expect(after.list(`${dataDir}/set-aside/1970-01-01T00-00-00Z-log`)).toEqual(before.map(([name]) => name));
  expect(positionsOf(sourceOn(after, small).scan(60))).toEqual([61]);
});

it("is not taken for a whole, shorter log when setting it aside is interrupted", () => {
  const disk = logOf(60, small);
  const faulty = new FaultyDisk(disk);
  faulty.arm({ kind: "fail", operation: "rename", nth: 2, lasts: "always" });
  const source = new FileLogSource({ disk: faulty, dataDir, owner, ...small });
  expect(errorOf(() => source.setAside(60))).toMatchObject({ kind: "io" });
  expect(errorOf(() => sourceOn(disk, small).open(0))).toMatchObject({ kind: "compacted" });
});
