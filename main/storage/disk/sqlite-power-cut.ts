/**
 * What a power cut takes from a SQLite database in WAL mode: the commits that were not flushed.
 *
 * With `synchronous = NORMAL` a commit is written to the log and not flushed; it survives the end of the process and not
 * the loss of power. SQLite does its own writing, so no disk of ours can take that back; this does, in SQLite's files. It
 * notes how far the log reached when a commit was flushed, and at a power cut zeroes the heads of all frames after that:
 * whoever opens the database next finds the log ending there, just as if the pages had never arrived.
 *
 * What it counts on:
 * - `synchronous` is never OFF, so SQLite flushes the log before a checkpoint copies it, and the head of a log begun anew.
 *   Frames that a checkpoint has taken up are therefore durable and stay; a log begun anew (its salts say so) holds
 *   nothing of what was flushed before.
 * - The index beside the log (`-shm`) is a file: locking mode is not EXCLUSIVE.
 * - The caller ends the process right after `cut`, without closing the database: a close would checkpoint. Readers in
 *   other processes that have it open at that moment may fail, and have to open it again.
 *
 * Source: "WAL-mode File Format", sqlite.org/walformat.html, §1 (frames, salts) and §2 (the index: mxFrame, aSalt,
 * nBackfillAttempted).
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";

const walHeadBytes = 32;
const frameHeadBytes = 24;
/** Of the index, which has the byte order of the machine: little-endian wherever Lightcone runs. */
const pageSizeAt = 14;
const lastFrameAt = 16;
const saltsAt = 32;
const indexHeadBytes = 40;
const backfillAttemptedAt = 128;

interface WalPosition {
  /** Of this use of the log: a log begun anew has others. */
  readonly salts: string;
  readonly frame: number;
}

export class SqlitePowerCut {
  readonly #path: string;
  /** Left open for ever: closing it would drop the locks that SQLite holds on the same file in this process. */
  readonly #index: number;
  readonly #head = Buffer.alloc(indexHeadBytes);
  #flushed: WalPosition;

  /** Of a database that is open in this process and was read at least once; what is in it counts as flushed. */
  constructor(path: string) {
    this.#path = path;
    this.#index = openSync(`${path}-shm`, "r");
    this.#flushed = this.#position();
  }

  /** To be called after every commit that SQLite flushed (`synchronous = FULL`). Takes a few microseconds. */
  flushed(): void {
    this.#flushed = this.#position();
  }

  /** Takes back every commit after the last flushed one. Returns how many there were. */
  cut(): number {
    const { salts, frame } = this.#position();
    const sameLog = salts === this.#flushed.salts;
    const kept = Math.max(sameLog ? this.#flushed.frame : 0, this.#checkpointed());
    if (frame <= kept) return 0;
    const pageBytes = this.#head.readUInt16LE(pageSizeAt) || 65_536;
    const log = openSync(`${this.#path}-wal`, "r+");
    let commits = 0;
    for (let number = kept; number < frame; number++) {
      const at = walHeadBytes + number * (frameHeadBytes + pageBytes);
      const head = Buffer.alloc(frameHeadBytes);
      readSync(log, head, 0, frameHeadBytes, at);
      // A frame that ends a commit says how many pages the database has then.
      if (head.readUInt32BE(4) !== 0) commits += 1;
      writeSync(log, Buffer.alloc(frameHeadBytes), 0, frameHeadBytes, at);
    }
    closeSync(log);
    return commits;
  }

  #position(): WalPosition {
    readSync(this.#index, this.#head, 0, indexHeadBytes, 0);
    return {
      salts: this.#head.toString("hex", saltsAt, indexHeadBytes),
      frame: this.#head.readUInt32LE(lastFrameAt),
    };
  }

  /** Frames that a checkpoint flushed, and has copied or may have. */
  #checkpointed(): number {
    const frames = Buffer.alloc(4);
    readSync(this.#index, frames, 0, 4, backfillAttemptedAt);
    return frames.readUInt32LE();
  }
}
