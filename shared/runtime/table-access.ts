/**
 * A module's own tables, while one of its reducers or queries runs.
 *
 * What a reducer writes stays here until it has returned: it reads its own writes, nobody else sees them, and when it
 * throws they are simply not there. Out of it come the mutations: one for each row, the last word on it.
 */
import type { Module, TableReader, TableWriter } from "./module.ts";
import { frozen, problemOfKey, problemOfRow } from "./rows.ts";
import type { Tables } from "./tables.ts";
import type { Mutation, Row } from "./types.ts";

export class TableView implements TableReader {
  protected readonly tables: Tables;
  protected readonly module: Module;

  constructor(tables: Tables, module: Module) {
    this.tables = tables;
    this.module = module;
  }

  get(table: string, key: string): Row | undefined {
    this.check(table);
    return frozen(this.tables.row(this.module.name, table, key));
  }

  *rows(table: string): Generator<readonly [string, Row]> {
    this.check(table);
    for (const { key, row } of this.tables.rows(this.module.name, table)) yield [key, frozen(row!)];
  }

  /** Throws TypeError: the module's mistake. */
  protected check(table: string): void {
    const { name, tables } = this.module;
    if (!tables.includes(table))
      throw new TypeError(`module ${name} has no table ${table}: it has ${tables.join(", ")}`);
  }
}

export class WriteView extends TableView implements TableWriter {
  readonly #written = new Map<string, Map<string, Row | undefined>>();
  #isOver = false;

  override get(table: string, key: string): Row | undefined {
    const written = this.#written.get(table);
    return written?.has(key) ? written.get(key) : super.get(table, key);
  }

  override *rows(table: string): Generator<readonly [string, Row]> {
    const written = new Map(this.#written.get(table));
    for (const [key, row] of super.rows(table)) if (!written.has(key)) yield [key, row];
    for (const [key, row] of written) if (row !== undefined) yield [key, row];
  }

  put(table: string, key: string, row: Row): void {
    const problem = problemOfRow(row);
    if (problem !== null) throw new TypeError(`the row of ${this.module.name}.${table} ${key} ${problem}`);
    this.#write(table, key, frozen(row));
  }

  delete(table: string, key: string): void {
    this.#write(table, key, undefined);
  }

  /** All that was written, and the end of it: a reducer that kept the view for later finds it closed. */
  finish(): Mutation[] {
    this.#isOver = true;
    const module = this.module.name;
    return [...this.#written].flatMap(([table, rows]) =>
      Array.from(rows, ([key, row]) => ({ module, table, key, row })).filter(
        ({ key, row }) => row !== undefined || this.tables.row(module, table, key) !== undefined,
      ),
    );
  }

  #write(table: string, key: string, row: Row | undefined): void {
    if (this.#isOver) throw new TypeError("a reducer has written after it returned");
    this.check(table);
    const problem = problemOfKey(key);
    if (problem !== null) throw new TypeError(`the key of a row of ${this.module.name}.${table} ${problem}`);
    const rows = this.#written.get(table);
    if (rows === undefined) this.#written.set(table, new Map([[key, row]]));
    else rows.set(key, row);
  }
}
