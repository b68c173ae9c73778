/**
 * Where a node's segment files lie: finds out what they are, opens them to go on, and puts them out of the way.
 *
 * A start changes nothing before it knows that the log is this node's, of a format it knows, and sound up to its end. Of
 * an unfinished end a copy is kept before it is overwritten with zeros: nothing is ever cut without one.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Committed, Position } from "../../../shared/runtime/types.ts";
import type { TimeMs } from "../../../shared/ids.ts";
import type { Disk } from "../disk/disk.ts";
import { replaceWhole } from "../disk/whole-file.ts";
import { setAsideDirectory } from "../set-aside.ts";
import { refuseDamaged } from "./damage.ts";
import { FileLog, type FileLogOptions } from "./file-log.ts";
import { type FileScan, type LogEnd, scanFiles, scanFilesThrough, type ScanOptions } from "./file-scan.ts";
import {
  logFolder,
  makeSegment,
  readSegment,
  removeUnfinished,
  segmentFile,
  segmentName,
  segmentNumbers,
} from "./segment-files.ts";
import { headBytes, type SegmentHead } from "./segment-head.ts";
import { versionsRecord } from "./record.ts";
import { LogError, type LogOwner, type LogSource, type OpenedLog } from "./transaction-log.ts";

const segmentBytesDefault = 8 * 2 ** 20;

export interface FileLogSourceOptions {
  readonly disk: Disk;
  readonly dataDir: string;
  readonly owner: LogOwner;
  /** Full size of a segment. */
  readonly segmentBytes?: number | undefined;
  /** Up to here the log was durable once: what is missing of it is damage. */
  readonly reached?: Position | undefined;
  /** Wall clock, for names of what is set aside. */
  readonly now?: () => TimeMs;
}

export class FileLogSource implements LogSource {
  readonly kind = "file";
  readonly owner: LogOwner;
  readonly #dataDir: string;
  readonly #now: () => TimeMs;
  readonly #log: FileLogOptions;
  readonly #reached: Position;

