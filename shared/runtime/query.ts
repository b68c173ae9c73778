/**
 * Questions about the tables that change nothing: a module's own queries, and for every module `rows`, which lists those
 * of a table or of a range of its keys. A host asks the tables it has made durable, so an answer never tells of what a
 * crash could still take back.
 */
import { z } from "zod";
import { isInRange, keyRangeSchema } from "./key-range.ts";
import { type Module, namesOf, type Query, query, ReducerError } from "./module.ts";
import { type CallError, errorOf, moduleNamed } from "./runtime.ts";
import { TableView } from "./table-access.ts";
import type { Tables } from "./tables.ts";
import type { Row } from "./types.ts";

export interface QueryCall {
  readonly module: string;
  readonly query: string;
  readonly args?: unknown;
}

export type QueryOutcome =
  | { readonly ok: true; readonly result: Row }
  | { readonly ok: false; readonly error: CallError };

const rowsMax = 1_000;
/** A row may be as long as a value. */
const lettersMax = 8 * 1024 * 1024;

/**
 * `modules` by name. `rows` takes { table, keys?, limit? } and gives { rows: [[key, row], …], next } by key: 1,000 at most,
 * fewer where they are long. `next` is the key of the one after them: null when there is none.
 */
export function ask(tables: Tables, modules: ReadonlyMap<string, Module>, call: QueryCall): QueryOutcome {
  try {
    const module = moduleNamed(modules, call.module);
    const view = new TableView(tables, module);
    if (Object.hasOwn(module.queries, call.query))
      return { ok: true, result: module.queries[call.query]!.run(view, call.args) };
    if (call.query === "rows") return { ok: true, result: rowsOf(module).run(view, call.args) };
    const there = namesOf(["rows", ...Object.keys(module.queries)].sort(), "none");
    throw new ReducerError(
      "no_such_query",
      `Module ${module.name} has no query "${call.query}": its queries are ${there}.`,
    );
  } catch (error) {
    return { ok: false, error: errorOf(error, `${call.module}.${call.query}`) };
  }
}

const rowsOf = ({ name, tables }: Module): Query =>
  query(
    {
      table: z.string(),
      keys: keyRangeSchema.optional(),
      limit: z.int().min(1).max(rowsMax).optional(),
    },
    (view, { table, keys = {}, limit = rowsMax }) => {
      if (!tables.includes(table)) {
        throw new ReducerError(
          "no_such_table",
          `Module ${name} has no table "${table}": its tables are ${namesOf(tables, "none")}.`,
        );
      }
      const found = [...view.rows(table)].filter(([key]) => isInRange(key, keys));
      found.sort(([a], [b]) => (a < b ? -1 : 1));
      const shown = found.slice(0, fitting(found, limit));
      return { rows: shown, next: found[shown.length]?.[0] ?? null };
    },
  );

/** How many of the rows: one at least, and no more than an answer may hold. */
function fitting(rows: readonly (readonly [string, Row])[], limit: number): number {
  let letters = 0;
  const tooMany = rows.findIndex(([, row], index) => {
    letters += JSON.stringify(row).length;
    return index === limit || (index > 0 && letters > lettersMax);
  });
  return tooMany === -1 ? rows.length : tooMany;
}
