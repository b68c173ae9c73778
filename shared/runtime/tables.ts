/**
 * The rows a node holds: the sum of its transactions, and nothing else.
 *
 * Every row is where some mutation put it, so whoever applies the same transactions in the same order to empty tables
 * holds the same rows (L4). No other way of changing a row exists: none is forgotten by a log that sees every mutation,
 * and none can tell a replay from the first time.
 *
 * Guarantees:
 * - Rows are held by reference, as the mutation that put them there, and never changed: a million keys cost a million
 *   map entries here, not a million copies.
 * - A picture shows every row exactly as it was at one moment, however long its reading takes and whatever is applied
 *   meanwhile. Taking it copies nothing.
 * - Equal rows have equal digests, in whatever order they came.
 *
 * Source: Gray and Reuter 1993, "Transaction Processing", §9 and §10 (state is the log applied).
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { canonicalText } from "./canonical.ts";
import { LayeredRows, type RowsPicture } from "./layered-rows.ts";
import type { Mutation, Row, Transaction } from "./types.ts";

export class Tables {
  readonly #modules = new Map<string, Map<string, LayeredRows>>();
  #index: number;

  /** `index`: the highest that was met before, as a snapshot's head has it. */
  constructor(index = 0) {
    this.#index = index;
  }

  /** The highest `Provenance.index` ever applied, that of rows which are gone included: no entry may have it again. */
  get index(): number {
    return this.#index;
  }

  /** Rows in all tables. */
  get count(): number {
    let count = 0;
    for (const [, , rows] of this.#each()) count += rows.size;
    return count;
  }

  row(module: string, table: string, key: string): Row | undefined {
    return this.mutation(module, table, key)?.row;
  }

  /** What put the row there. */
  mutation(module: string, table: string, key: string): Mutation | undefined {
    return this.#modules.get(module)?.get(table)?.get(key);
  }

  /** Rows of one table. */
  size(module: string, table: string): number {
    return this.#modules.get(module)?.get(table)?.size ?? 0;
  }

  apply(mutation: Mutation): void {
    const { module, table, from } = mutation;
    const rows = this.#modules.get(module)?.get(table) ?? this.#open(module, table);
    rows.apply(mutation);
    if (from !== undefined && from.index > this.#index) this.#index = from.index;
  }

  applyAll({ mutations }: Pick<Transaction, "mutations">): void {
    for (const mutation of mutations) this.apply(mutation);
  }

  /** Of one table, in the order they came; they may be changed while they are read, and stay as they were at first. */
  *rows(module: string, table: string): Generator<Mutation> {
    const picture = this.#modules.get(module)?.get(table)?.picture();
    if (picture === undefined) return;
    try {
      yield* picture.rows();
    } finally {
      picture.close();
    }
  }

  /** Of all modules but these. */
  *rowsBeside(modules: readonly string[]): Generator<Mutation> {
    for (const [module, tables] of this.#modules) {
      if (modules.includes(module)) continue;
      for (const table of tables.keys()) yield* this.rows(module, table);
    }
  }

  /** A second set of the same rows, which goes its own way from now on. */
  copy(): Tables {
    const copy = new Tables(this.#index);
    for (const [module, tables] of this.#modules) {
      copy.#modules.set(module, new Map(Array.from(tables, ([table, rows]) => [table, rows.copy()])));
    }
    return copy;
  }

  /** All tables as they are at this moment. Close it. */
  picture(): Picture {
    return new Picture(
      Array.from(this.#each(), ([, , rows]) => rows.picture()),
      this.#index,
    );
  }

  /** SHA-256, hex, of every row and where it came from: equal exactly when the rows are. Reads and sorts all there is. */
  digest(): string {
    const hash = sha256.create();
    const tables = [...this.#each()].filter(([, , { size }]) => size > 0);
    const names = new Map(
      tables.map(([module, table]) => [JSON.stringify([module, table]), [module, table]]),
    );
    for (const name of [...names.keys()].sort()) {
      const [module, table] = names.get(name)!;
      const rows = [...this.rows(module!, table!)].sort(byKey);
      hash.update(utf8ToBytes(`${name}${rows.length}\n`));
      for (const { key, row, from } of rows) {
        const origin = from === undefined ? "" : canonicalText({ ...from });
        hash.update(utf8ToBytes(`${JSON.stringify(key)}:${canonicalText(row!)}${origin}\n`));
      }
    }
    return bytesToHex(hash.digest());
  }

  #open(module: string, table: string): LayeredRows {
    const tables = this.#modules.get(module) ?? new Map<string, LayeredRows>();
    this.#modules.set(module, tables);
    const rows = new LayeredRows();
    tables.set(table, rows);
    return rows;
  }

  *#each(): Generator<[module: string, table: string, rows: LayeredRows]> {
    for (const [module, tables] of this.#modules) {
      for (const [table, rows] of tables) yield [module, table, rows];
    }
  }
}

/** All rows as they were at one moment, each once. */
class Picture {
  readonly count: number;
  /** Of the tables at that moment. */
  readonly index: number;
  readonly #tables: readonly RowsPicture[];
  readonly #rest: Iterator<Mutation>;

  constructor(tables: readonly RowsPicture[], index: number) {
    this.#tables = tables;
    this.index = index;
    this.count = tables.reduce((sum, { size }) => sum + size, 0);
    this.#rest = this.#rows();
  }

  /** The next `max` rows at most; none when all have been taken. */
  take(max: number): Mutation[] {
    const taken: Mutation[] = [];
    while (taken.length < max) {
      const next = this.#rest.next();
      if (next.done === true) break;
      taken.push(next.value);
    }
    return taken;
  }

  /** Changes stop piling up above it. It cannot be read any more. Closing twice does no harm. */
  close(): void {
    for (const table of this.#tables) table.close();
  }

  *#rows(): Generator<Mutation> {
    for (const table of this.#tables) yield* table.rows();
  }
}

export type { Picture };

const byKey = (a: Mutation, b: Mutation) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
