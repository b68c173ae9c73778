/**
 * A module: tables, and the only named ways to change and to read them.
 *
 * A module is a plain value, so whoever embeds a node adds modules of their own beside those in ./modules:
 *
 *     const stock: Module = {
 *       name: "stock",
 *       version: 1,
 *       tables: ["items"],
 *       reducers: {
 *         take: reducer({ item: z.string(), count: z.int().min(1) }, (tables, { item, count }) => {
 *           const left = Number(tables.get("items", item) ?? 0) - count;
 *           if (left < 0) throw new ReducerError("sold_out", `There are not ${count} of ${item} left.`);
 *           tables.put("items", item, left);
 *           return left;
 *         }),
 *       },
 *       queries: {},
 *       migrations: [],
 *     };
 *
 * What a reducer may do: read and write the tables of its own module, ask its context for the time, for chance and for
 * the node's name. All that it changes is logged, or nothing when it throws. It is called once for each request that
 * reaches it, and never again: a replay applies what it changed (P36). `version` goes up with each change of the shape of
 * its rows, and a migration with it (./schema).
 *
 * Source: reducers as in SpacetimeDB; "log the effects, not the command": Gray and Reuter 1993, §9.
 */
import type { z } from "zod";
import { strictObject } from "zod";
import type { NodeId, TimeMs } from "../ids.ts";
import type { Mutation, Row } from "./types.ts";

/** What a query may do with the tables of its module. */
export interface TableReader {
  get(table: string, key: string): Row | undefined;
  /** In no particular order; may be changed while it is read. */
  rows(table: string): Iterable<readonly [key: string, row: Row]>;
}

/** What a reducer may do with them. It reads what it has just written. */
export interface TableWriter extends TableReader {
  put(table: string, key: string, row: Row): void;
  delete(table: string, key: string): void;
}

export interface CallContext {
  /** What the node's wall clock shows: right or wrong, and not repeatable. */
  readonly now: TimeMs;
  /** At least 0, below 1. */
  readonly random: () => number;
  readonly node: NodeId;
}

export interface Reducer {
  /** Names of its arguments, for people. */
  readonly takes: readonly string[];
  /** Throws ReducerError when it refuses. What it returns goes to the caller. */
  run(tables: TableWriter, args: unknown, context: CallContext): Row | undefined;
}

export interface Query {
  readonly takes: readonly string[];
  run(tables: TableReader, args: unknown): Row;
}

/** One step from a version of a module's rows to the next: a numbered file each. */
export interface Migration {
  /** From the one before. */
  readonly to: number;
  /** What it does, for people: goes after "version 2". */
  readonly about: string;
  /** What takes the place of a mutation of the older version: usually one. It may ask for nothing but the mutation. */
  migrate(mutation: Mutation): readonly Mutation[];
}

export interface Module {
  readonly name: string;
  /** Of its rows, from 1. */
  readonly version: number;
  readonly tables: readonly string[];
  readonly reducers: Readonly<Record<string, Reducer>>;
  readonly queries: Readonly<Record<string, Query>>;
  /** Without gaps, the last to `version`. */
  readonly migrations: readonly Migration[];
  /** Why nobody may call it, and what to do instead: one sentence. */
  readonly closed?: string;
}

/** A reducer or a query says no: nothing has changed. `code` is for programs, the sentence for people. */
export class ReducerError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = "ReducerError";
    this.code = code;
  }
}

type Arguments<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape, z.core.$strict>>;

/** With its arguments checked: wrong ones are refused as `bad_arguments` before it runs. */
export function reducer<Shape extends z.ZodRawShape>(
  shape: Shape,
  run: (tables: TableWriter, args: Arguments<Shape>, context: CallContext) => Row | undefined,
): Reducer {
  const parse = parserOf(shape);
  return {
    takes: Object.keys(shape),
    run: (tables, args, context) => run(tables, parse(args), context),
  };
}

/** Likewise. */
export function query<Shape extends z.ZodRawShape>(
  shape: Shape,
  run: (tables: TableReader, args: Arguments<Shape>) => Row,
): Query {
  const parse = parserOf(shape);
  return { takes: Object.keys(shape), run: (tables, args) => run(tables, parse(args)) };
}

function parserOf<Shape extends z.ZodRawShape>(shape: Shape): (args: unknown) => Arguments<Shape> {
  const schema = strictObject(shape);
  const takes = namesOf(Object.keys(shape), "nothing");
  return (args) => {
    const parsed = schema.safeParse(args ?? {});
    if (parsed.success) return parsed.data;
    const problems = parsed.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.join(".")}: ${message}`,
    );
    throw new ReducerError("bad_arguments", `It takes ${takes}. ${problems.join("; ")}.`);
  };
}

export const namesOf = (names: readonly string[], none: string) =>
  names.length === 0 ? none : names.join(", ");
