/**
 * A node's memory: transactions in the order they happened, and nothing that was written is ever changed.
 *
 * Guarantees of every kind of log:
 * - `append` takes all of the transactions it is given or, when it throws, none that anybody may count on.
 * - When `append(…, "synced")` returns, they survive the loss of power; after "written", the end of the process.
 * - `read` gives what was appended, bit by bit, in order, each once; what fails its checksum is an error that says
 *   where, never a value (L6).
 * - After a failed write or flush the log is closed for good. The kernel may have dropped the pages, and a second flush
 *   would report success for data that is gone (P33; Rebello et al. 2020, "Can Applications Recover from fsync
 *   Failures?").
 *
 * A log of one's own passes when it passes `test/main/storage/log/log-contract.ts`.
 */
import type { LogKind } from "../../../shared/contract/storage.ts";
import type { Committed, Position, SchemaVersions, Transaction } from "../../../shared/runtime/types.ts";
import type { NodeId } from "../../../shared/ids.ts";

/** Whose log it is. */
export interface LogOwner {
  readonly node: NodeId;
  readonly cluster: string;
}

/** "synced": on the disk. "written": with the operating system. */
export type Durability = "synced" | "written";

export interface TransactionLog {
  /** Position of the first transaction that can still be read; `last + 1` when there is none. */
  readonly first: Position;
  /** Position of the newest transaction. */
  readonly last: Position;
  /** Everything up to here survives the loss of power. */
  readonly durable: Position;
  /** Transactions that can be read. */
  readonly count: number;
  /** What it occupies. */
  readonly bytes: number;
  /** Returns the position of the last one. With an empty list and "synced" it flushes what was only written. */
  append(transactions: readonly Transaction[], durability: Durability): Position;
  /** From the one after this position on, read a piece at a time. Throws LogError "compacted" when that one was dropped. */
  read(after: Position): Iterable<Committed>;
  /** Module versions under which what follows `last` is written; recorded in the log (L9). */
  setVersions(versions: SchemaVersions): void;
  /** Those under which the transaction after `last` would be read; null when none were ever recorded. */
  readonly versions: SchemaVersions | null;
  /**
   * Nobody needs transactions before this one any more. Drops whole archives, and none that somebody holds. Returns the
   * new `first`. Throws LogError "io" where not all of it could be dropped: the log goes on, and may be asked again.
   */
  dropBefore(position: Position): Position;
  /** What follows this position stays until it is released, whatever `dropBefore` says: a lagging reader. */
  hold(name: string, after: Position): void;
  release(name: string): void;
  /** Any later call fails with "closed". Closing twice does no harm. */
  close(): void;
}

/** A file of a log, or its table. */
export interface SegmentInfo {
  readonly file: string;
  readonly bytes: number;
  readonly first: Position;
  readonly last: Position;
  /** Sound records: mutations, and what the log says of itself. */
  readonly records: number;
  /** Nothing is added to it any more. */
  readonly sealed: boolean;
}

/** What a log is found to be, read from its beginning to its end, with nothing changed. */
export interface LogScan {
  readonly segments: readonly SegmentInfo[];
  /** In the order they stand in; a torn tail is among them. */
  readonly damage: readonly Damage[];
  readonly first: Position;
  readonly last: Position;
  /** Every transaction that is sound after the position the scan began at, also behind damage. */
  sound(): Iterable<Committed>;
}

/** Where a node's log lies, before it is opened. */
export interface LogSource {
  readonly kind: LogKind;
  readonly owner: LogOwner;
  /**
   * Reads what follows this position; what lies before it only as far as names and heads tell. Throws LogError "foreign",
   * "newer_format" or "io".
   */
  scan(after: Position): LogScan;
  /**
   * The same for a start, which needs the transactions too: gives each that is sound as it is met, with everything read
   * and checked once. Nobody else uses the log meanwhile.
   */
  scanThrough(after: Position): Generator<Committed, LogScan>;
  /**
   * Opens it to go on; makes it when there is none, beginning after this position. A torn tail is cut and a copy of it
   * kept, which a line says. Throws LogError "damaged" when there is other damage behind the position. `found`: what this
   * source's scan from the same position has just returned; it is not read again then.
   */
  open(after: Position, found?: LogScan): OpenedLog;
  /**
   * Damage is about to be settled: a copy of what the next write would go over, where that is not in the log itself. Tells
   * of it, a sentence each.
   */
  keepCopy?(): readonly string[];
  /** All there is goes under a name that says so, and a new log begins after this position. */
  setAside(after: Position): OpenedLog;
}

export interface OpenedLog {
  readonly log: TransactionLog;
  /** What was done on the way, a sentence each. */
  readonly lines: readonly string[];
}

export type LogErrorKind =
  /** Something in the middle is damaged: `damage` says what and where. */
  | "damaged"
  /** The log begins later than what was asked for. */
  | "compacted"
  /** Written by a newer Lightcone. */
  | "newer_format"
  /** The log of another node, of another cluster, or no log at all. */
  | "foreign"
  /** The disk refused. Nothing more is taken, unless it was only to drop something. */
  | "io"
  | "closed"
  /** No transaction: a programmer's error. Nothing was kept. */
  | "invalid";

/** The one error any transaction log raises. `message` says what is wrong and what to do. */
export class LogError extends Error {
  readonly kind: LogErrorKind;
  readonly damage: readonly Damage[];
  constructor(kind: LogErrorKind, message: string, damage: readonly Damage[] = [], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "LogError";
    this.kind = kind;
    this.damage = damage;
  }
}

export type DamageKind =
  /** The last append did not get to its end before the power went: nothing acknowledged is in it. Not a fault. */
  | "torn-tail"
  /** Bytes that are not what was written. */
  | "corrupt"
  /** A file is shorter than it says it is. */
  | "truncated"
  /** Whole transactions are missing between two that are sound. */
  | "gap"
  /** A file of the series is not there. */
  | "missing-segment"
  /** A record of an earlier use of the file, or of another file (P35). */
  | "stale"
  /** The head of the file cannot be read. */
  | "bad-header";

/** One stretch that is not what was written. */
export interface Damage {
  readonly kind: DamageKind;
  /** Name of the file, relative to the data directory, or of the table. */
  readonly file: string;
  /** In bytes; of a table, the position. */
  readonly offset: number;
  /** Bytes up to the next sound record, or to the end. */
  readonly length: number;
  /** The last sound transaction before it, and the first after it; null when there is none. */
  readonly after: Position;
  readonly before: Position | null;
  /** One sentence. */
  readonly message: string;
}
