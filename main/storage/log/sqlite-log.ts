/**
 * A log in tables of a SQLite database, beside whatever else it holds, so that one commit makes all of it durable.
 *
 * One row is one transaction: its records, as the segments have them, in one BLOB under its position. While the database
 * is in a transaction of its caller's, an append joins it and is as durable as that commit; otherwise it commits by
 * itself. SQLite has no checksums of its own over what it stores: the records' are checked at every read.
 *
 * When a transaction it joined is rolled back, the log no longer knows where it ends: the caller closes it then, as after
 * any commit that failed (P33).
 */
import Database from "better-sqlite3";
import type { Committed, Position, SchemaVersions, Transaction } from "../../../shared/runtime/types.ts";
import type { Disk } from "../disk/disk.ts";
import { RecordWriter, versionsRecord } from "./record.ts";
import { compacted, Holds, sameVersions, Standing } from "./standing.ts";
import { readRows } from "./sqlite-rows.ts";
import { prepareLog, type LogStatements, logTable } from "./sqlite-tables.ts";
import type { Durability, TransactionLog } from "./transaction-log.ts";

/** Levels of PRAGMA synchronous. In WAL mode FULL flushes at every commit, NORMAL at checkpoints alone. */
const pragmaNormal = 1;
const pragmaFull = 2;
/** Asked for so many times and then believed: SQLite may lower the level at the first write, and asking costs as much as writing. */
const fullChecked = 10;

/** How the tables were found, or made. */
export interface SqliteLogState {
  readonly salt: number;
  readonly first: Position;
  readonly last: Position;
  readonly versions: SchemaVersions | null;
}

export class SqliteLog implements TransactionLog {
  readonly #database: Database.Database;
  readonly #disk: Pick<Disk, "gate"> | null;
  readonly #statements: LogStatements;
  readonly #standing: Standing;
  readonly #holds = new Holds();
  readonly #writer = new RecordWriter();
  readonly #salt: number;
  #first: Position;
  #last: Position;
  #durable: Position;
  #versions: SchemaVersions | null;
  /** Null: not yet asked. */
  #bytes: number | null = null;
  #fullChecks = 0;

  /** `disk` is told of commits of the log's own. */
  constructor(database: Database.Database, disk: Pick<Disk, "gate"> | null, state: SqliteLogState) {
    this.#database = database;
    this.#disk = disk;
    this.#statements = prepareLog(database);
    this.#standing = new Standing(`The transaction log in ${database.name}`);
    this.#salt = state.salt;
    this.#first = state.first;
    this.#last = state.last;
    this.#durable = state.last;
    this.#versions = state.versions;
  }

  get first(): Position {
    return this.#first;
  }

  get last(): Position {
    return this.#last;
  }

  get durable(): Position {
    return this.#durable;
  }

  get count(): number {
    return this.#last - this.#first + 1;
  }

  get bytes(): number {
    this.#bytes ??= this.#statements.bytes.get()!.bytes;
    return this.#bytes;
  }

  get versions(): SchemaVersions | null {
    return this.#versions;
  }

  append(transactions: readonly Transaction[], durability: Durability): Position {
    this.#standing.assertOpen();
    const rows = this.#encode(transactions);
    const isBehind = this.#durable < this.#last || rows.length > 0;
    if (rows.length === 0 && !(durability === "synced" && isBehind)) return this.#last;
    this.#commit(durability, () => {
      for (let i = 0; i < rows.length; i++) this.#statements.insert.run(this.#last + 1 + i, rows[i]!);
      // A commit that changes nothing flushes nothing.
      if (rows.length === 0) this.#statements.setFirst.run(this.#first);
    });
    this.#last += rows.length;
    if (durability === "synced") this.#durable = this.#last;
    for (const row of rows) if (this.#bytes !== null) this.#bytes += row.length;
    return this.#last;
  }

  setVersions(versions: SchemaVersions): void {
    this.#standing.assertOpen();
    if (sameVersions(versions, this.#versions)) return;
    const record = versionsRecord(versions, this.#last, this.#salt, 0);
    this.#commit("written", () => this.#statements.setVersions.run(this.#last, record));
    this.#versions = { ...versions };
  }

  read(after: Position): Iterable<Committed> {
    this.#standing.assertOpen();
    if (after < this.#first - 1) throw compacted(after, this.#first);
    return readRows(this.#statements, this.#salt, after, this);
  }

  dropBefore(position: Position): Position {
    this.#standing.assertOpen();
    const first = Math.min(this.#holds.limit(position), this.#last + 1);
    if (first <= this.#first) return this.#first;
    const drop = () => {
      this.#statements.drop.run(first);
      this.#statements.dropVersions.run(first);
      this.#statements.setFirst.run(first);
    };
    if (this.#database.inTransaction) this.#commit("written", drop);
    else this.#dropAlone(drop);
    this.#first = first;
    this.#bytes = null;
    return first;
  }

  hold(name: string, after: Position): void {
    this.#standing.assertOpen();
    this.#holds.hold(name, after);
  }

  release(name: string): void {
    this.#standing.assertOpen();
    this.#holds.release(name);
  }

  /** The database stays open: it is its caller's. */
  close(): void {
    this.#standing.close();
  }

  #encode(transactions: readonly Transaction[]): Buffer[] {
    return transactions.map((transaction, index) => {
      this.#writer.clear(this.#salt, 0);
      this.#writer.transaction(transaction, this.#last + 1 + index, this.#durable);
      return Buffer.from(this.#writer.view());
    });
  }

  /** Refused before anything was written, or rolled back for want of room: both leave what was appended as it is. */
  #dropAlone(drop: () => void): void {
    let refused: unknown = null;
    this.#standing.guard(() => {
      try {
        this.#commitAlone("written", drop);
      } catch (error) {
        const isOfDatabase = error instanceof Database.SqliteError && error.code !== "SQLITE_FULL";
        if (isOfDatabase) throw error;
        refused = error;
      }
    });
    if (refused !== null) throw this.#standing.notDropped(refused);
  }

  #commit(durability: Durability, action: () => void): void {
    this.#standing.guard(() => {
      if (this.#database.inTransaction) {
        if (durability === "synced" && this.#fullChecks++ < fullChecked) this.#assertFull();
        action();
      } else this.#commitAlone(durability, action);
    });
  }

  #commitAlone(durability: Durability, action: () => void): void {
    const level = durability === "synced" ? pragmaFull : pragmaNormal;
    const before = this.#synchronous;
    if (before !== level) this.#database.pragma(`synchronous = ${level}`);
    if (durability === "synced") this.#assertFull();
    try {
      this.#disk?.gate("write", this.#database.name);
      if (durability === "synced") this.#disk?.gate("sync", this.#database.name);
      this.#database.transaction(action).immediate();
    } finally {
      if (before !== level) this.#database.pragma(`synchronous = ${before}`);
    }
  }

  get #synchronous(): number {
    return this.#database.pragma("synchronous", { simple: true }) as number;
  }

  #assertFull(): void {
    const actual = this.#synchronous;
    if (actual < pragmaFull) {
      throw new Error(`${logTable} is to be flushed and the database has synchronous=${actual}`);
    }
  }
}
