/** What a log in SQLite is found to be, with nothing changed. */
import type Database from "better-sqlite3";
import type { Committed, Position } from "../../../shared/runtime/types.ts";
import { type FoundDamage, missingStart, rowsGone } from "./damage.ts";
import { RecordReader } from "./record-read.ts";
import { checkHead } from "./segment-files.ts";
import { checkRows, decode, readable, soundRows, unreadable, versionsOf } from "./sqlite-rows.ts";
import { hasLogTables, type LogRow, logTable, prepareLog, versionsTable } from "./sqlite-tables.ts";
import type { VersionHistory } from "./standing.ts";
import { LogError, type LogOwner, type LogScan } from "./transaction-log.ts";

export function cannotUse(database: Database.Database, error: unknown): LogError {
  return new LogError(
    "io",
    `The transaction log in ${database.name} cannot be used; check the disk and its permissions. (${String(error)})`,
    [],
    error,
  );
}

interface TableHead {
  readonly owner: LogOwner | null;
  readonly salt: number;
  readonly first: Position;
}

/** Null: it is damaged. Throws LogError "foreign" or "newer_format". */
export function headOf(database: Database.Database, owner: LogOwner | null): TableHead | null {
  const row = readable(() => prepareLog(database).head.get());
  if (row === undefined || row === unreadable) return null;
  const head = checkHead(row.head, `The table ${logTable} in ${database.name}`, 0, owner);
  return head === null ? null : { owner: head.owner, salt: head.salt, first: row.first };
}

/**
 * `owner` null: whoever's it is. `after` null: all there is. `reached`: up to there the log was durable once, says
 * somebody else (../reached-file). Throws LogError.
 */
export function scanTables(
  database: Database.Database,
  owner: LogOwner | null,
  after: Position | null,
  reached: Position = 0,
): LogScan {
  try {
    if (database.inTransaction) return scanHere(database, owner, after, reached);
    // One state of the database, whatever its node does meanwhile. It is not committed: that fails once a damaged page
    // was met.
    database.exec("BEGIN");
    try {
      return scanHere(database, owner, after, reached);
    } finally {
      database.exec("ROLLBACK");
    }
  } catch (error) {
    throw error instanceof LogError ? error : cannotUse(database, error);
  }
}

/** For a log that nobody else uses: gives what it finds as it is met. Throws LogError. */
export function* scanTablesThrough(
  database: Database.Database,
  owner: LogOwner,
  after: Position,
  reached: Position,
): Generator<Committed, LogScan> {
  try {
    const rows = soundRowsIn(database, owner, after, reached);
    const reader = new RecordReader();
    let history: VersionHistory | undefined;
    for (;;) {
      const step = rows.next();
      if (step.done === true) return step.value;
      history ??= versionsOf(prepareLog(database), headOf(database, owner)!.salt).history;
      yield decode(reader, step.value, history.of(step.value.position));
    }
  } catch (error) {
    throw error instanceof LogError ? error : cannotUse(database, error);
  }
}

const nothing = (after: Position): LogScan => ({
  segments: [],
  damage: [],
  first: after + 1,
  last: after,
  sound: () => [],
});

function scanHere(
  database: Database.Database,
  owner: LogOwner | null,
  after: Position | null,
  reached: Position,
): LogScan {
  const rows = soundRowsIn(database, owner, after, reached);
  for (;;) {
    const step = rows.next();
    if (step.done === true) return step.value;
  }
}

/** The rows behind the position that are sound, and what was found on the way. */
function* soundRowsIn(
  database: Database.Database,
  owner: LogOwner | null,
  asked: Position | null,
  reached: Position,
): Generator<LogRow, LogScan> {
  if (!hasLogTables(database)) {
    const from = asked ?? 0;
    return { ...nothing(from), damage: reached > from ? [rowsGone(logTable, from, reached)] : [] };
  }
  const head = headOf(database, owner);
  if (head === null) return { ...nothing(asked ?? 0), damage: [lostHead(asked ?? 0)] };
  const { salt, first } = head;
  const after = asked ?? first - 1;
  const statements = prepareLog(database);
  const read = yield* checkRows(statements, salt, first, after);
  const damage: FoundDamage[] = [...read.damage];
  if (first > after + 1) damage.unshift(missingStart(logTable, first, after));
  for (const position of versionsOf(statements, salt).damaged) damage.push(lostVersions(position));
  const { records, bytes, last } = read;
  const end = Math.max(last, after);
  if (reached > end) {
    const open = damage.filter(({ file, before }) => file === logTable && before === null);
    for (const one of open) one.before = reached + 1;
    if (open.length === 0) damage.push(rowsGone(logTable, end, reached));
  }
  return {
    segments: [{ file: logTable, bytes, first, last, records, sealed: false }],
    damage: damage.filter(({ before }) => before === null || before > after + 1),
    first,
    last,
    sound: () => soundRows(statements, salt, after),
  };
}

function lostHead(after: Position): FoundDamage {
  return {
    kind: "bad-header",
    file: logTable,
    offset: 0,
    length: 0,
    after,
    before: null,
    message: `The head of ${logTable} is damaged; without it none of its rows can be checked.`,
  };
}

function lostVersions(after: Position): FoundDamage {
  return {
    kind: "corrupt",
    file: versionsTable,
    offset: after,
    length: 0,
    after,
    before: null,
    message: `The versions of modules that hold behind transaction ${after} are damaged.`,
  };
}
