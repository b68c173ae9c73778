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

/** Rows after a position. A stretch that SQLite itself cannot read is one without bytes. */
export function* rowsAfter(statements: LogStatements, after: Position): Generator<LogRow> {
  let position = after;
  for (;;) {
    const { rows, isLast } = pageAfter(statements, position);
    yield* rows;
    if (isLast || rows.length === 0) return;
    const { position: from, through = from } = rows.at(-1)!;
    // No log gets there: the number is damaged, and is the last that could be counted on from.
    if (!Number.isSafeInteger(through)) return;
    position = through;
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

const unreadableRows = (position: Position) => ({ position, records: Buffer.alloc(0) });

/** The page of the database that is damaged need not be the one of all of these rows. */
function rowByRow(statements: LogStatements, after: Position): RowsPage {
  const rows: LogRow[] = [];
  let from = after + 1;
  while (rows.length < pageRows) {
    const row = readable(() => statements.from.get(from));
    if (row === undefined) return { rows, isLast: true };
    if (row === unreadable) {
      const through = endOfUnreadable(statements, from);
      rows.push(through === null ? unreadableRows(from) : { ...unreadableRows(from), through });
      if (through === null) return { rows, isLast: true };
      from = through + 1;
      continue;
    }
    rows.push(row);
    if (!Number.isSafeInteger(row.position)) break;
    from = row.position + 1;
  }
  return { rows, isLast: false };
}

/** Behind the first that cannot be read, where nobody knows how far the rows went: more than lie on a page of pages. */
const searched = 2 ** 16;
/** What lies behind a stretch this many times as long as it may be passed over. */
const finest = 1_024;

/**
 * The last position of a stretch that cannot be read; null where nothing behind it can. Then the first that cannot be read
 * stands for all of them, so that a log that has lost its end is never taken for a shorter one.
 *
 * Row by row at first. The number of the newest row may be damaged too and pretend any length, so the steps grow with
 * what is behind them: some ten thousand lead to any number there is.
 */
function endOfUnreadable(statements: LogStatements, from: Position): Position | null {
  const isUnreadable = (position: Position) => readable(() => statements.from.get(position)) === unreadable;
  const newest = readable(() => statements.last.get()!.last ?? 0);
  const end = newest === unreadable ? from + searched : Math.min(newest, Number.MAX_SAFE_INTEGER);
  if (from > end) return null;
  let bad = from;
  let good: Position;
  for (;;) {
    if (bad >= end) return newest === unreadable ? null : bad;
    good = Math.min(end, bad + Math.max(1, Math.floor((bad - from) / finest)));
    if (!isUnreadable(good)) break;
    bad = good;
  }
  while (good - bad > 1) {
    const middle = Math.floor((bad + good) / 2);
    if (isUnreadable(middle)) bad = middle;
    else good = middle;
  }
  return bad;
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
    expected = (row.through ?? row.position) + 1;
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

function corruptRow({ position, records, through = position }: LogRow, after: Position): FoundDamage {
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
      : through > position
        ? `Rows ${position} to ${through} of ${logTable} cannot be read.`
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
