/**
 * Makes tables from what a snapshot and a log hold.
 *
 * It applies mutations, brought up to date where they are older (./schema), and that is all it can do: it knows no
 * reducer, no subscriber, no clock and no chance, so none of them can be touched by accident (P36). `replaying` is true
 * from the beginning until `finish`; whoever serves shows it and refuses calls and subscriptions until then (L4).
 */
import type { Schema } from "./schema.ts";
import type { Tables } from "./tables.ts";
import type { Committed, Mutation, Position, SchemaVersions } from "./types.ts";

export class Replay {
  readonly tables: Tables;
  /** What was applied; `migrated`: of those, what was written under an older version. */
  readonly counts = { rows: 0, transactions: 0, mutations: 0, migrated: 0 };
  readonly #schema: Schema;
  #position: Position;
  #replaying = true;

  /** `position`: the snapshot's, 0 without one. */
  constructor(tables: Tables, schema: Schema, position: Position) {
    this.tables = tables;
    this.#schema = schema;
    this.#position = position;
  }

  get replaying(): boolean {
    return this.#replaying;
  }

  /** Of the last transaction applied. */
  get position(): Position {
    return this.#position;
  }

  /** Rows of a snapshot. Throws SchemaError. */
  rows(rows: Iterable<Mutation>, versions: SchemaVersions): void {
    for (const row of rows) {
      this.#apply(row, versions);
      this.counts.rows += 1;
    }
  }

  /** Positions only grow; a gap is the log's to report. All of it is applied or, when it throws SchemaError, nothing. */
  transaction({ position, mutations, versions }: Committed): void {
    if (position <= this.#position)
      throw new RangeError(`transaction ${position} is replayed after ${this.#position}`);
    if (mutations.length === 1) this.#apply(mutations[0]!, versions);
    else this.#applyAll(mutations, versions);
    this.#position = position;
    this.counts.transactions += 1;
    this.counts.mutations += mutations.length;
  }

  finish(): void {
    this.#replaying = false;
  }

  #applyAll(mutations: readonly Mutation[], versions: SchemaVersions | null): void {
    const read = mutations.map((mutation) => this.#schema.read(mutation, versions));
    for (const [index, each] of read.entries()) this.#put(mutations[index]!, each);
  }

  #apply(mutation: Mutation, versions: SchemaVersions | null): void {
    this.#put(mutation, this.#schema.read(mutation, versions));
  }

  #put(written: Mutation, read: readonly Mutation[]): void {
    if (read.length !== 1 || read[0] !== written) this.counts.migrated += 1;
    for (const mutation of read) this.tables.apply(mutation);
  }
}
