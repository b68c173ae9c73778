/**
 * Goes through the records of one segment, or of one row of a table, from one whole transaction to the next.
 *
 * What is not sound is a stretch: from the first byte that is not what was written to the next whole transaction behind
 * it, which is searched for byte by byte. Sound records of a transaction that is not whole belong to the stretch: half a
 * transaction is never given out. Whether a stretch is damage or only the unfinished end is for tail.ts to say.
 */
import type { Position } from "../../../shared/runtime/types.ts";
import { flagsAt, seedAt, ordinalAt, positionAt, soundAt, synced, typeAt } from "./record-read.ts";
import { flag, recordType, startMark } from "./record.ts";

export type Step =
  /** A whole transaction, from `at` to `next`. */
  | "transaction"
  | "versions"
  /** Nothing may follow in this file. */
  | "seal"
  /** Bytes from `at` to `next` that are no records of this file. */
  | "unsound"
  /** No more records, and nothing but zeros. */
  | "end";

export class Walk {
  readonly bytes: Buffer;
  readonly #salt: number;
  readonly #place: number;
  /** Behind the last byte that is not zero. */
  readonly dataEnd: number;
  /** Where the newest step begins, and where the next one does. */
  at: number;
  next: number;
  /** Position of the newest transaction. */
  position: Position;
  /** Records in the newest step. */
  records = 0;
  /** How far the log was flushed when the newest transaction was written. */
  synced: Position = 0;
  #sealed = false;

  /**
   * Begins at `at`, behind the transaction at position `after`. `place` is the offset of `bytes[0]` in its file; what lies
   * behind the bytes is nothing.
   */
  constructor(bytes: Buffer, salt: number, at: number, after: Position, place = 0) {
    this.bytes = bytes;
    this.#salt = salt;
    this.#place = place;
    this.at = at;
    this.next = at;
    this.position = after;
    this.dataEnd = Math.max(at, lastByteOf(bytes));
  }

  step(): Step {
    this.at = this.next;
    if (this.at >= this.dataEnd) {
      this.records = 0;
      return "end";
    }
    if (!this.#sealed) {
      const step = this.#unit(this.at);
      if (step !== null) return step;
    }
    return this.#unsound();
  }

  /** Whether what is wrong at the beginning of the stretch is a sound record in the wrong place. */
  get isStale(): boolean {
    return seedAt(this.bytes, this.badAt, this.bytes.length) !== null;
  }

  /** Where the newest stretch is wrong: behind the sound records of a transaction that is not whole. */
  badAt = 0;

  /** The whole transaction or word of the log at this place; null when there is none. */
  #unit(at: number): Step | null {
    const length = this.#sound(at);
    this.badAt = at;
    if (length <= 0) return null;
    const { bytes } = this;
    const type = typeAt(bytes, at);
    if (type === recordType.versions || type === recordType.seal) {
      if (positionAt(bytes, at) < this.position) return null;
      this.records = 1;
      this.next = at + length;
      this.#sealed = type === recordType.seal;
      return type === recordType.seal ? "seal" : "versions";
    }
    const position = positionAt(bytes, at);
    if (position <= this.position || (flagsAt(bytes, at) & flag.first) === 0) return null;
    const end = this.#endOf(at, length, position);
    if (end === null) return null;
    this.position = position;
    this.synced = synced(bytes, at);
    this.next = end;
    return "transaction";
  }

  /** Behind the last record of the transaction that begins at `at`; null, with `badAt` set, when one is missing. */
  #endOf(at: number, firstLength: number, position: Position): number | null {
    const { bytes } = this;
    let length = firstLength;
    let record = at;
    let ordinal = 0;
    while ((flagsAt(bytes, record) & flag.last) === 0) {
      record += length;
      ordinal += 1;
      this.badAt = record;
      length = this.#sound(record);
      if (length <= 0 || positionAt(bytes, record) !== position || ordinalAt(bytes, record) !== ordinal)
        return null;
    }
    this.records = ordinal + 1;
    return record + length;
  }

  #sound(at: number): number {
    return soundAt(this.bytes, at, this.dataEnd, this.#salt, this.#place);
  }

  /** Finds the next whole transaction, or word of the log, and leaves the stretch up to there as the newest step. */
  #unsound(): Step {
    const { at, position, synced } = this;
    if (this.#sealed) this.badAt = at;
    const badAt = this.badAt;
    const next = this.#sealed ? this.dataEnd : this.#resume(badAt);
    Object.assign(this, { at, next, position, synced, badAt, records: 0 });
    return "unsound";
  }

  #resume(from: number): number {
    let at = this.bytes.indexOf(startMark, from + 1);
    while (at >= 0 && at < this.dataEnd) {
      if (this.#unit(at) !== null) {
        this.#sealed = false;
        return at;
      }
      at = this.bytes.indexOf(startMark, at + 1);
    }
    return this.dataEnd;
  }
}

const zeros = Buffer.alloc(64 * 1024);

function lastByteOf(bytes: Buffer): number {
  let end = bytes.length;
  while (end >= zeros.length && bytes.compare(zeros, 0, zeros.length, end - zeros.length, end) === 0) {
    end -= zeros.length;
  }
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return end;
}
