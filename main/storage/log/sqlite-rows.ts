/** Reads the rows of a log in SQLite, a page at a time, and says of each whether it is what was written. */
import type { Committed, Position, SchemaVersions } from "../../../shared/runtime/types.ts";
import type { FoundDamage } from "./damage.ts";
import { positionAt, RecordReader, seedAt } from "./record-read.ts";
import type { LogRow, LogStatements } from "./sqlite-tables.ts";
import { logTable } from "./sqlite-tables.ts";
import { compacted, VersionHistory } from "./standing.ts";
import { LogError } from "./transaction-log.ts";
import { Walk } from "./walk.ts";

const pageRows = 128;

/** Whether the row holds the records of its transaction and nothing else. Returns how many, 0: unsound. */
export function recordsIn({ position, records }: LogRow, salt: number): number {
  const walk = new Walk(records, salt, 0, position - 1);
  if (walk.step() !== "transaction" || walk.position !== position || walk.next !== records.length) return 0;
  return walk.records;
}

/** Rows after a position. One that SQLite itself cannot read has no bytes. */
export function* rowsAfter(statements: LogStatements, after: Position): Generator<LogRow> {
  let position = after;
  for (;;) {
    const { rows, isLast } = pageAfter(statements, position);
    yield* rows;
    if (isLast || rows.length === 0) return;
    position = rows.at(-1)!.position;
  }
}

interface RowsPage {
  readonly rows: readonly LogRow[];
  /** Nothing behind them can be read. */
  readonly isLast: boolean;
}

function pageAfter(statements: LogStatements, after: Position): RowsPage {
  const page = readable(() => statements.page.all(after, pageRows));
  return page === unreadable ? rowByRow(statements, after) : { rows: page, isLast: false };
}

/**
 * The page of the database that is damaged need not be the one of all of these rows. Where it is the last one, nobody
 * knows how far they went: then the first that cannot be read stands for all of them, so that a log that has lost its end
 * is never taken for a shorter one.
 */
function rowByRow(statements: LogStatements, after: Position): RowsPage {
  const found = readable(() => statements.last.get()!.last);
  const last = found === unreadable ? null : found;
  const rows: LogRow[] = [];
  let readableRows = 0;
  for (let position = after + 1; position <= Math.min(after + pageRows, last ?? Infinity); position++) {
    const row = readable(() => statements.row.get(position));
    const isRead = row !== unreadable && row !== undefined;
    rows.push(isRead ? row : { position, records: Buffer.alloc(0) });
    if (isRead) readableRows = rows.length;
  }
  if (last !== null) return { rows, isLast: false };
  return readableRows === 0
    ? { rows: rows.slice(0, 1), isLast: true }
    : { rows: rows.slice(0, readableRows), isLast: false };
}

export const unreadable = Symbol("unreadable");

/** What is read, unless the database is damaged there. */
export function readable<Result>(read: () => Result): Result | typeof unreadable {
  try {
    return read();
  } catch (error) {
    if (((error as { code?: string }).code ?? "").startsWith("SQLITE_CORRUPT")) return unreadable;
    throw error;
  }
}

/** Versions as the log recorded them; those whose record is damaged are passed over and reported. */
export function versionsOf(
  statements: LogStatements,
  salt: number,
): { history: VersionHistory; damaged: Position[] } {
  const history = new VersionHistory();
  const damaged: Position[] = [];
  const reader = new RecordReader();
  const rows = readable(() => statements.versions.all());
  if (rows === unreadable) return { history, damaged: [0] };
  for (const { after, records } of rows) {
    const walk = new Walk(records, salt, 0, 0);
    const isSound =
      walk.step() === "versions" && walk.next === records.length && positionAt(records, 0) === after;
    if (isSound) history.add(after, reader.versions(records, 0));
    else damaged.push(after);
  }
  return { history, damaged };
}

export interface RowsRead {
  readonly damage: readonly FoundDamage[];
  readonly records: number;
  readonly bytes: number;
  readonly last: Position;
}

/** Checks every row after a position, and gives those that are sound; `first` is where the table begins. */
export function* checkRows(
  statements: LogStatements,
  salt: number,
  first: Position,
  after: Position,
): Generator<LogRow, RowsRead> {
  const damage: FoundDamage[] = [];
  const newest = readable(() => statements.last.get()!.last ?? first - 1);
  let last = Math.max(first - 1, newest === unreadable ? after : Math.min(after, newest));
  let expected = last + 1;
  let records = 0;
  let bytes = 0;
  for (const row of rowsAfter(statements, last)) {
    bytes += row.records.length;
    const count = recordsIn(row, salt);
    if (count > 0) for (const found of damage) found.before ??= row.position;
    if (row.position !== expected) damage.push(gap(expected, row.position, last, count > 0));
    expected = row.position + 1;
    records += count;
    if (count === 0) {
      damage.push(corruptRow(row, last));
      continue;
    }
    last = row.position;
    if (last > after) yield row;
  }
  return { damage, records, bytes, last };
}

function gap(from: Position, to: Position, after: Position, isSound: boolean): FoundDamage {
  return {
    kind: "gap",
    file: logTable,
    offset: from,
    length: 0,
    after,
    before: isSound ? to : null,
    message: `Rows ${from} to ${to - 1} of ${logTable} are missing between others.`,
  };
}

function corruptRow({ position, records }: LogRow, after: Position): FoundDamage {
  const isStale = seedAt(records, 0, records.length) !== null;
  return {
    kind: isStale ? "stale" : "corrupt",
    file: logTable,
    offset: position,
    length: records.length,
    after,
    before: null,
    message: isStale
      ? `Row ${position} of ${logTable} holds a transaction that was written for another place.`
      : `Row ${position} of ${logTable} is not what was written.`,
  };
}

/** The sound transactions after a position, whatever lies between them. */
export function* soundRows(statements: LogStatements, salt: number, after: Position): Generator<Committed> {
  const reader = new RecordReader();
  const { history } = versionsOf(statements, salt);
  for (const row of rowsAfter(statements, after)) {
    if (recordsIn(row, salt) > 0) yield decode(reader, row, history.of(row.position));
  }
}

export const decode = (reader: RecordReader, { records }: LogRow, versions: SchemaVersions | null) =>
  reader.transaction(records, 0, records.length, versions);

/**
 * Each transaction after a position, up to what is the last when it is met. Throws LogError "damaged" at one that is not
 * sound, "compacted" at one that was dropped meanwhile.
 */
export function* readRows(
  statements: LogStatements,
  salt: number,
  after: Position,
  log: { readonly first: Position; readonly last: Position },
): Generator<Committed> {
  const reader = new RecordReader();
  const { history } = versionsOf(statements, salt);
  let position = after;
  for (const row of rowsAfter(statements, after)) {
    if (position >= log.last) return;
    if (row.position !== position + 1 || recordsIn(row, salt) === 0) break;
    position += 1;
    yield decode(reader, row, history.of(position));
    if (position === log.last) return;
  }
  if (position >= log.last) return;
  const missing = position + 1;
  if (missing < log.first) throw compacted(position, log.first);
  const wrong: FoundDamage = {
    ...corruptRow({ position: missing, records: Buffer.alloc(0) }, position),
    before: null,
  };
  throw new LogError("damaged", `${wrong.message} Restart the node, which then recovers as it was told to.`, [
    wrong,
  ]);
}
