/** The sentences about damage to segments, with where it lies. */
import type { Position } from "../../../shared/runtime/types.ts";
import type { Stretch } from "./reading.ts";
import { segmentFile } from "./segment-files.ts";
import { headBytes } from "./segment-head.ts";
import { type Damage, LogError, type LogScan } from "./transaction-log.ts";

/** `before` is known when the next sound transaction is met, which may be in another file. */
export type FoundDamage = Omit<Damage, "before"> & { before: Position | null };

const between = (after: Position, before: Position | null) =>
  before === null
    ? `${after === 0 ? "No transaction" : `Transaction ${after}`} is the last sound one before, and none follows in the file.`
    : `Sound transactions around it: ${after === 0 ? "none" : after} and ${before}.`;

export function unsound(file: string, stretch: Stretch): FoundDamage {
  const { at, next, after, before, isStale } = stretch;
  const length = next - at;
  const found = { file, offset: at, length, after, before };
  if (length === 0) {
    const message = `Transactions ${after + 1} to ${(before ?? after) - 1} are missing in ${file} at byte ${at}.`;
    return { ...found, kind: "gap", message };
  }
  const what = isStale
    ? `In ${file}, a record at byte ${at} was written for another place, and ${length} bytes are none of its own.`
    : `In ${file}, ${length} bytes from byte ${at} on are not what was written.`;
  return { ...found, kind: isStale ? "stale" : "corrupt", message: `${what} ${between(after, before)}` };
}

export function tornTail(file: string, at: number, dataEnd: number, after: Position): FoundDamage {
  return {
    kind: "torn-tail",
    file,
    offset: at,
    length: dataEnd - at,
    after,
    before: null,
    message: `The last append to ${file} did not get to its end: ${dataEnd - at} bytes from byte ${at} on, behind transaction ${after}, were never acknowledged.`,
  };
}

export function truncated(
  file: string,
  size: number,
  bytes: number,
  from: number,
  after: Position,
): FoundDamage {
  return {
    kind: "truncated",
    file,
    offset: Math.min(from, size),
    length: bytes - Math.min(from, size),
    after,
    before: null,
    message: `Segment ${file} has ${size} bytes and says that it has ${bytes}: it was cut off behind transaction ${after}.`,
  };
}

export function unsealed(file: string, from: number, bytes: number, after: Position): FoundDamage {
  return {
    kind: "corrupt",
    file,
    offset: from,
    length: bytes - from,
    after,
    before: null,
    message: `Segment ${file} ends at byte ${from} without its last record, though another segment follows: what stood behind transaction ${after} is gone.`,
  };
}

export function badHead(file: string, after: Position): FoundDamage {
  return {
    kind: "bad-header",
    file,
    offset: 0,
    length: headBytes,
    after,
    before: null,
    message: `The head of ${file} is damaged, or of another file; its records are read by what they say themselves.`,
  };
}

/** Segments from this number to that are not there. */
export function missingSegments(from: number, to: number, after: Position): FoundDamage {
  const files =
    from === to
      ? `Segment ${segmentFile(from)} is`
      : `Segments ${segmentFile(from)} to ${segmentFile(to)} are`;
  return {
    kind: "missing-segment",
    file: segmentFile(from),
    offset: 0,
    length: 0,
    after,
    before: null,
    message: `${files} missing behind transaction ${after}.`,
  };
}

/** What would come before the first transaction is not there, and was asked for. */
export function missingStart(file: string, first: Position, after: Position): FoundDamage {
  return {
    kind: "missing-segment",
    file,
    offset: 0,
    length: 0,
    after,
    before: first,
    message: `The log begins with transaction ${first} in ${file}, and what follows ${after} is needed: what came before is missing.`,
  };
}

/** All is sound, and there was more once. `before`: as if what came next were there. */
export function tooShort(file: string, at: number, after: Position, reached: Position): FoundDamage {
  return {
    kind: "truncated",
    file,
    offset: at,
    length: 0,
    after,
    before: reached + 1,
    message: `${file} ends with transaction ${after}, and the log had reached ${reached} as node.db says.`,
  };
}

/** No segment at all, where there were some. */
export function noLog(dir: string, after: Position, reached: Position): FoundDamage {
  return {
    kind: "missing-segment",
    file: dir,
    offset: 0,
    length: 0,
    after,
    before: reached + 1,
    message: `There is no ${dir} any more, and it had reached transaction ${reached} as node.db says.`,
  };
}

/** All rows are sound, and there were more once. `before`: as if what comes next were there. */
export function rowsGone(file: string, after: Position, reached: Position): FoundDamage {
  return {
    kind: "truncated",
    file,
    offset: after + 1,
    length: 0,
    after,
    before: reached + 1,
    message: `The log in node.db (${file}) ends with transaction ${after}, and had reached ${reached}: what was behind is gone, as when its write-ahead log is damaged.`,
  };
}

/** A segment that begins elsewhere than the one before it ended. */
export function misfit(file: string, first: Position, after: Position): FoundDamage {
  return {
    kind: "gap",
    file,
    offset: 0,
    length: 0,
    after,
    before: null,
    message: `Segment ${file} begins with transaction ${first}, and ${after} is the last sound one before it.`,
  };
}

/** Throws LogError unless what follows `after` is all there and sound; an unfinished end is none of its business. */
export function refuseDamaged({ damage, first }: LogScan, after: Position): void {
  const serious = damage.filter(({ kind }) => kind !== "torn-tail");
  const [worst] = serious;
  if (worst === undefined) return;
  const more = serious.length === 1 ? "" : ` ${serious.length - 1} more were found.`;
  throw new LogError(
    first > after + 1 ? "compacted" : "damaged",
    `${worst.message}${more} Choose how to recover, or put a copy back.`,
    serious,
  );
}
