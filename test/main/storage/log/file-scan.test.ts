/** Logs that are damaged, in use, or somebody else's. */
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { asNodeId } from "../../../../shared/ids.ts";
import type { DiskFile } from "../../../../main/storage/disk/disk.ts";
import { MemoryDisk } from "../../../../main/storage/disk/memory-disk.ts";
import { recordBytesMin } from "../../../../main/storage/log/record.ts";
import { headBytes } from "../../../../main/storage/log/segment-head.ts";
import {
  bytesOf,
  dataDir,
  filesOf,
  headOf,
  kindsOf,
  logOf,
  oneTo,
  overwrite,
  pathOf,
  positionsOf,
  sourceOn,
} from "./damage-tools.ts";
import { errorOf, owner, transactionOf } from "./transactions.ts";

const small = { segmentBytes: 5_000 };

const recordAt = (bytes: Buffer, at: number) => bytes.subarray(at, at + bytes.readUInt32LE(at + 4));

describe("P35: what was written for another place", () => {
  it("is no record in another segment, in another log, or elsewhere in its own", () => {
    const disk = logOf(60, small);
    const salts = new Set([1, 2, 3].map((number) => headOf(disk, number).salt));
    expect(salts.size).toBe(3);
    const start = headBytes;
    const own = bytesOf(disk, 2);
    const second = headOf(disk, 2).first;
    const elsewhere: [string, Buffer][] = [
      ["another segment", recordAt(bytesOf(disk, 1), start)],
      ["another log", recordAt(bytesOf(logOf(60, small), 2), start)],
      ["its own segment", recordAt(own, start + own.readUInt32LE(start + 4))],
    ];
    for (const [where, bytes] of elsewhere) {
      const damaged = disk.crash(() => 0);
      overwrite(damaged, 2, start, bytes);
      const scan = sourceOn(damaged, small).scan(0);
      expect(
        scan.damage.map(({ kind, file, after, before }) => [kind, file, after, before]),
        where,
      ).toEqual([["stale", "log/00000002.log", second - 1, second + 1]]);
      expect(positionsOf(scan)).toEqual(oneTo(60).filter((n) => n !== second));
    }
  });

  it("is not read where two blocks changed places", () => {
    const disk = logOf(150, { segmentBytes: 32_768 });
    const [a, b] = [5_120, 8_192];
    const bytes = bytesOf(disk, 1);
    overwrite(disk, 1, a, bytes.subarray(b, b + 512));
    overwrite(disk, 1, b, bytes.subarray(a, a + 512));
    const scan = sourceOn(disk).scan(0);
    expect(kindsOf(scan)).toEqual(["corrupt", "corrupt"]);
    const lost = scan.damage.flatMap(({ after, before }) => oneTo(before! - 1).slice(after));
    expect(positionsOf(scan)).toEqual(oneTo(150).filter((n) => !lost.includes(n)));
    expect(lost.length).toBeLessThan(20);
  });

  it("is found where an old copy of a block was put back", () => {
    const disk = logOf(30, { segmentBytes: 32_768 });
    const old = bytesOf(disk, 1);
    const { log } = sourceOn(disk).open(0);
    for (let n = 31; n <= 90; n++) log.append([transactionOf(n)], "synced");
    log.close();
    const block = Math.floor(lastByte(old) / 512) * 512;
    overwrite(disk, 1, block, old.subarray(block, block + 512));
    const scan = sourceOn(disk).scan(0);
    expect(kindsOf(scan)).toEqual(["corrupt"]);
    expect([scan.damage[0]!.after, scan.last]).toEqual([30, 90]);
  });
});

function putSegment(disk: MemoryDisk, number: number, bytes: Uint8Array): void {
  disk.remove(pathOf(number));
  const file = disk.open(pathOf(number), "create");
  file.write(bytes, 0);
  file.close();
}

const lastByte = (bytes: Buffer) => bytes.findLastIndex((byte) => byte !== 0);

