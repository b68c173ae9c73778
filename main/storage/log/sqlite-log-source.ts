/** Where a log in SQLite lies: three tables of a database that its caller opens, checks and closes. */
import { randomBytes } from "node:crypto";
import type Database from "better-sqlite3";
import type { Position } from "../../../shared/runtime/types.ts";
import type { TimeMs } from "../../../shared/ids.ts";
import type { Disk } from "../disk/disk.ts";
import { type FoundDamage, missingStart, refuseDamaged } from "./damage.ts";
import { checkHead } from "./segment-files.ts";
import { SqliteLog } from "./sqlite-log.ts";
import { checkRows, soundRows, versionsOf } from "./sqlite-rows.ts";
import {
  hasLogTables,
  logTable,
  logTables,
  makeLogTables,
  prepareLog,
  versionsTable,
} from "./sqlite-tables.ts";
import { LogError, type LogOwner, type LogScan, type LogSource, type OpenedLog } from "./transaction-log.ts";

export interface SqliteLogSourceOptions {
  readonly database: Database.Database;
  readonly owner: LogOwner;
  /** Told of commits that the log makes by itself. */
  readonly disk?: Disk;
  /** Wall clock, for names of what is set aside. */
  readonly now?: () => TimeMs;
}

export class SqliteLogSource implements LogSource {
  readonly kind = "sqlite";
  readonly owner: LogOwner;
  readonly #database: Database.Database;
  readonly #disk: Disk | null;
  readonly #now: () => TimeMs;

  constructor({ database, owner, disk, now }: SqliteLogSourceOptions) {
    this.owner = owner;
    this.#database = database;
    this.#disk = disk ?? null;
    this.#now = now ?? Date.now;
  }

  scan(after: Position): LogScan {
    return scanTables(this.#database, this.owner, after);
  }

  open(after: Position): OpenedLog {
    return this.#writing(() => {
      if (!hasLogTables(this.#database)) return { log: this.#make(after), lines: [] };
      const scan = scanTables(this.#database, this.owner, after);
      refuseDamaged(scan, after);
      if (scan.last < after) {
        const aside = `The transaction log was set aside as ${this.#moveAway()}`;
        const lines = [
          `${aside}: it ends at ${scan.last}, and what it holds up to ${after} is in a snapshot.`,
        ];
        return { log: this.#make(after), lines };
      }
      const { salt, first } = headOf(this.#database, this.owner)!;
      const versions = versionsOf(prepareLog(this.#database), salt).history.current;
      return {
        log: new SqliteLog(this.#database, this.#disk, { salt, first, last: scan.last, versions }),
        lines: [],
      };
    });
  }

  setAside(after: Position): OpenedLog {
    return this.#writing(() => {
      const isThere = hasLogTables(this.#database);
      const lines = isThere ? [`The transaction log was set aside as ${this.#moveAway()}.`] : [];
      return { log: this.#make(after), lines };
    });
  }

  #make(after: Position): SqliteLog {
    const salt = randomBytes(4).readUInt32LE();
    this.#alone(() => makeLogTables(this.#database, this.owner, salt, after));
    return new SqliteLog(this.#database, this.#disk, { salt, first: after + 1, last: after, versions: null });
  }

  /** Renames the tables. Returns the new name of the one with the transactions. */
  #moveAway(): string {
    const time = new Date(this.#now()).toISOString().slice(0, 19).replaceAll(/[-:]/g, "");
    const isFree = (prefix: string) =>
      this.#database.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(prefix + logTable) ===
      undefined;
    let prefix = `set_aside_${time}Z_`;
    for (let nth = 2; !isFree(prefix); nth++) prefix = `set_aside_${time}Z_${nth}_`;
    this.#alone(() => {
      for (const table of logTables) this.#database.exec(`ALTER TABLE ${table} RENAME TO ${prefix}${table}`);
    });
    return prefix + logTable;
  }

  #alone(action: () => void): void {
    if (this.#database.inTransaction) action();
    else this.#database.transaction(action).immediate();
  }

  #writing(action: () => OpenedLog): OpenedLog {
    try {
      return action();
    } catch (error) {
      throw error instanceof LogError ? error : cannotUse(this.#database, error);
    }
  }
}

function cannotUse(database: Database.Database, error: unknown): LogError {
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
function headOf(database: Database.Database, owner: LogOwner | null): TableHead | null {
  const row = prepareLog(database).head.get();
  const head = row === undefined ? null : checkHead(row.head, `${logTable} in ${database.name}`, 0, owner);
  return head === null ? null : { owner: head.owner, salt: head.salt, first: row!.first };
}

/** `owner` null: whoever's it is. `after` null: all there is. Throws LogError. */
export function scanTables(
  database: Database.Database,
  owner: LogOwner | null,
  after: Position | null,
): LogScan {
  try {
    if (!hasLogTables(database)) return nothing(after ?? 0);
    if (database.inTransaction) return scanHere(database, owner, after);
    // One state of the database, whatever its node does meanwhile.
    return database.transaction(() => scanHere(database, owner, after)).deferred();
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

function scanHere(database: Database.Database, owner: LogOwner | null, asked: Position | null): LogScan {
  const head = headOf(database, owner);
  if (head === null) return { ...nothing(asked ?? 0), damage: [lostHead(asked ?? 0)] };
  const { salt, first } = head;
  const after = asked ?? first - 1;
  const statements = prepareLog(database);
  const read = checkRows(statements, salt, first, after);
  const damage: FoundDamage[] = [...read.damage];
  if (first > after + 1) damage.unshift(missingStart(logTable, first, after));
  for (const position of versionsOf(statements, salt).damaged) damage.push(lostVersions(position));
  const { records, bytes, last } = read;
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
