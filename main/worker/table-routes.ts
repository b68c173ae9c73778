/**
 * `GET /api/v1/tables/{module}/{table}`: rows as they are committed, a page at a time, in the order of their keys; and
 * `POST /api/v1/query/{module}/{query}`: what a module says of them. Neither changes anything.
 */
import { isInRange } from "../../shared/runtime/key-range.ts";
import type { Module } from "../../shared/runtime/module.ts";
import { ask } from "../../shared/runtime/query.ts";
import type { Tables } from "../../shared/runtime/tables.ts";
import type { Mutation, Position } from "../../shared/runtime/types.ts";
import { callError } from "./call-errors.ts";
import { HttpError } from "./http.ts";

export const tablesPath = "/api/v1/tables/";
export const queryPath = "/api/v1/query/";

/** A row may be as long as a value, and a page has a thousand. */
const pageLettersMax = 8 * 1024 * 1024;

export interface TableService {
  /** What is durable as the node promises it, and nothing else. */
  readonly tables: Tables;
  /** Up to which transaction the tables are. */
  readonly position: Position;
  readonly modules: ReadonlyMap<string, Module>;
}

export interface TablePage {
  /** Inclusive. */
  readonly from: string | null;
  /** Exclusive. */
  readonly to: string | null;
  readonly limit: number;
}

/** Throws HttpError "not_found". */
export function tableRows({ tables, position, modules }: TableService, path: string, page: TablePage) {
  const [module = "", table = ""] = namesIn(path, tablesPath);
  if (!modules.get(module)?.tables.includes(table)) {
    const known = [...modules.values()].flatMap(({ name, tables: list }) =>
      list.map((one) => `${name}/${one}`),
    );
    throw new HttpError("not_found", `There is no table ${module}/${table}; there are ${known.join(", ")}.`);
  }
  const keys = { ...(page.from !== null && { from: page.from }), ...(page.to !== null && { to: page.to }) };
  const within: Mutation[] = [];
  for (const row of tables.rows(module, table)) if (isInRange(row.key, keys)) within.push(row);
  within.sort((a, b) => (a.key < b.key ? -1 : 1));
  const shown = within.slice(0, rowsOf(within, page.limit));
  return {
    module,
    table,
    /** A subscription after it misses nothing that is not in the rows. */
    position,
    rows: shown.map(({ key, row, from }) => ({ key, row, ...(from && { from }) })),
    /** Where the next page begins; null when this is the last. */
    next: within[shown.length]?.key ?? null,
  };
}

/** Rows of a page: one at least, and no more than an answer may hold. */
function rowsOf(rows: readonly Mutation[], limit: number): number {
  let letters = 0;
  const tooMany = rows.findIndex(({ row }, index) => {
    letters += JSON.stringify(row).length;
    return index === limit || (index > 0 && letters > pageLettersMax);
  });
  return tooMany === -1 ? rows.length : tooMany;
}

/** Throws HttpError. */
export function answerQuery({ tables, position, modules }: TableService, path: string, args: unknown) {
  const [module = "", query = ""] = namesIn(path, queryPath);
  const outcome = ask(tables, modules, { module, query, args });
  if (!outcome.ok) throw callError(outcome.error);
  return { module, query, position, result: outcome.result };
}

/** The two names behind a prefix. Throws HttpError. */
export function namesIn(path: string, prefix: string): string[] {
  const names = path.slice(prefix.length).split("/");
  if (names.length !== 2 || names.includes("")) {
    throw new HttpError("not_found", `There is nothing at ${path}; it is like ${prefix}bank/accounts.`);
  }
  try {
    return names.map((name) => decodeURIComponent(name));
  } catch {
    throw new HttpError("bad_input", `${path} is not a well-formed path.`);
  }
}