const refusalOf = (disk: MemoryDisk, settings = small) => {
  const before = filesOf(disk);
  const error = errorOf(() => sourceOn(disk, settings).open(0));
  expect(filesOf(disk)).toEqual(before);
  expect(disk.list(dataDir)).toEqual(["log"]);
  return error;
};

describe("a directory that is not what it should be", () => {
  it("of another node", () => {
    const other = logOf(3, { ...small, owner: { ...owner, node: asNodeId("node-9") } });
    expect(refusalOf(other)).toMatchObject({
      kind: "foreign",
      message: `${pathOf(1)} is of the log of node-9, not of node-1; put it back where it belongs, or choose another --data-dir.`,
    });
  });

  it("of another cluster", () => {
    expect(refusalOf(logOf(3, { ...small, owner: { ...owner, cluster: "home" } }))).toMatchObject({
      kind: "foreign",
      message: `${pathOf(1)} is of a log of cluster "home", not of "lab"; put it back where it belongs, or choose another --data-dir.`,
    });
  });

  it("of a newer format", () => {
    const disk = logOf(3, small);
    const page = bytesOf(disk, 1).subarray(0, headBytes);
    page.writeUInt32LE(7, 8);
    page.writeUInt32LE(0, 12);
    page.writeUInt32LE(crc32(page), 12);
    overwrite(disk, 1, 0, page);
    expect(refusalOf(disk)).toMatchObject({
      kind: "newer_format",
      message: `${pathOf(1)} has format 7 and this Lightcone reads up to 1; use the newer Lightcone, or another --data-dir.`,
    });
  });

  it("with a file in it that is something else", () => {
    const disk = logOf(3, small);
    overwrite(
      disk,
      1,
      0,
      Buffer.from("127.0.0.1 - - [10/Oct/2025:13:55:36 +0000] GET / HTTP/1.1 200\n".repeat(80)),
    );
    expect(refusalOf(disk)).toMatchObject({
      kind: "foreign",
      message: `${pathOf(1)} is no segment of a transaction log; move it away.`,
    });
  });

  it("with a segment missing in the middle", () => {
    const disk = logOf(60, small);
    disk.remove(pathOf(2));
    const { first } = headOf(disk, 3);
    const error = refusalOf(disk);
    expect(error.kind).toBe("damaged");
    expect(error.message).toMatch(
      /^Segment log\/00000002\.log is missing behind transaction \d+\. Choose how to recover/,
    );
    expect(error.damage).toMatchObject([
      { kind: "missing-segment", file: "log/00000002.log", before: first },
    ]);
    expect(positionsOf(sourceOn(disk, small).scan(0))).toEqual(
      oneTo(60).filter((n) => n < headOf(disk, 1).first + error.damage[0]!.after || n >= first),
    );
  });

  it("with the first segment missing", () => {
    const disk = logOf(60, small);
    disk.remove(pathOf(1));
    const { first } = headOf(disk, 2);
    expect(refusalOf(disk)).toMatchObject({
      kind: "compacted",
      message: `The log begins with transaction ${first} in log/00000002.log, and what follows 0 is needed: what came before is missing. Choose how to recover, or put a copy back.`,
    });
    expect(sourceOn(disk, small).open(first - 1).log.last).toBe(60);
  });

  it("with a damaged head, behind which everything can still be read", () => {
    for (const number of [1, 2, 3]) {
      const disk = logOf(60, small);
      overwrite(disk, number, 24, Buffer.from([1, 2, 3, 4]));
      const scan = sourceOn(disk, small).scan(0);
      expect(scan.damage.map(({ kind, file }) => [kind, file])).toEqual([
        ["bad-header", `log/0000000${number}.log`],
      ]);
      expect(positionsOf(scan)).toEqual(oneTo(60));
      expect(refusalOf(disk)).toMatchObject({ kind: "damaged" });
    }
  });

  it("with a segment that lost its last record alone", () => {
    const disk = logOf(60, small);
    const end = lastByte(bytesOf(disk, 2)) + 1;
    overwrite(disk, 2, end - recordBytesMin, Buffer.alloc(recordBytesMin));
    const scan = sourceOn(disk, small).scan(0);
    expect(kindsOf(scan)).toEqual(["corrupt"]);
    expect(scan.damage[0]!.message).toContain("ends at byte");
    expect(positionsOf(scan)).toEqual(oneTo(60));
    expect(refusalOf(disk)).toMatchObject({ kind: "damaged" });
  });

  it("with a segment of the same node's that begins elsewhere, or is another by its number", () => {
    const disk = logOf(60, small);
    const { first } = headOf(disk, 2);
    const other = logOf(60, { segmentBytes: 5_200 });
    expect(headOf(other, 2).first).toBeGreaterThan(first);
    const copied = disk.crash(() => 0);
    putSegment(copied, 2, bytesOf(other, 2));
    expect(sourceOn(copied, small).scan(0).damage[0]).toMatchObject({
      kind: "gap",
      after: first - 1,
      before: headOf(other, 2).first,
    });
    const renamed = disk.crash(() => 0);
    putSegment(renamed, 3, bytesOf(disk, 2));
    expect(kindsOf(sourceOn(renamed, small).scan(0))).toContain("bad-header");
  });

  it("with a segment that lost its end to zeros", () => {
    const disk = logOf(60, small);
    overwrite(disk, 2, headBytes + 300, Buffer.alloc(600));
    const scan = sourceOn(disk, small).scan(0);
    expect(kindsOf(scan)).toEqual(["corrupt"]);
    expect(scan.damage[0]!.before).toBe(headOf(disk, 3).first);
    expect(refusalOf(disk)).toMatchObject({ kind: "damaged" });
  });
});

