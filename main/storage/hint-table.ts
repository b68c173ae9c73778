/** The table `hints`: writes kept for owners that could not be reached, one row for each of them and key. */
import type Database from "better-sqlite3";
import { asKey, asNodeId, type Key, type NodeId } from "../../shared/ids.ts";
import type { Hint } from "../../shared/replication/types.ts";
import { packState, type StoredState, unpackState } from "./states.ts";

export const hintTableSchema = `
CREATE TABLE hints (target TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, expires REAL NOT NULL,
  PRIMARY KEY (target, key)) WITHOUT ROWID;
`;

export class HintTable {
  readonly #statements: ReturnType<typeof prepare>;

  constructor(database: Database.Database) {
    this.#statements = prepare(database);
  }

  all(): Hint[] {
    return this.#statements.all.all().map(({ target, key, state, expires }) => ({
      target: asNodeId(target),
      key: asKey(key),
      state: unpackState(key, state),
      expires,
    }));
  }

  /** Replaces the hint for the same target and key. */
  keep({ target, key, state, expires }: Hint): void {
    this.#statements.put.run(target, key, packState(state), expires);
  }

  drop(target: NodeId, key: Key): void {
    this.#statements.drop.run(target, key);
  }
}

interface Row {
  readonly target: string;
  readonly key: string;
  readonly state: StoredState;
  readonly expires: number;
}

function prepare(database: Database.Database) {
  return {
    all: database.prepare<[], Row>("SELECT target, key, state, expires FROM hints"),
    put: database.prepare<[string, string, StoredState, number]>(
      "INSERT OR REPLACE INTO hints (target, key, state, expires) VALUES (?, ?, ?, ?)",
    ),
    drop: database.prepare<[string, string]>("DELETE FROM hints WHERE target = ? AND key = ?"),
  };
}
