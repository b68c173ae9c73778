/** P32: the unfinished end of an append is told from damage, and damage from it. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Transaction } from "../../../../shared/runtime/types.ts";
import { MemoryDisk } from "../../../../main/storage/disk/memory-disk.ts";
import { headBytes } from "../../../../main/storage/log/segment-head.ts";
import type { Durability } from "../../../../main/storage/log/transaction-log.ts";
import {
  bytesOf,
  cutOff,
  dataDir,
  kindsOf,
  logOf,
  oneTo,
  overwrite,
  positionsOf,
  sourceOn,
} from "./damage-tools.ts";
import { put, transactionOf, withoutPlace } from "./transactions.ts";

const sectorBytes = 512;

/** Where the records of each transaction begin, in order. */
function startsIn(disk: MemoryDisk, number = 1): number[] {
  const bytes = bytesOf(disk, number);
  const starts: number[] = [];
  for (let at = headBytes; bytes[at] !== 0; at += bytes.readUInt32LE(at + 4)) starts.push(at);
  return starts;
}

const zero = (disk: MemoryDisk, from: number, to: number) =>
  overwrite(disk, 1, from, Buffer.alloc(to - from));

describe("P32: a torn tail and corruption", () => {
  it("takes a last record that lacks a sector for an unfinished append, and cuts it with a copy", () => {
    const disk = logOf(5);
    const { log } = sourceOn(disk).open(0);
    log.append([transactionOf(6, [put("long", "x".repeat(2_000))])], "synced");
    log.close();
    const at = startsIn(disk)[5]!;
    const lost = (Math.floor(at / sectorBytes) + 2) * sectorBytes;
    zero(disk, lost, lost + sectorBytes);

    const scan = sourceOn(disk).scan(0);
    expect(scan.damage.map(({ kind, offset, after }) => [kind, offset, after])).toEqual([
      ["torn-tail", at, 5],
    ]);
    const tail = bytesOf(disk, 1).subarray(at, at + scan.damage[0]!.length);
    const opened = sourceOn(disk).open(0);
    expect(opened.lines).toEqual([
      `The last append to log/00000001.log had not got to its end and was never acknowledged: ${tail.length} bytes behind transaction 5 were cut, a copy is set-aside/1970-01-01T00-00-00Z-log-tail/00000001.log.from-${at}.`,
    ]);
    const copy = disk.open(
      `${dataDir}/set-aside/1970-01-01T00-00-00Z-log-tail/00000001.log.from-${at}`,
      "read",
    );
    const kept = Buffer.alloc(tail.length + 1);
    expect(kept.subarray(0, copy.read(kept, 0)).equals(tail)).toBe(true);
    expect(opened.log.append([transactionOf(6)], "synced")).toBe(6);
    expect([...opened.log.read(0)].map(withoutPlace)).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => transactionOf(n)),
    );
    expect(sourceOn(disk).scan(0).damage).toEqual([]);
  });

  it("takes a whole last record with a wrong byte for corruption", () => {
    const disk = logOf(5);
    const at = startsIn(disk)[4]!;
    overwrite(disk, 1, at + 40, Buffer.of(bytesOf(disk, 1)[at + 40]! ^ 1));
    const scan = sourceOn(disk).scan(0);
    expect(scan.damage.map(({ kind, offset, after, before }) => [kind, offset, after, before])).toEqual([
      ["corrupt", at, 4, null],
    ]);
    expect(() => sourceOn(disk).open(0)).toThrow("not what was written");
    expect(positionsOf(scan)).toEqual([1, 2, 3, 4]);
  });

  it("does not believe a damaged length, whatever it says", () => {
    for (const length of [0, 1, 28, 29, 10_000, 0xffffffff]) {
      const disk = logOf(9);
      const at = startsIn(disk)[4]!;
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(length);
      overwrite(disk, 1, at + 4, bytes);
      const scan = sourceOn(disk).scan(0);
      expect(kindsOf(scan)).toEqual(["corrupt"]);
      expect(positionsOf(scan)).toEqual([1, 2, 3, 4, 6, 7, 8, 9]);
    }
  });

  it("does not take the last record for an unfinished append by a damaged length", () => {
    for (const length of [0, 1, 28, 29, 3_000, 10_000, 0xffffffff]) {
      const disk = logOf(9);
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(length);
      overwrite(disk, 1, startsIn(disk)[8]! + 4, bytes);
      expect(kindsOf(sourceOn(disk).scan(0))).toEqual(["corrupt"]);
    }
  });

  it("does not take zeros for the end of the log when later transactions say that it was flushed there", () => {
    const disk = logOf(40);
    const starts = startsIn(disk);
    for (const [from, to] of [
      [starts[10]!, starts[11]!],
      [starts[10]!, starts[30]!],
      [starts[10]! + 4, starts[10]! + 8],
      [4_096 + sectorBytes, 4_096 + 2 * sectorBytes],
    ] as const) {
      const damaged = disk.crash(() => 0);
      zero(damaged, from, to);
      const scan = sourceOn(damaged).scan(0);
      expect(kindsOf(scan)).toEqual(["corrupt"]);
      expect(scan.last).toBe(40);
      const [{ offset, length, after, before }] = scan.damage as [(typeof scan.damage)[number]];
      expect(offset).toBeLessThanOrEqual(from);
      expect(offset + length).toBeGreaterThanOrEqual(Math.min(to, starts[before! - 1]!));
      expect(positionsOf(scan)).toEqual(
        Array.from({ length: 40 }, (_, i) => i + 1).filter((n) => n <= after || n >= before!),
      );
      expect(() => sourceOn(damaged).open(0)).toThrow("not what was written");
    }
  });

  it("takes later sectors of the same flush for part of the unfinished end", () => {
    const disk = logOf(3);
    const { log } = sourceOn(disk).open(0);
    log.append(
      Array.from({ length: 60 }, (_, n) => transactionOf(n + 4)),
      "synced",
    );
    log.close();
    const start = startsIn(disk)[3]!;
    const lost = (Math.floor(start / sectorBytes) + 2) * sectorBytes;
    zero(disk, lost, lost + 2 * sectorBytes);
    const scan = sourceOn(disk).scan(0);
    expect(kindsOf(scan)).toEqual(["torn-tail"]);
    expect(scan.last).toBeGreaterThanOrEqual(3);
    expect(scan.last).toBeLessThan(20);
    expect(sourceOn(disk).open(0).log.last).toBe(scan.last);
  });

  it("takes nothing in a segment that has a successor for an unfinished end: it was flushed", () => {
    const disk = new MemoryDisk();
    const settings = { segmentBytes: 5_000 };
    const { log } = sourceOn(disk, settings).open(0);
    // In one append: none of them says of those before it that they were flushed.
    log.append(
      oneTo(30).map((n) => transactionOf(n)),
      "synced",
    );
    log.close();
    zero(disk, startsIn(disk)[2]!, headBytes + sectorBytes);
    const scan = sourceOn(disk, settings).scan(0);
    expect(kindsOf(scan)).toEqual(["corrupt"]);
    expect([scan.damage[0]!.after, scan.last]).toEqual([2, 30]);
    expect(() => sourceOn(disk, settings).open(0)).toThrow("not what was written");
  });

  it("knows a file that was cut off by its length", () => {
    const disk = logOf(20);
    const { length } = bytesOf(disk, 1);
    const starts = startsIn(disk);
    for (const size of [length - 1, starts[10]! + 3, starts[10]!, headBytes]) {
      const damaged = disk.crash(() => 0);
      cutOff(damaged, 1, size);
      const scan = sourceOn(damaged).scan(0);
      expect(kindsOf(scan)).toEqual(["truncated"]);
      expect(scan.damage[0]!.offset).toBeLessThanOrEqual(size);
      expect(scan.last).toBe(
        Math.max(0, starts.findLastIndex((at) => at <= size) - 0) === -1 ? 0 : scan.last,
      );
      expect(() => sourceOn(damaged).open(0)).toThrow("was cut off");
    }
  });

  it("survives any loss of power: what was flushed is there, what is there was written, and nothing is called damaged", () => {
    const step = fc.record({
      count: fc.integer({ min: 1, max: 12 }),
      letters: fc.integer({ min: 0, max: 1_500 }),
      durability: fc.constantFrom<Durability>("synced", "written"),
      cut: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 25 }),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (steps, chances) => {
          let disk = logOf(0);
          let { log } = sourceOn(disk).open(0);
          let twin: Transaction[] = [];
          for (const { count, letters, durability, cut } of steps) {
            const more = Array.from({ length: count }, (_, i) =>
              transactionOf(twin.length + i, [put("k", "x".repeat(letters)), put("l", twin.length + i)]),
            );
            log.append(more, durability);
            twin.push(...more);
            if (!cut) continue;
            const { durable } = log;
            disk = disk.crash(() => chances.next().value as number);
            const scan = sourceOn(disk).scan(0);
            expect(kindsOf(scan).filter((kind) => kind !== "torn-tail")).toEqual([]);
            ({ log } = sourceOn(disk).open(0));
            expect(log.last).toBeGreaterThanOrEqual(durable);
            twin = twin.slice(0, log.last);
            expect([...log.read(0)].map(withoutPlace)).toEqual(twin);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
