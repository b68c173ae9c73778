/**
 * What may stand in a table, checked where it enters: a row that reads back from a log as something else than what was
 * put would part a node from its own replay. So a row is what JSON can say without loss: no NaN, no -0, no undefined in a
 * list, no half of a surrogate pair. Rows are frozen: one changed in place would be a change that no log has seen.
 */
import type { Row } from "./types.ts";

const depthMax = 100;
const rowKeyCharactersMax = 1_024;

/** Null when `value` is a row; else what is wrong with it, to go after its name. */
export function problemOfRow(value: unknown, depth = 0): string | null {
  if (depth > depthMax) return `is nested more than ${depthMax} deep`;
  switch (typeof value) {
    case "boolean":
      return null;
    case "string":
      return value.isWellFormed() ? null : "holds text that is not well-formed Unicode";
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0) ? null : `holds the number ${numberName(value)}`;
    case "object":
      if (value === null) return null;
      if (Array.isArray(value)) return firstProblem(value, depth);
      if (!isPlain(value)) return "holds an object that is not a plain one";
      if (!Object.keys(value).every((name) => name.isWellFormed() && name !== "__proto__"))
        return "holds a name that no row may have";
      return firstProblem(
        Object.values(value).filter((field) => field !== undefined),
        depth,
      );
    default:
      return `holds something that is no JSON (${typeof value})`;
  }
}

/** Null when it may be the key of a row. */
export function problemOfKey(key: unknown): string | null {
  if (typeof key !== "string" || key === "") return "is not a text of one character or more";
  if (key.length > rowKeyCharactersMax) return `is longer than ${rowKeyCharactersMax} characters`;
  return key.isWellFormed() ? null : "is not well-formed Unicode";
}

/** The row itself, which nobody can change from now on. */
export function frozen<Value extends Row | undefined>(row: Value): Value {
  if (typeof row === "object" && row !== null && !Object.isFrozen(row)) {
    Object.freeze(row);
    for (const field of Object.values(row)) frozen(field);
  }
  return row;
}

const numberName = (value: number) => (Object.is(value, -0) ? "-0" : String(value));

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function firstProblem(values: readonly unknown[], depth: number): string | null {
  for (const value of values) {
    const problem = problemOfRow(value, depth + 1);
    if (problem !== null) return problem;
  }
  return null;
}
