/**
 * What formats 1 to 3 of node.db held, as records of the core.
 *
 * Until format 3 a node kept each of its ideas in a table of its own: keys, hints, members, and a log beside them that
 * was for people to look at. Since format 4 the log is all there is, so a file of those times is read once, becomes the
 * first snapshot, and its tables are dropped. Those files stay readable for ever; nothing else may use this.
 */
import type Database from "better-sqlite3";
import type { BroadcastState } from "../../../shared/broadcast/types.ts";
import { isVectorClock, type VectorClock } from "../../../shared/clock/vector-clock.ts";
import { asKey, asNodeId, type TimeMs } from "../../../shared/ids.ts";
import type { Claim } from "../../../shared/membership/types.ts";
import type { DurableRecord } from "../../../shared/replica/types.ts";
import type { TopologyRecord } from "../../../shared/replication/moves/records.ts";
import type { LogEntry } from "../../../shared/replication/types.ts";
import { parseOld, type StoredState, unpackState } from "./states.ts";

/** Formats that are read here. */
export type OldFormat = 1 | 2 | 3;

/** Ends the life of what was read; within the transaction that gives the file its new format. */
export const dropOldTables = `
DROP TABLE kv;
DROP TABLE log;
DROP TABLE IF EXISTS hints;
DELETE FROM meta WHERE name IN ('incarnation', 'members', 'topology', 'broadcast');
`;

/** Every row as the record that would put it there. Read while it is walked through. */
export function* readOldRecords(
  database: Database.Database,
  format: OldFormat,
  node: string,
): Generator<DurableRecord> {
  yield* metaRecords(database);
  for (const row of database.prepare<[], EntryRow>(entriesOf(format)).iterate()) {
    yield { kind: "entry", entry: entryOf(row, node) };
  }
  if (format === 1) return;
  const hints = database.prepare<[], HintRow>("SELECT target, key, state, expires FROM hints");
  for (const { target, key, state, expires } of hints.iterate()) {
    const hint = { target: asNodeId(target), key: asKey(key), state: unpackState(key, state), expires };
    yield { kind: "hint", hint };
  }
}

/** The newest entry's number, and when it was written; zeros when there is none. */
export const newestOldEntry = (database: Database.Database) =>
  database
    .prepare<[], { index: number; at: TimeMs }>(
      'SELECT coalesce(max("index"), 0) AS "index", coalesce(max(at), 0) AS at FROM log',
    )
    .get()!;

/** The node's clock, if that is where it was kept. */
export function readOldClock(database: Database.Database, node: string): VectorClock | null {
  const hasTable = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'clock'").get() !== undefined;
  if (!hasTable) return null;
  const text = database.prepare("SELECT counters FROM clock WHERE node = ?").pluck().get(node);
  if (typeof text !== "string") return null;
  try {
    const clock: unknown = JSON.parse(text);
    return isVectorClock(clock) ? clock : null;
  } catch {
    return null;
  }
}

function* metaRecords(database: Database.Database): Generator<DurableRecord> {
  const get = database.prepare<[string], string>("SELECT value FROM meta WHERE name = ?").pluck();
  const parsed = (name: string) => parseOld(`its ${name}`, get.get(name) ?? "null");
  const incarnation = parsed("incarnation") as number | null;
  if (incarnation !== null) yield { kind: "incarnation", incarnation };
  const members = parsed("members") as readonly Claim[] | null;
  if (members !== null) yield { kind: "members", members };
  const records = parsed("topology") as readonly TopologyRecord[] | null;
  if (records !== null) yield { kind: "topology", records };
  const state = parsed("broadcast") as BroadcastState | null;
  if (state !== null) yield { kind: "broadcast", state };
}

interface EntryRow {
  readonly key: string;
  readonly state: StoredState;
  readonly index: number | null;
  readonly term: number | null;
  readonly op: string | null;
  readonly origin: string | null;
  readonly replicas: string | null;
  readonly clock: string | null;
  readonly at: TimeMs | null;
}

interface HintRow {
  readonly target: string;
  readonly key: string;
  readonly state: StoredState;
  readonly expires: number;
}

/** Each key with the entry that wrote it. Formats 1 and 2 did not say which that was: the newest of the key. */
function entriesOf(format: OldFormat): string {
  const entry = format === 3 ? "kv.entry" : "newest.entry";
  const newest =
    format === 3
      ? ""
      : 'LEFT JOIN (SELECT key, max("index") AS entry FROM log GROUP BY key) AS newest ON newest.key = kv.key';
  return `SELECT kv.key, kv.state, log."index", term, op, origin, replicas, clock, at
    FROM kv ${newest} LEFT JOIN log ON log."index" = ${entry}`;
}

/** An entry that is missing from the log leaves the row, without where it came from. */
function entryOf(row: EntryRow, node: string): LogEntry {
  const written = `key ${JSON.stringify(row.key)}`;
  return {
    index: row.index ?? 0,
    term: row.term ?? 0,
    op: (row.op ?? "put") as LogEntry["op"],
    key: asKey(row.key),
    state: unpackState(row.key, row.state),
    origin: asNodeId(row.origin ?? node),
    replicas: parseOld(`the replicas of ${written}`, row.replicas ?? "[]") as LogEntry["replicas"],
    clock: parseOld(`the clock of ${written}`, row.clock ?? "{}") as VectorClock,
    at: row.at ?? 0,
  };
}
