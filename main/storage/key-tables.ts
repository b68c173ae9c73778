/**
 * The tables `kv` and `log`: what a node has of each key now, and every change that led there.
 *
 * Replaying the log gives exactly kv, at any time. A row of kv names the entry that wrote it, so it can be told without
 * a search whether an entry has been superseded. A key that was dropped leaves a mark in the place of its newest entry.
 *
 * The log would grow for ever, so it is compacted. The rule: an entry goes when a later one of its key, or the mark, says
 * all that it says, and it is not among the newest ones, which are kept for people to look at. A mark goes likewise, for
 * a pass goes from old to new: nothing of its key stands before it by then. Each state in the log is whole, so the
 * newest entry of each key is enough: the compacted log replays to the same kv, and nobody but a reader of the past
 * misses the rest.
 *
 * It is done in passes over the log, oldest entries first, a small slice at a time and between commits; a pass begins
 * when the log has twice what the last one left. So it costs a constant for each write, and never a write its time.
 */
import type Database from "better-sqlite3";
import type { KeyState } from "../../shared/clock/dotted.ts";
import { asKey, type Key } from "../../shared/ids.ts";
import type { LogEntry } from "../../shared/replication/types.ts";
import { packState, type StoredState, unpackState } from "./states.ts";

export const keyTablesSchema = `
CREATE TABLE kv (key TEXT PRIMARY KEY, state TEXT NOT NULL, entry INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE log (
  "index" INTEGER PRIMARY KEY, term INTEGER NOT NULL, op TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL,
  origin TEXT NOT NULL, replicas TEXT NOT NULL, clock TEXT NOT NULL, at REAL NOT NULL
);
`;

/** From formats 1 and 2, where a row of kv did not name its entry. */
export const keyTablesUpgrade = `
ALTER TABLE kv ADD COLUMN entry INTEGER NOT NULL DEFAULT 0;
UPDATE kv SET entry = newest."index" FROM (SELECT key, max("index") AS "index" FROM log GROUP BY key) AS newest
  WHERE newest.key = kv.key;
`;

/** In the place of an operation: the key was dropped here. */
const dropped = "dropped";
/** Entries looked at in one slice: about a millisecond. */
const sliceEntriesDefault = 500;

export class KeyTables {
  readonly #statements: ReturnType<typeof prepare>;
  /** The newest entries, as many as this, are never compacted. */
  readonly #entriesKept: number;
  readonly #sliceEntries: number;
  #newest: number;
  /** Rows of the log. */
  #rows: number;
  #rowsAfterPass = 0;
  /** The pass under way has looked at all entries up to `at`, and ends at `end`. */
  #pass: { at: number; readonly end: number } | null = null;

  constructor(database: Database.Database, entriesKept: number, sliceEntries = sliceEntriesDefault) {
    this.#statements = prepare(database);
    this.#entriesKept = Math.max(1, entriesKept);
    this.#sliceEntries = sliceEntries;
    const { rows, newest } = this.#statements.size.get()!;
    this.#rows = rows;
    this.#newest = newest ?? 0;
  }

  /** Index of the newest entry; 0 when there is none. */
  get newest(): number {
    return this.#newest;
  }

  *keys(): Generator<readonly [Key, KeyState]> {
    for (const { key, state } of this.#statements.keys.iterate()) yield [asKey(key), unpackState(key, state)];
  }

  keep({ index, term, op, key, state, origin, replicas, clock, at }: LogEntry): void {
    const packed = packState(state);
    this.#statements.putEntry.run(
      index,
      term,
      op,
      key,
      packed,
      origin,
      JSON.stringify(replicas),
      JSON.stringify(clock),
      at,
    );
    this.#statements.putKey.run(key, packed, index);
    this.#newest = index;
    this.#rows += 1;
  }

  drop(key: Key): void {
    const row = this.#statements.dropKey.get(key);
    if (row !== undefined) this.#statements.mark.run(dropped, row.entry);
  }

  /** Worth a slice now. */
  get isCompactionDue(): boolean {
    if (this.#pass !== null) return true;
    return this.#rows > 2 * Math.max(this.#rowsAfterPass, this.#entriesKept);
  }

  /** One slice, within a transaction. */
  compact(): void {
    this.#pass ??= { at: 0, end: this.#newest - this.#entriesKept };
    const { at, end } = this.#pass;
    const looked = this.#statements.lookedAt.get(at, this.#sliceEntries - 1)?.index ?? end;
    const upTo = Math.min(looked, end);
    this.#rows -= this.#statements.dropSuperseded.run(at, upTo).changes;
    this.#pass.at = upTo;
    if (upTo < end) return;
    this.#pass = null;
    this.#rowsAfterPass = this.#rows;
  }
}

function prepare(database: Database.Database) {
  return {
    size: database.prepare<[], { rows: number; newest: number | null }>(
      'SELECT count(*) AS rows, max("index") AS newest FROM log',
    ),
    keys: database.prepare<[], { key: string; state: StoredState }>("SELECT key, state FROM kv"),
    putEntry: database.prepare("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
    putKey: database.prepare<[string, StoredState, number]>(
      "INSERT INTO kv (key, state, entry) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET state = excluded.state, entry = excluded.entry",
    ),
    dropKey: database.prepare<[string], { entry: number }>("DELETE FROM kv WHERE key = ? RETURNING entry"),
    mark: database.prepare<[string, number]>(`UPDATE log SET op = ?, state = 'null' WHERE "index" = ?`),
    lookedAt: database.prepare<[number, number], { index: number }>(
      'SELECT "index" FROM log WHERE "index" > ? ORDER BY "index" LIMIT 1 OFFSET ?',
    ),
    dropSuperseded: database.prepare<[number, number]>(
      `DELETE FROM log WHERE "index" > ? AND "index" <= ?
       AND "index" IS NOT (SELECT entry FROM kv WHERE kv.key = log.key)`,
    ),
  };
}
