/**
 * Vector clocks in a table. Inside a node's own database the save is one more statement of the transaction that
 * stores the data, so that clock and data can never part: the cheapest of the durable stores, and the default.
 *
 * A row that cannot be trusted is set aside under a name that no node can have, in the same table.
 */
import type Database from "better-sqlite3";
import type { VectorClock } from "../../../shared/clock/vector-clock.ts";
import type { NodeId } from "../../../shared/ids.ts";
import { decodeStoredClock, encodeStoredClock, type StoredClock } from "./stored-clock.ts";
import {
  assertNode,
  assertStorable,
  closedError,
  type OnCorrupt,
  type VectorClockStore,
  VectorClockStoreError,
} from "./vector-clock-store.ts";

export class SqliteClockStore implements VectorClockStore {
  readonly #database: Database.Database;
  readonly #onCorrupt: OnCorrupt;
  readonly #save: Database.Statement<[string, string | Buffer]>;
  readonly #load: Database.Statement<[string], { counters: StoredClock }>;
  readonly #delete: Database.Statement<[string]>;
  #closed = false;

  /** Makes its table when there is none. The database stays its owner's to close. */
  constructor(database: Database.Database, onCorrupt: OnCorrupt = "set-aside") {
    this.#database = database;
    this.#onCorrupt = onCorrupt;
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
    this.#assertOpen();
    assertStorable(node, clock);
    this.#attempt(() => this.#save.run(node, encodeStoredClock(clock)));
  }

  load(node: NodeId): VectorClock | null {
    this.#assertOpen();
    assertNode(node);
    const row = this.#attempt(() => this.#load.get(node));
    if (row === undefined) return null;
    const found = decodeStoredClock(row.counters);
    if ("clock" in found) return found.clock;
    const what = `The vector clock of ${node} in ${this.#database.name} ${found.problem}`;
    const wayOut = `Put a good one into table "clock" (JSON like {"node-1":42}), or start without: timestamps may then repeat.`;
    if (this.#onCorrupt === "leave") {
      throw new VectorClockStoreError("corrupt", `${what}; nothing was changed. ${wayOut}`);
    }
    const aside = this.#setAside(node);
    throw new VectorClockStoreError("corrupt", `${what}; its row was set aside as "${aside}". ${wayOut}`);
  }

  has(node: NodeId): boolean {
    this.#assertOpen();
    assertNode(node);
    return this.#attempt(() => this.#load.get(node)) !== undefined;
  }

  delete(node: NodeId): void {
    this.#assertOpen();
    assertNode(node);
    this.#attempt(() => this.#delete.run(node));
  }

  close(): void {
    this.#closed = true;
  }

  #setAside(node: NodeId): string {
    const named = `${node} corrupt ${Date.now()}`;
    let aside = named;
    for (let number = 2; this.#load.get(aside) !== undefined; number++) aside = `${named} ${number}`;
    this.#attempt(() => this.#database.prepare("UPDATE clock SET node = ? WHERE node = ?").run(aside, node));
    return aside;
  }

  #assertOpen(): void {
    if (this.#closed) throw closedError();
  }

  #attempt<Result>(action: () => Result): Result {
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
