/**
 * The files of a log: `log/00000001.log`, `log/00000002.log`, … in a node's data directory.
 *
 * A segment has its full size, its head and zeros for all the rest, on the disk and under its name, before a record goes
 * into it. So an append changes no length, and fdatasync need write no more than the record: measured, a flush costs half
 * of one that makes a file longer. A segment that is shorter than its head says was cut off by somebody, and one without
 * a name that counts was never used.
 */
import { join } from "node:path";
import type { Disk } from "../disk/disk.ts";
import { temporarySuffix } from "../disk/whole-file.ts";
import { decodeHead, encodeHead, headBytes, logFormat, type SegmentHead } from "./segment-head.ts";
import { LogError, type LogOwner } from "./transaction-log.ts";

export const logFolder = "log";
const zerosBytes = 1024 * 1024;

export const segmentName = (number: number) => `${String(number).padStart(8, "0")}.log`;

/** Name of a segment as damage and views give it: relative to the data directory, with slashes. */
export const segmentFile = (number: number) => `${logFolder}/${segmentName(number)}`;

/** Numbers of the segments in the directory, in order. */
export function segmentNumbers(disk: Disk, dir: string): number[] {
  return disk
    .list(dir)
    .filter((name) => /^\d{8,15}\.log$/.test(name))
    .map((name) => Number.parseInt(name, 10))
    .sort((a, b) => a - b);
}

/** What a crash left of a segment that was being made. */
export function removeUnfinished(disk: Disk, dir: string): void {
  for (const name of disk.list(dir)) {
    if (name.endsWith(`.log${temporarySuffix}`)) disk.remove(join(dir, name));
  }
}

/** A new segment: whole, durable and under its name on return. `records` stand at its beginning. */
export function makeSegment(disk: Disk, dir: string, head: SegmentHead, records: Uint8Array): void {
  const path = join(dir, segmentName(head.number));
  const temporary = path + temporarySuffix;
  disk.remove(temporary);
  const file = disk.open(temporary, "create");
  try {
    file.write(Buffer.concat([encodeHead(head), records]), 0);
    const zeros = Buffer.alloc(Math.min(zerosBytes, head.bytes));
    for (let at = headBytes + records.length; at < head.bytes; at += zeros.length) {
      file.write(zeros.subarray(0, Math.min(zeros.length, head.bytes - at)), at);
    }
    file.sync();
  } finally {
    file.close();
  }
  disk.rename(temporary, path);
  disk.syncDirectory(dir);
}

/** All of a segment's bytes, or those up to `bytesMax`. */
export function readSegment(disk: Disk, path: string, bytesMax = Number.POSITIVE_INFINITY): Buffer {
  const file = disk.open(path, "read");
  try {
    const bytes = Buffer.allocUnsafe(Math.min(file.size(), bytesMax));
    return bytes.subarray(0, file.read(bytes, 0));
  } finally {
    file.close();
  }
}

/**
 * Null: the head is damaged, or that of a segment of another number. Where number or owner is null, any will do. Throws
 * LogError "foreign" or "newer_format".
 */
export function checkHead(
  page: Buffer,
  path: string,
  number: number | null,
  owner: LogOwner | null,
): SegmentHead | null {
  const head = decodeHead(page);
  if (head === "damaged") return null;
  if (head === "foreign") {
    throw new LogError("foreign", `${path} is no segment of a transaction log; move it away.`);
  }
  if (head === "newer") {
    throw new LogError(
      "newer_format",
      `${path} has format ${page.readUInt32LE(8)} and this Lightcone reads up to ${logFormat}; use the newer Lightcone, or another --data-dir.`,
    );
  }
  if (owner !== null && head.owner.node !== owner.node) {
    throw new LogError(
      "foreign",
      `${path} is of the log of ${head.owner.node}, not of ${owner.node}; put it back where it belongs, or choose another --data-dir.`,
    );
  }
  if (owner !== null && head.owner.cluster !== owner.cluster) {
    throw new LogError(
      "foreign",
      `${path} is of a log of cluster "${head.owner.cluster}", not of "${owner.cluster}"; put it back where it belongs, or choose another --data-dir.`,
    );
  }
  return number === null || head.number === number ? head : null;
}
