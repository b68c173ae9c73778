/**
 * The transactions of node.db: what each promises, and what the disk's faults make of them.
 *
 * A transaction that is flushed is on the disk when `transact` returns (synchronous=FULL: in WAL mode SQLite otherwise
 * flushes only at checkpoints, and a power cut takes acknowledged writes with it). One that is not is with the operating
 * system: it survives SIGKILL, and nothing else.
 *
 * SQLite writes past the disk that a lab makes fail, so that disk is asked before each of its transactions, and what was
 * not flushed is taken back when its power goes.
 */
import type Database from "better-sqlite3";
import type { FaultyDisk } from "./disk/faulty-disk.ts";
import { SqlitePowerCut } from "./disk/sqlite-power-cut.ts";

const pragmaNormal = 1;
const pragmaFull = 2;
/** SQLite lowers the setting at the first write in WAL mode unless it was set by hand: asked for beyond that one. */
const flushesChecked = 10;

export class NodeSql {
  readonly database: Database.Database;
  readonly counts = { flushes: 0 };
  readonly #disk: FaultyDisk;
  readonly #powerCut: SqlitePowerCut;
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;
  readonly #rollback: Database.Statement;
  #synchronous = 0;
  #isForgotten = false;
  /** A transaction of somebody else's was flushed, and that has not been noted yet. */
  #isFlushedElsewhere = false;

  constructor(database: Database.Database, disk: FaultyDisk) {
    this.database = database;
    this.#disk = disk;
    this.#powerCut = new SqlitePowerCut(database.name);
    disk.onPowerCut(() => {
      if (this.#isForgotten) return;
      this.#noteFlushElsewhere();
      this.#powerCut.cut();
    });
    this.#begin = database.prepare("BEGIN IMMEDIATE");
    this.#commit = database.prepare("COMMIT");
    this.#rollback = database.prepare("ROLLBACK");
  }

  /** The database is closed, and another file may get its name. */
  forget(): void {
    this.#isForgotten = true;
  }

  /** What a store with transactions of its own in this database asks before each: the disk, and to be noted here. */
  gate(operation: "write" | "sync", path: string): void {
    this.#disk.gate(operation, path);
    if (operation === "sync") this.#isFlushedElsewhere = true;
  }

  /** All that `action` writes, or nothing of it when this throws. */
  transact(flush: boolean, action: () => void): void {
    this.#noteFlushElsewhere();
    this.#setSynchronous(flush ? pragmaFull : pragmaNormal);
    this.#disk.gate("write", this.database.name);
    this.#begin.run();
    try {
      action();
      if (flush) this.#disk.gate("sync", this.database.name);
      this.#commit.run();
    } catch (error) {
      if (this.database.inTransaction) this.#rollback.run();
      throw error;
    }
    if (!flush) return;
    this.counts.flushes += 1;
    this.#powerCut.flushed();
  }

  /** Between two transactions here, that one has come to its end. */
  #noteFlushElsewhere(): void {
    if (!this.#isFlushedElsewhere) return;
    this.#isFlushedElsewhere = false;
    this.#powerCut.flushed();
  }

  #setSynchronous(level: number): void {
    if (this.#synchronous === level) return;
    this.database.exec(`PRAGMA synchronous = ${level}`);
    if (level === pragmaFull && this.counts.flushes < flushesChecked) this.#assertFull();
    this.#synchronous = level;
  }

  #assertFull(): void {
    const actual = this.database.pragma("synchronous", { simple: true });
    if (actual !== pragmaFull)
      throw new Error(`SQLite keeps synchronous=${String(actual)} where FULL was set`);
  }
}
