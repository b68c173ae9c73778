/** Where a log in SQLite lies: three tables of a database that its caller opens, checks and closes. */
import { randomBytes } from "node:crypto";
import type Database from "better-sqlite3";
import type { Committed, Position } from "../../../shared/runtime/types.ts";
import type { TimeMs } from "../../../shared/ids.ts";
import type { Disk } from "../disk/disk.ts";
import { refuseDamaged } from "./damage.ts";
import { SqliteLog } from "./sqlite-log.ts";
import { readable, unreadable, versionsOf } from "./sqlite-rows.ts";
import { cannotUse, headOf, scanTables, scanTablesThrough } from "./sqlite-scan.ts";
import { hasLogTables, logTable, logTables, makeLogTables, prepareLog } from "./sqlite-tables.ts";
import { LogError, type LogOwner, type LogScan, type LogSource, type OpenedLog } from "./transaction-log.ts";

export interface SqliteLogSourceOptions {
  readonly database: Database.Database;
  readonly owner: LogOwner;
  /** Told of commits that the log makes by itself. */
  readonly disk?: Pick<Disk, "gate">;
  /** Up to here the log was durable once: what is missing of it is damage. */
  readonly reached?: Position | undefined;
  /** Before a log that ends earlier is set aside: what lies beside it in the database has gone back with it. */
  readonly onShort?: () => void;
  /** The same, before anything is written: keeps a copy of the write-ahead log, and says so. */
  readonly keepWal?: (() => readonly string[]) | undefined;
  /** Wall clock, for names of what is set aside. */
  readonly now?: () => TimeMs;
}

export class SqliteLogSource implements LogSource {
  readonly kind = "sqlite";
  readonly owner: LogOwner;
  readonly #database: Database.Database;
  readonly #disk: Pick<Disk, "gate"> | null;
  readonly #reached: Position;
  readonly #onShort: (() => void) | null;
  readonly #keepWal: (() => readonly string[]) | null;
  readonly #now: () => TimeMs;

  constructor({ database, owner, disk, reached, onShort, keepWal, now }: SqliteLogSourceOptions) {
    this.owner = owner;
    this.#database = database;
    this.#disk = disk ?? null;
    this.#reached = reached ?? 0;
    this.#onShort = onShort ?? null;
    this.#keepWal = keepWal ?? null;
    this.#now = now ?? Date.now;
  }

  scan(after: Position): LogScan {
    return scanTables(this.#database, this.owner, after, this.#reached);
  }

  scanThrough(after: Position): Generator<Committed, LogScan> {
    return scanTablesThrough(this.#database, this.owner, after, this.#reached);
  }

  open(after: Position, found?: LogScan): OpenedLog {
    return this.#writing(() => {
      if (!hasLogTables(this.#database)) return { log: this.#make(after), lines: [] };
      const scan = found ?? this.scan(after);
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

  keepCopy(): readonly string[] {
    return this.#isShort(hasLogTables(this.#database)) ? (this.#keepWal?.() ?? []) : [];
  }

  setAside(after: Position): OpenedLog {
    return this.#writing(() => {
      const isThere = hasLogTables(this.#database);
      if (this.#isShort(isThere)) this.#onShort?.();
      const lines = isThere ? [`The transaction log was set aside as ${this.#moveAway()}.`] : [];
      return { log: this.#make(after), lines };
    });
  }

  #isShort(isThere: boolean): boolean {
    if (this.#reached === 0 || !isThere) return this.#reached > 0;
    const newest = readable(() => prepareLog(this.#database).last.get()!.last ?? 0);
    return newest === unreadable || newest < this.#reached;
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
