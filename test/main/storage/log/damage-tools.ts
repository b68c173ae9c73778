/** Logs on a disk in memory, and what can be done to their files. */
import { MemoryDisk } from "../../../../main/storage/disk/memory-disk.ts";
import { readWhole } from "../../../../main/storage/disk/whole-file.ts";
import { FileLogSource } from "../../../../main/storage/log/file-log-source.ts";
import { decodeHead, type SegmentHead } from "../../../../main/storage/log/segment-head.ts";
import type { LogOwner, LogScan } from "../../../../main/storage/log/transaction-log.ts";
import { owner, transactionOf } from "./transactions.ts";

export const dataDir = "/data";
export const pathOf = (number: number) => `${dataDir}/log/${String(number).padStart(8, "0")}.log`;

export interface SourceSettings {
  readonly disk?: MemoryDisk;
  readonly owner?: LogOwner;
  readonly segmentBytes?: number;
}

export const sourceOn = (disk: MemoryDisk, settings: SourceSettings = {}) =>
  new FileLogSource({ disk, dataDir, owner, segmentBytes: 16 * 1024, now: () => 0, ...settings });

/** A log of so many transactions, each flushed by itself, closed. */
export function logOf(count: number, settings: SourceSettings = {}): MemoryDisk {
  const disk = settings.disk ?? new MemoryDisk();
  const { log } = sourceOn(disk, settings).open(0);
  for (let n = 1; n <= count; n++) log.append([transactionOf(n)], "synced");
  log.close();
  return disk;
}

export const bytesOf = (disk: MemoryDisk, number: number) => Buffer.from(readWhole(disk, pathOf(number)));

/** Overwrites bytes of a segment, as a bad sector or a careless hand would. */
export function overwrite(disk: MemoryDisk, number: number, at: number, bytes: Uint8Array): void {
  const file = disk.open(pathOf(number), "write");
  file.write(bytes, at);
  file.sync();
  file.close();
}

export function cutOff(disk: MemoryDisk, number: number, bytes: number): void {
  const file = disk.open(pathOf(number), "write");
  file.truncate(bytes);
  file.sync();
  file.close();
}

export const headOf = (disk: MemoryDisk, number: number) => decodeHead(bytesOf(disk, number)) as SegmentHead;

export const oneTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

export const kindsOf = (scan: LogScan) => scan.damage.map(({ kind }) => kind);
export const positionsOf = (scan: LogScan) => [...scan.sound()].map(({ position }) => position);

/** What lies in the log's directory, to see that nothing was changed. */
export const filesOf = (disk: MemoryDisk): [string, string][] =>
  disk.list(`${dataDir}/log`).map((name) => {
    const bytes = readWhole(disk, `${dataDir}/log/${name}`);
    return [name, Buffer.from(bytes).toString("base64")];
  });
