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
}

export interface SnapshotInfo extends SnapshotHead {
  /** Name of the file or of the row. */
  readonly name: string;
  readonly bytes: number;
  readonly rows: number;
}

/** A snapshot being written. */
export interface SnapshotWriter {
  /** Rows in any order, each once. May be called many times. */
  add(rows: readonly Mutation[]): void;
  /** Durable, and the newest, on return. */
  finish(): SnapshotInfo;
  /** Nothing of it stays. */
  abandon(): void;
}

export interface Snapshot {
  readonly info: SnapshotInfo;
  /** Read from the disk as they are asked for. Throws SnapshotError "damaged" where one is. */
  rows(): Iterable<Mutation>;
}

export interface SnapshotStore {
  begin(head: SnapshotHead): SnapshotWriter;
  /** Newest first. One whose head cannot be read is not among them, but among the `damaged`. */
  list(): readonly SnapshotInfo[];
  damaged(): readonly { readonly name: string; readonly message: string }[];
  /** Throws SnapshotError "missing". */
  open(position: Position): Snapshot;
  /** Keeps the newest `count` sound ones and drops the others. */
  prune(count: number): void;
  /** Kept under a name that says so; it is not listed any more. Returns that name. */
  setAside(name: string): string;
  close(): void;
}

export type SnapshotErrorKind = "damaged" | "missing" | "newer_format" | "foreign" | "io" | "closed";

/** The one error any snapshot store raises. */
export class SnapshotError extends Error {
  readonly kind: SnapshotErrorKind;
  constructor(kind: SnapshotErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "SnapshotError";
    this.kind = kind;
  }
}
