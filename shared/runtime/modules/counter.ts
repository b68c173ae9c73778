/** Counters with names: the smallest module there is. A counter that nobody has touched stands at 0. */
import { z } from "zod";
import { type Module, query, reducer, ReducerError, type TableReader, type TableWriter } from "../module.ts";

const name = z.string().min(1).max(200);
const valueOf = (tables: TableReader, counter: string) => (tables.get("counters", counter) ?? 0) as number;

function add(tables: TableWriter, counter: string, by: number): number {
  const value = valueOf(tables, counter) + by;
  if (!Number.isSafeInteger(value))
    throw new ReducerError("too_large", `Counter ${counter} cannot count that far; reset it first.`);
  tables.put("counters", counter, value);
  return value;
}

export const counter: Module = {
  name: "counter",
  version: 1,
  tables: ["counters"],
  reducers: {
    increment: reducer({ name }, (tables, args) => add(tables, args.name, 1)),
    add: reducer({ name, by: z.int() }, (tables, args) => add(tables, args.name, args.by)),
    /** Gives what it stood at. */
    reset: reducer({ name }, (tables, args) => {
      const value = valueOf(tables, args.name);
      tables.delete("counters", args.name);
      return value;
    }),
  },
  queries: { value: query({ name }, (tables, args) => valueOf(tables, args.name)) },
  migrations: [],
};
