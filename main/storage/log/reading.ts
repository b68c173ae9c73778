/**
 * One segment read from its beginning to its end: what is sound, and each stretch that is not.
 *
 * Pure: bytes in, findings out, so that every bit of a segment can be flipped in a test.
 */
import type { Committed, Position, SchemaVersions } from "../../../shared/runtime/types.ts";
import { flagsAt, lengthAt, positionAt, RecordReader, seedAt, typeAt } from "./record-read.ts";
import { flag, recordType, saltOf, startMark } from "./record.ts";
import { headBytes } from "./segment-head.ts";
import { lacksSector } from "./tail.ts";
import { Walk } from "./walk.ts";

/** Bytes that are not what was written, or nothing where transactions are missing. */
export interface Stretch {
  /** Behind the last whole transaction before it. */
  readonly at: number;
  /** The next whole transaction, or the end of what is not zero. */
  readonly next: number;
  /** The last whole transaction before it. */
  readonly after: Position;
  /** The first one behind it in the same segment. */
  before: Position | null;
  /** A whole record lies where it begins, but one that was written for another place (P35). */
  readonly isStale: boolean;
  /** Of what was being written where it begins, a sector is missing. */
  readonly lacksSector: boolean;
  /** How far the log was flushed by what the transactions behind it say. */
  syncedBehind: Position;
}

export interface Reading {
  readonly stretches: readonly Stretch[];
  readonly transactions: number;
  readonly records: number;
  /** Of the first transaction and the last; null when there is none. */
  readonly first: Position | null;
  readonly last: Position | null;
  /** Behind the last whole transaction or word of the log. */
  readonly end: number;
  /** Behind the last transaction of which a later one says that it was flushed. */
  readonly flushed: number;
  /** Behind the last byte that is not zero. */
  readonly dataEnd: number;
  readonly sealed: boolean;
  readonly versions: SchemaVersions | null;
}

/** `bytes[0]` is the first of the file. `after` and `versions`: what the segment before it ended with. */
export function readRecords(
  bytes: Buffer,
  salt: number,
  after: Position,
  versions: SchemaVersions | null,
): Reading {
  return new Findings(new Walk(bytes, salt, headBytes, after), salt, versions);
}

class Findings implements Reading {
  readonly stretches: Stretch[] = [];
  transactions = 0;
  records = 0;
  first: Position | null = null;
  last: Position | null = null;
  end: number;
  flushed: number;
  readonly dataEnd: number;
  sealed = false;
  versions: SchemaVersions | null;
  /** Behind the newest transaction. */
  #behind: number;

  constructor(walk: Walk, salt: number, versions: SchemaVersions | null) {
    this.versions = versions;
    this.end = walk.next;
    this.flushed = walk.next;
    this.#behind = walk.next;
    this.dataEnd = walk.dataEnd;
    let position = walk.position;
    for (let step = walk.step(); step !== "end"; step = walk.step()) {
      if (step === "unsound") {
        this.#stretch(walk, salt);
        continue;
      }
      if (step === "transaction") this.#transaction(walk, position);
      if (step === "versions") this.versions = new RecordReader().versions(walk.bytes, walk.at);
      this.sealed = step === "seal";
      this.records += walk.records;
      this.end = walk.next;
      position = walk.position;
    }
    let synced = 0;
    for (const stretch of this.stretches.toReversed()) {
      synced = Math.max(synced, stretch.syncedBehind);
      stretch.syncedBehind = synced;
    }
  }

  #stretch(walk: Walk, salt: number): void {
    this.stretches.push({
      at: walk.at,
      next: walk.next,
      after: walk.position,
      before: null,
      isStale: seedAt(walk.bytes, walk.badAt, walk.bytes.length) !== null,
      lacksSector: lacksSector(walk.bytes, walk.badAt, salt),
      syncedBehind: 0,
    });
  }

  #transaction(walk: Walk, before: Position): void {
    const { position } = walk;
    const pending = this.stretches.at(-1);
    if (pending?.before === null) pending.before = position;
    else if (position !== before + 1) this.#gap(walk, before);
    const newest = this.stretches.at(-1);
    if (newest !== undefined) newest.syncedBehind = Math.max(newest.syncedBehind, walk.synced);
    // What is flushed is all there is at that moment: the first transaction behind a flush says so of those before it.
    if (walk.synced >= before) this.flushed = this.#behind;
    this.#behind = walk.next;
    this.transactions += 1;
    this.first ??= position;
    this.last = position;
  }

  #gap({ at, position }: Walk, after: Position): void {
    this.stretches.push({
      at,
      next: at,
      after,
      before: position,
      isStale: false,
      lacksSector: false,
      syncedBehind: 0,
    });
  }
}

/**
 * The sound transactions after a position, out of the same bytes that were found to hold them: nothing is checked twice.
 * `before`: the versions the segment before it ended with.
 */
export function* transactionsIn(
  bytes: Buffer,
  { stretches, end }: Pick<Reading, "stretches" | "end">,
  before: SchemaVersions | null,
  after: Position,
  reader: RecordReader,
): Generator<Committed> {
  let versions = before;
  let nth = 0;
  for (let at = headBytes; at < end;) {
    for (; stretches[nth]?.at === at; nth++) at = stretches[nth]!.next;
    const next = behindLast(bytes, at);
    const type = typeAt(bytes, at);
    if (type === recordType.versions) versions = reader.versions(bytes, at);
    else if (type !== recordType.seal && positionAt(bytes, at) > after) {
      yield reader.transaction(bytes, at, next, versions);
    }
    at = next;
  }
}

/** Of the whole transaction, or the word of the log, that begins here. */
function behindLast(bytes: Buffer, from: number): number {
  let at = from;
  while ((flagsAt(bytes, at) & flag.last) === 0) at += lengthAt(bytes, at);
  return at + lengthAt(bytes, at);
}

/**
 * The stretch at which the unfinished end of the newest segment begins; why: tail.ts. What is whole behind it belongs to
 * it, for it was not acknowledged either.
 */
export function tornStretch({ stretches }: Reading): Stretch | null {
  return stretches.find((stretch) => stretch.lacksSector && stretch.syncedBehind <= stretch.after) ?? null;
}

/** The salt of a segment whose head is lost, by the first whole record in it. Null when there is none. */
export function saltFound(bytes: Buffer): number | null {
  for (let at = bytes.indexOf(startMark, headBytes); at >= 0; at = bytes.indexOf(startMark, at + 1)) {
    const seed = seedAt(bytes, at, bytes.length);
    if (seed !== null) return saltOf(seed, at);
  }
  return null;
}
