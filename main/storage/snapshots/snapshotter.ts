/**
 * Takes snapshots while the node goes on.
 *
 * A start reads the newest snapshot and the log behind it, so the time it takes is bounded by how much log there may be
 * behind the newest snapshot. That is allowed to become as long as the snapshot itself: writing snapshots then costs no
 * more than writing the log does, however much the node holds, and a small node is not bothered for every few commits.
 *
 * A picture of the tables is taken at once and costs nothing (shared/runtime/layered-rows); its rows are then written a
 * slice of a millisecond or two at a time, with the event loop's other work between. The snapshot is of the moment of the
 * picture, whatever was committed since.
 *
 * The log is dropped up to the oldest snapshot that is kept, not to the newest: when the newest turns out to be damaged,
 * the one before it and the log lead to the same rows (P29). Nothing is dropped while fewer are there than are to be kept.
 *
 * A snapshot that fails, on a full disk for one, leaves no trace of itself and is tried again later. The log is longer
 * for it and loses nothing.
 *
 * Source: Gray and Reuter 1993, "Transaction Processing", §11.3 (fuzzy checkpoints and the low-water mark).
 */
import type { VectorClock } from "../../../shared/clock/vector-clock.ts";
import type { TimeMs } from "../../../shared/ids.ts";
import type { Picture, Tables } from "../../../shared/runtime/tables.ts";
import type { Position, SchemaVersions } from "../../../shared/runtime/types.ts";
import type { TransactionLog } from "../log/transaction-log.ts";
import {
  SnapshotError,
  type SnapshotInfo,
  type SnapshotStore,
  type SnapshotWriter,
} from "./snapshot-store.ts";

export interface SnapshotterOptions {
  /** Hold what the log holds whenever `committed` or `take` is called. */
  readonly tables: Tables;
  readonly log: TransactionLog;
  readonly snapshots: SnapshotStore;
  /** Under which the tables' rows stand. */
  readonly versions: SchemaVersions;
  /** The node's clock and wall clock. */
  readonly clock: () => VectorClock;
  readonly now: () => TimeMs;
  /** One sentence about a snapshot that failed. */
  readonly report: (line: string) => void;
  /** Newest snapshots that are kept. */
  readonly keep?: number;
  /** Nothing is dropped from the log: the snapshots are gone before it is. */
  readonly isLogKept?: boolean;
  /** There is none before the log has grown by this. */
  readonly logBytesMin?: number | undefined;
  /** For how long rows are written before others get their turn. */
  readonly sliceMs?: number;
  /** After a failure; twice as long after each further one, an hour at most. */
  readonly retryMs?: number;
}

export interface SnapshotProgress {
  readonly position: Position;
  readonly rows: number;
  readonly of: number;
}

const keepDefault = 2;
const logBytesMinDefault = 4 * 1024 * 1024;
const sliceMsDefault = 1.5;
const retryMsDefault = 10_000;
const retryMsMax = 3_600_000;
/** Taken from the picture between two looks at the clock. */
const rowsAtOnce = 64;

interface Running {
  readonly position: Position;
  readonly writer: SnapshotWriter;
  readonly picture: Picture;
  /** Of the log, at the moment of the picture. */
  readonly logBytes: number;
  rows: number;
  readonly done: Promise<SnapshotInfo>;
  readonly resolve: (info: SnapshotInfo) => void;
  readonly reject: (error: unknown) => void;
}

export class Snapshotter {
  readonly #options: SnapshotterOptions;
  #running: Running | null = null;
  #next: NodeJS.Immediate | undefined;
  /** Bytes of the log, as far as a snapshot has them too. */
  #coveredBytes: number;
  #lastBytes: number;
  #failures = 0;
  #notBefore = 0;
  #isClosed = false;

  constructor(options: SnapshotterOptions) {
    this.#options = options;
    const { log, snapshots } = options;
    const newest = snapshots.list()[0];
    this.#lastBytes = newest?.bytes ?? 0;
    // The log says how many bytes it has, not where: transactions are taken to be of one length.
    const behind = Math.min(log.count, Math.max(0, log.last - (newest?.position ?? 0)));
    this.#coveredBytes = log.count === 0 ? log.bytes : log.bytes * (1 - behind / log.count);
  }

