/**
 * Pictures of all tables at a position of the log: a start reads the newest sound one and only what the log has after it.
 *
 * Guarantees of every kind of store:
 * - A snapshot holds the rows exactly as they were after the transaction at its position, whatever happened while it was
 *   being written; it is there whole and durable or not at all (written beside, flushed, renamed, the directory flushed: P34).
 * - It is read a piece at a time; what fails a checksum is an error that says where, and never a row.
 *
 * A store of one's own passes when it passes `test/main/storage/snapshots/snapshot-contract.ts`.
 */
import type { VectorClock } from "../../../shared/clock/vector-clock.ts";
import type { Mutation, Position, SchemaVersions } from "../../../shared/runtime/types.ts";
import type { TimeMs } from "../../../shared/ids.ts";

/** What stands before the rows. */
export interface SnapshotHead {
  readonly position: Position;
  readonly clock: VectorClock;
  readonly at: TimeMs;
  readonly versions: SchemaVersions;
  /** The highest `Provenance.index` up to there. */
  readonly index: number;
  /**
   * Made by a recovery in the place of a damaged log: whatever a log holds, or seems to hold, up to this position was
   * given up and is to be set aside.
   */
  readonly replacesLog?: true;
}

export interface SnapshotInfo extends SnapshotHead {
  /** Name of the file or of the row. */
  readonly name: string;
  readonly bytes: number;
  readonly rows: number;
}

/** A snapshot being written. When a call throws, nothing of it stays. */
export interface SnapshotWriter {
  /** Rows in any order, each once. May be called many times. */
  add(rows: readonly Mutation[]): void;
  /** It is listed, and survives the loss of power, on return. One that was at its position is replaced. */
  finish(): SnapshotInfo;
  /** Nothing of it stays. Does nothing once it is finished or abandoned. */
  abandon(): void;
}

export interface Snapshot {
  readonly info: SnapshotInfo;
  /** Read from the disk as they are asked for. Throws SnapshotError "damaged" where one is. */
  rows(): Iterable<Mutation>;
}

export interface DamagedSnapshot {
  readonly name: string;
  /** One sentence: what is wrong and where. */
  readonly message: string;
}

export interface SnapshotStore {
  /** One at a time: another that is still being written is abandoned. */
  begin(head: SnapshotHead): SnapshotWriter;
  /** Newest first. One whose head cannot be read is not among them, but among the `damaged`. */
  list(): readonly SnapshotInfo[];
  damaged(): readonly DamagedSnapshot[];
  /** Throws SnapshotError "missing". */
  open(position: Position): Snapshot;
  /** Keeps the newest `count` sound ones and drops the others. */
  prune(count: number): void;
  /**
   * Kept under a name that says so, durably; it is not listed any more. Returns that name. Throws SnapshotError "missing".
   */
  setAside(name: string): string;
  /** Abandons what is being written. Any later call fails with "closed". Closing twice does no harm. */
  close(): void;
}

export type SnapshotErrorKind = "damaged" | "missing" | "newer_format" | "foreign" | "io" | "closed";

/** The one error any snapshot store raises. */
export class SnapshotError extends Error {
  readonly kind: SnapshotErrorKind;
  /** Of "damaged": the byte from which on it is not what was written; null where none can be named. */
  readonly offset: number | null;
  constructor(kind: SnapshotErrorKind, message: string, more: { offset?: number; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = "SnapshotError";
    this.kind = kind;
    this.offset = more.offset ?? null;
  }
}