  constructor(options: FileLogSourceOptions) {
    this.owner = options.owner;
    this.#dataDir = options.dataDir;
    this.#now = options.now ?? Date.now;
    this.#reached = options.reached ?? 0;
    this.#log = {
      disk: options.disk,
      dir: join(options.dataDir, logFolder),
      owner: options.owner,
      segmentBytes: options.segmentBytes ?? segmentBytesDefault,
      salt: () => randomBytes(4).readUInt32LE(),
    };
  }

  scan(after: Position): FileScan {
    return scanFiles(this.#scanned(after));
  }

  scanThrough(after: Position): Generator<Committed, FileScan> {
    return scanFilesThrough(this.#scanned(after));
  }

  open(after: Position, scan: FileScan = this.scan(after)): OpenedLog {
    const { end } = scan;
    return this.#writing(() => {
      if (end === null) return { log: this.#begin(after), lines: [] };
      refuseDamaged(scan, after);
      if (scan.last < after) {
        const lines = [
          `${this.#moveAway()}: it ends at ${scan.last}, and what it holds up to ${after} is in a snapshot.`,
        ];
        return { log: this.#begin(after), lines };
      }
      removeUnfinished(this.#log.disk, this.#log.dir);
      this.#keepNames();
      const lines = end.dataEnd > end.at ? [this.#cut(end, scan.last)] : [];
      this.#writeAgain(end);
      return { log: this.#goOn(scan, end), lines };
    });
  }

  setAside(after: Position): OpenedLog {
    return this.#writing(() => {
      const isThere = segmentNumbers(this.#log.disk, this.#log.dir).length > 0;
      const lines = isThere ? [`${this.#moveAway()}.`] : [];
      return { log: this.#begin(after), lines };
    });
  }

  #scanned(after: Position): ScanOptions {
    const { disk, dir, owner } = this.#log;
    return { disk, dir, owner, after, reached: this.#reached };
  }

  #begin(after: Position): FileLog {
    const { disk, dir, owner, segmentBytes, salt } = this.#log;
    disk.makeDirectory(dir);
    removeUnfinished(disk, dir);
    this.#keepNames();
    const head: SegmentHead = { number: 1, first: after + 1, bytes: segmentBytes, salt: salt(), owner };
    makeSegment(disk, dir, head, new Uint8Array(0));
    return new FileLog(this.#log, { heads: [head], at: headBytes, last: after, versions: null });
  }

  #goOn(scan: FileScan, end: LogEnd): FileLog {
    const { disk, dir, owner, segmentBytes, salt } = this.#log;
    const heads = readableHeads(scan);
    const { last } = scan;
    const { versions } = end;
    if (!end.sealed) return new FileLog(this.#log, { heads, at: end.at, last, versions });
    // The power went between the end of one segment and the making of the next.
    const head = { number: end.place.number + 1, first: last + 1, bytes: segmentBytes, salt: salt(), owner };
    const records =
      versions === null ? new Uint8Array(0) : versionsRecord(versions, last, head.salt, headBytes);
    makeSegment(disk, dir, head, records);
    return new FileLog(this.#log, {
      heads: [...heads, head],
      at: headBytes + records.length,
      last,
      versions,
    });
  }

  /** A process that was killed had perhaps not flushed the name of its newest segment, or of the folder (P34). */
  #keepNames(): void {
    const { disk, dir } = this.#log;
    disk.syncDirectory(this.#dataDir);
    disk.syncDirectory(dir);
  }

  /** Zeros for the unfinished end, of which a copy is kept. Says so. */
  #cut({ place, at, dataEnd }: LogEnd, last: Position): string {
    const { disk } = this.#log;
    const aside = setAsideDirectory(disk, this.#dataDir, "log-tail", this.#now());
    const copy = `${aside}/${segmentName(place.number)}.from-${at}`;
    replaceWhole(disk, join(this.#dataDir, copy), readSegment(disk, place.path).subarray(at, dataEnd));
    const file = disk.open(place.path, "write");
    try {
      file.write(Buffer.alloc(dataEnd - at), at);
      file.sync();
    } finally {
      file.close();
    }
    return `The last append to ${segmentFile(place.number)} had not got to its end and was never acknowledged: ${dataEnd - at} bytes behind transaction ${last} were cut, a copy is ${copy}.`;
  }

  /**
   * What nothing says was flushed. Its flush may have failed: then the system still shows it, takes it for written, and
   * would lose it under what is flushed behind it (P33).
   */
  #writeAgain({ place, flushed, at }: LogEnd): void {
    const { disk } = this.#log;
    const bytes = readSegment(disk, place.path, at).subarray(flushed);
    const file = disk.open(place.path, "write");
    try {
      file.write(bytes, flushed);
      file.sync();
    } finally {
      file.close();
    }
  }

  /** Oldest first, each for good: what a crash leaves begins too late, and is never taken for a whole, shorter log. */
  #moveAway(): string {
    const { disk, dir } = this.#log;
    const aside = setAsideDirectory(disk, this.#dataDir, "log", this.#now());
    const asideDir = join(this.#dataDir, aside);
    for (const number of segmentNumbers(disk, dir)) {
      disk.rename(join(dir, segmentName(number)), join(asideDir, segmentName(number)));
      disk.syncDirectory(asideDir);
      disk.syncDirectory(dir);
    }
    return `The transaction log was set aside as ${aside}`;
  }

  #writing(action: () => OpenedLog): OpenedLog {
    try {
      return action();
    } catch (error) {
      if (error instanceof LogError) throw error;
      throw new LogError(
        "io",
        `The transaction log in ${this.#log.dir} cannot be opened; check the disk and its permissions. (${String(error)})`,
        [],
        error,
      );
    }
  }
}

/** Those from which on the log is read without a gap. */
function readableHeads({ places }: FileScan): SegmentHead[] {
  const heads: SegmentHead[] = [];
  for (const { number, head } of places.toReversed()) {
    const isJoined = heads.length === 0 || heads[0]!.number === number + 1;
    if (head === null || !isJoined) break;
    heads.unshift(head);
  }
  return heads;
}