  /** Null when none is being written. */
  get progress(): SnapshotProgress | null {
    if (this.#running === null) return null;
    const { position, rows, picture } = this.#running;
    return { position, rows, of: picture.count };
  }

  /** To be called after each commit: begins a snapshot when it is time for one. */
  committed(): void {
    if (this.#running !== null || this.#isClosed) return;
    const { log, logBytesMin = logBytesMinDefault } = this.#options;
    if (log.bytes - this.#coveredBytes <= Math.max(logBytesMin, this.#lastBytes)) return;
    if (performance.now() < this.#notBefore) return;
    // What goes wrong was reported.
    this.#begin().catch(() => undefined);
  }

  /** A snapshot that holds at least what is committed now. Rejects with SnapshotError. */
  async take(): Promise<SnapshotInfo> {
    const asked = this.#options.log.last;
    for (;;) {
      if (this.#isClosed) throw stopped();
      const newest = this.#options.snapshots.list()[0];
      if (newest !== undefined && newest.position >= asked) return newest;
      await (this.#running?.done ?? this.#begin());
    }
  }

  /** Gives up what is being written. Closes nothing else. */
  close(): void {
    this.#isClosed = true;
    this.#fail(stopped());
  }

  #begin(): Promise<SnapshotInfo> {
    const { tables, log, snapshots, versions, clock, now } = this.#options;
    const { promise: done, resolve, reject } = Promise.withResolvers<SnapshotInfo>();
    const picture = tables.picture();
    const position = log.last;
    try {
      const head = { position, clock: clock(), at: now(), versions, index: picture.index };
      const writer = snapshots.begin(head);
      this.#running = { position, writer, picture, logBytes: log.bytes, rows: 0, done, resolve, reject };
      this.#next = setImmediate(() => this.#slice());
    } catch (error) {
      picture.close();
      this.#failed(error);
      reject(error);
    }
    return done;
  }

  #slice(): void {
    const running = this.#running!;
    const { sliceMs = sliceMsDefault } = this.#options;
    const until = performance.now() + sliceMs;
    try {
      do {
        const rows = running.picture.take(rowsAtOnce);
        if (rows.length === 0) {
          this.#finish(running);
          return;
        }
        running.writer.add(rows);
        running.rows += rows.length;
      } while (performance.now() < until);
      this.#next = setImmediate(() => this.#slice());
    } catch (error) {
      this.#fail(error);
    }
  }

  #finish(running: Running): void {
    const info = running.writer.finish();
    running.picture.close();
    this.#running = null;
    this.#failures = 0;
    this.#notBefore = 0;
    this.#lastBytes = info.bytes;
    this.#coveredBytes = running.logBytes;
    this.#drop();
    running.resolve(info);
  }

  /** What no start needs any more. */
  #drop(): void {
    const { snapshots, log, keep = keepDefault, isLogKept = false } = this.#options;
    try {
      snapshots.prune(keep);
      const kept = snapshots.list();
      if (kept.length < keep || isLogKept) return;
      const before = log.bytes;
      log.dropBefore(kept.at(-1)!.position + 1);
      this.#coveredBytes = Math.max(0, this.#coveredBytes - (before - log.bytes));
    } catch (error) {
      this.#options.report(`A snapshot is there, but what it makes superfluous stays: ${sentenceOf(error)}`);
    }
  }

  #fail(error: unknown): void {
    const running = this.#running;
    if (running === null) return;
    this.#running = null;
    clearImmediate(this.#next);
    running.picture.close();
    running.writer.abandon();
    if (!this.#isClosed) this.#failed(error);
    running.reject(error);
  }

  #failed(error: unknown): void {
    const { report, retryMs = retryMsDefault } = this.#options;
    this.#notBefore = performance.now() + Math.min(retryMsMax, retryMs * 2 ** this.#failures);
    this.#failures += 1;
    report(`No snapshot was made: ${sentenceOf(error)} The log goes on without it; it is tried again later.`);
  }
}

const stopped = () => new SnapshotError("closed", "The node stops; no snapshot is made.");
const sentenceOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
