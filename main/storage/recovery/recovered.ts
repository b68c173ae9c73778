/** What a start is given and what it comes to. */
import type { VectorClock } from "../../../shared/clock/vector-clock.ts";
import type { RecoveryMode } from "../../../shared/contract/storage.ts";
import type { TimeMs } from "../../../shared/ids.ts";
import type { Replay } from "../../../shared/runtime/replay.ts";
import type { Schema } from "../../../shared/runtime/schema.ts";
import type { Tables } from "../../../shared/runtime/tables.ts";
import type { Position, SchemaVersions } from "../../../shared/runtime/types.ts";
import type { Damage, LogSource, OpenedLog, TransactionLog } from "../log/transaction-log.ts";
import type { DamagedSnapshot, SnapshotStore } from "../snapshots/snapshot-store.ts";

export interface RecoverOptions {
  readonly source: LogSource;
  readonly snapshots: SnapshotStore;
  readonly mode: RecoveryMode;
  readonly schema: Schema;
  /** Whether others can be asked for what is lost: by what the node was told, or by what is left in its tables. */
  readonly hasPeers: (tables: Tables) => boolean;
  readonly now: () => TimeMs;
  /** Asked once anything is found damaged, and before anything is changed: throws where nothing may be written to. */
  readonly assertWritable?: () => void;
  /** What is damaged, as a sentence begins; the transaction log unless it says otherwise. */
  readonly what?: string;
}

export interface RecoveryProgress {
  readonly position: Position;
  /** From a snapshot, and transactions from the log, so far. */
  readonly rows: number;
  readonly transactions: number;
}

export interface Recovered {
  readonly tables: Tables;
  /** Of the last transaction in them; the next one gets the number after it. */
  readonly position: Position;
  /** Under which the tables stand and the log goes on. */
  readonly versions: SchemaVersions;
  /** All that the node has seen, what was given up included: no counter of its own is given out twice (P1). */
  readonly clock: VectorClock;
  readonly log: TransactionLog;
  /** What was found and done, a sentence each. */
  readonly lines: readonly string[];
  /** The data was dropped, by this start or by one before that did not get to refill it: it must not be served. */
  readonly rebuild: boolean;
  /** What was wrong with the log, torn tails not counted. */
  readonly damage: readonly Damage[];
}

export function setBrokenAside(snapshots: SnapshotStore, broken: readonly DamagedSnapshot[]): string[] {
  return broken.map(
    ({ name, message }) => `${message} It is not used, and is kept as ${snapshots.setAside(name)}.`,
  );
}

export function result(
  { schema }: RecoverOptions,
  tables: Tables,
  clock: VectorClock,
  { log }: OpenedLog,
  lines: readonly string[],
  damage: readonly Damage[],
): Recovered {
  log.setVersions(schema.versions);
  const rebuild = tables.row("node", "self", "rebuild") === true;
  return { tables, position: log.last, versions: schema.versions, clock, log, lines, rebuild, damage };
}

export const progressOf = ({ position, counts }: Replay): RecoveryProgress => ({
  position,
  rows: counts.rows,
  transactions: counts.transactions,
});
