/**
 * Vector clocks in a table. Inside a node's own database the save is one more statement of the transaction that
 * stores the data, so that clock and data can never part: the cheapest of the durable stores, and the default.
 */
import Database from "better-sqlite3";
import { isVectorClock, type VectorClock } from "../../../shared/clock/vector-clock.ts";
import type { NodeId } from "../../../shared/ids.ts";
import {
  assertNode,
  assertStorable,
  closedError,
  type VectorClockStore,
  VectorClockStoreError,
} from "./vector-clock-store.ts";

export class SqliteClockStore implements VectorClockStore {
  readonly #database: Database.Database;
  readonly #save: Database.Statement<[string, string]>;
  readonly #load: Database.Statement<[string], { counters: string }>;
  readonly #delete: Database.Statement<[string]>;
  #closed = false;

  /** Makes its table when there is none. The database stays its owner's to close. */
  constructor(database: Database.Database) {
    this.#database = database;
    database.exec(
      "CREATE TABLE IF NOT EXISTS clock (node TEXT PRIMARY KEY, counters TEXT NOT NULL) WITHOUT ROWID",
    );
    this.#save = database.prepare(
      "INSERT INTO clock (node, counters) VALUES (?, ?) ON CONFLICT (node) DO UPDATE SET counters = excluded.counters",
    );
    this.#load = database.prepare("SELECT counters FROM clock WHERE node = ?");
    this.#delete = database.prepare("DELETE FROM clock WHERE node = ?");
  }

  /** Durable when the surrounding transaction is; by itself as durable as the database's `synchronous` setting. */
  save(node: NodeId, clock: VectorClock): void {
    assertStorable(node, clock);
    this.#attempt(() => this.#save.run(node, JSON.stringify(clock)));
  }

  load(node: NodeId): VectorClock | null {
    assertNode(node);
    const row = this.#attempt(() => this.#load.get(node));
    if (row === undefined) return null;
    let clock: unknown;
    try {
      clock = JSON.parse(row.counters);
    } catch {
      clock = null;
    }
    if (isVectorClock(clock)) return clock;
    throw new VectorClockStoreError(
      "corrupt",
      `The vector clock of ${node} in ${this.#database.name} is damaged. Correct its row in table "clock", or delete the row to start without: timestamps may then repeat.`,
    );
  }

  has(node: NodeId): boolean {
    assertNode(node);
    return this.#attempt(() => this.#load.get(node)) !== undefined;
  }

  delete(node: NodeId): void {
    assertNode(node);
    this.#attempt(() => this.#delete.run(node));
  }

  close(): void {
    this.#closed = true;
  }

  #attempt<Result>(action: () => Result): Result {
    if (this.#closed) throw closedError();
    try {
      return action();
    } catch (error) {
      throw new VectorClockStoreError(
        "io",
        `The vector clocks in ${this.#database.name} cannot be reached; check the disk's free space and permissions. (${String(error)})`,
        error,
      );
    }
  }
}
