/** The tables of a log in SQLite. The head is the one a segment has, with its checksum; `first` alone changes. */
import type Database from "better-sqlite3";
import type { Position } from "../../../shared/runtime/types.ts";
import { encodeHead } from "./segment-head.ts";
import type { LogOwner } from "./transaction-log.ts";

export const logTable = "transaction_log";
export const versionsTable = "transaction_log_versions";
const headTable = "transaction_log_head";
export const logTables = [logTable, versionsTable, headTable];

const schema = `
CREATE TABLE ${logTable} (position INTEGER PRIMARY KEY, records BLOB NOT NULL);
CREATE TABLE ${versionsTable} (after INTEGER PRIMARY KEY, records BLOB NOT NULL);
CREATE TABLE ${headTable} (head BLOB NOT NULL, first INTEGER NOT NULL);
`;

export interface LogRow {
  readonly position: Position;
  readonly records: Buffer;
  /** Of a stretch that SQLite cannot read: it goes on up to here. */
  readonly through?: Position;
}

export interface LogHeadRow {
  readonly head: Buffer;
  readonly first: Position;
}

export type LogStatements = ReturnType<typeof prepareLog>;

export function prepareLog(database: Database.Database) {
  return {
    insert: database.prepare<[Position, Uint8Array], never>(
      `INSERT INTO ${logTable} (position, records) VALUES (?, ?)`,
    ),
    page: database.prepare<[Position, number], LogRow>(
      `SELECT position, records FROM ${logTable} WHERE position > ? ORDER BY position LIMIT ?`,
    ),
    /** Found without a look at what lies before it, which may be damaged. */
    from: database.prepare<[Position], LogRow>(
      `SELECT position, records FROM ${logTable} WHERE position >= ? ORDER BY position LIMIT 1`,
    ),
    last: database.prepare<[], { last: Position | null }>(`SELECT max(position) AS last FROM ${logTable}`),
    bytes: database.prepare<[], { bytes: number }>(`SELECT total(length(records)) AS bytes FROM ${logTable}`),
    drop: database.prepare<[Position], never>(`DELETE FROM ${logTable} WHERE position < ?`),
    versions: database.prepare<[], { after: Position; records: Buffer }>(
      `SELECT after, records FROM ${versionsTable} ORDER BY after`,
    ),
    setVersions: database.prepare<[Position, Uint8Array], never>(
      `INSERT OR REPLACE INTO ${versionsTable} (after, records) VALUES (?, ?)`,
    ),
    /** All but the one that still holds for the first that stays. */
    dropVersions: database.prepare<[Position], never>(
      `DELETE FROM ${versionsTable} WHERE after < (SELECT max(after) FROM ${versionsTable} WHERE after < ?)`,
    ),
    head: database.prepare<[], LogHeadRow>(`SELECT head, first FROM ${headTable}`),
    setFirst: database.prepare<[Position], never>(`UPDATE ${headTable} SET first = ?`),
  };
}

export const hasLogTables = (database: Database.Database): boolean =>
  database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(headTable) !==
  undefined;

/** Makes the tables of a log that begins after this position. */
export function makeLogTables(
  database: Database.Database,
  owner: LogOwner,
  salt: number,
  after: Position,
): void {
  database.exec(schema);
  const head = encodeHead({ number: 0, salt, first: after + 1, bytes: 0, owner });
  database.prepare(`INSERT INTO ${headTable} (head, first) VALUES (?, ?)`).run(head, after + 1);
}
