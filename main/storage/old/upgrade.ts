/**
 * Brings a node.db of format 1, 2 or 3 to format 4: what its tables held becomes the first snapshot, and they go.
 *
 * The snapshot is durable before anything goes. Then, in one transaction, the old tables are dropped and the format is
 * raised; a kill before that leaves the old file, which the next start reads again, one after it the new one. No moment
 * has neither.
 */
import { mutationsOf } from "../../../shared/replica/durable.ts";
import type { DurableRecord } from "../../../shared/replica/types.ts";
import type { SchemaVersions } from "../../../shared/runtime/types.ts";
import type { NodeSql } from "../node-sql.ts";
import type { SnapshotStore } from "../snapshots/snapshot-store.ts";
import {
  dropOldTables,
  newestOldEntry,
  type OldFormat,
  readOldClock,
  readOldRecords,
} from "./old-formats.ts";

/** Rows handed to the snapshot at a time. */
const rowsAtOnce = 1_000;

export interface Upgrade {
  readonly sql: NodeSql;
  readonly format: OldFormat;
  readonly newFormat: number;
  /** What else the file of the new format says of itself, within the same transaction. */
  readonly settle: () => void;
  readonly node: string;
  /** Where the snapshot goes. */
  readonly snapshots: SnapshotStore;
  /** Of the rows as they are handed over. */
  readonly versions: SchemaVersions;
}

/** Returns what was done, in a sentence. */
export function upgrade({ sql, format, newFormat, settle, node, snapshots, versions }: Upgrade): string {
  const { database } = sql;
  const { index: position, at } = newestOldEntry(database);
  const clock = readOldClock(database, node) ?? {};
  const writer = snapshots.begin({ position, clock, at, versions, index: position });
  for (const records of inSlices(readOldRecords(database, format, node))) writer.add(mutationsOf(records));
  const { rows } = writer.finish();
  sql.transact(true, () => {
    database.exec(`${dropOldTables} PRAGMA user_version = ${newFormat};`);
    settle();
  });
  return `node.db had format ${format}: its ${rows} rows are now the snapshot at position ${position}.`;
}

function* inSlices(records: Iterable<DurableRecord>): Generator<DurableRecord[]> {
  let slice: DurableRecord[] = [];
  for (const record of records) {
    slice.push(record);
    if (slice.length < rowsAtOnce) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}
