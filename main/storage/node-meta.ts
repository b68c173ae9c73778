/** The table `meta` of node.db: what a node must know before it knows anything else. */
import type Database from "better-sqlite3";

export class NodeMeta {
  readonly #get: Database.Statement<[string], { value: string }>;
  readonly #put: Database.Statement<[string, string]>;

  constructor(database: Database.Database) {
    this.#get = database.prepare("SELECT value FROM meta WHERE name = ?");
    this.#put = database.prepare(
      "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    );
  }

  get(name: string): string | undefined {
    return this.#get.get(name)?.value;
  }

  /** Within a transaction of the caller's. */
  put(name: string, value: string): void {
    this.#put.run(name, value);
  }
}