describe("a log that is in use", () => {
  /** Completes a write only after its file was read once more. */
  class SlowDisk extends MemoryDisk {
    pending: (() => void) | undefined;
    override open(path: string, how: "read" | "write" | "create"): DiskFile {
      const file = super.open(path, how);
      if (how === "read") {
        const { pending } = this;
        const read = file.read.bind(file);
        file.read = (into, at) => {
          const got = read(into, at);
          if (into.length > headBytes) pending?.();
          return got;
        };
      }
      return file;
    }
  }

  it("is scanned without its growing end being taken for damage", () => {
    const disk = new SlowDisk();
    logOf(10, { disk });
    const whole = bytesOf(disk, 1);
    const { log } = sourceOn(disk).open(0);
    log.append([transactionOf(11)], "synced");
    log.close();
    const finished = bytesOf(disk, 1);
    const at = lastByte(whole) + 1;
    overwrite(disk, 1, at, Buffer.concat([finished.subarray(at, at + 50), Buffer.alloc(200)]));
    disk.pending = () => {
      disk.pending = undefined;
      overwrite(disk, 1, at, finished.subarray(at, at + 250));
    };
    const scan = sourceOn(disk).scan(0);
    expect([kindsOf(scan), scan.last]).toEqual([[], 11]);
  });

  it("is scanned while its oldest segment is dropped", () => {
    class DroppingDisk extends MemoryDisk {
      isDropping = false;
      override list(dir: string): readonly string[] {
        const names = super.list(dir);
        if (this.isDropping) this.remove(pathOf(1));
        return names;
      }
    }
    const disk = new DroppingDisk();
    logOf(60, { ...small, disk });
    const { first } = headOf(disk, 2);
    disk.isDropping = true;
    const scan = sourceOn(disk).scan(first - 1);
    expect([kindsOf(scan), scan.first, scan.last]).toEqual([[], first, 60]);
  });

  it("says where it cannot be read on, once it is damaged behind its own back", () => {
    const disk = logOf(5, small);
    const { log } = sourceOn(disk, small).open(0);
    overwrite(disk, 1, headBytes + 100, Buffer.from("?"));
    const error = errorOf(() => [...log.read(0)]);
    expect(error).toMatchObject({ kind: "damaged", damage: [{ kind: "corrupt", file: "log/00000001.log" }] });
    const before = error.damage[0]!.before!;
    expect([...log.read(before - 1)].at(-1)!.position).toBe(5);
  });
});
