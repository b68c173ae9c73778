/** Values of a history: how they are shown, and which cannot be kept. */
import type { Json } from "../trace/event.ts";

/** Deeper values than this are refused: none is meant, and recursion has an end. */
const depthMax = 100;

export const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/** As people read it, cut to a length that fits a line. */
export function inShort(value: Json, lengthMax = 60): string {
  const text = JSON.stringify(value);
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`;
}

/** Why a value that was read cannot be relied on, in words that follow "value"; null when it can. */
export function problemOfValue(value: Json, depth = 0): string | null {
  if (typeof value === "number") {
    const isKept = !Number.isInteger(value) || Number.isSafeInteger(value);
    return isKept ? null : `has a whole number above 2^53, which would be rounded; write it as a string`;
  }
  if (typeof value !== "object" || value === null) return null;
  if (depth >= depthMax) return `is nested more than ${depthMax} deep`;
  for (const item of isList(value) ? value : Object.values(value)) {
    const problem = problemOfValue(item, depth + 1);
    if (problem !== null) return problem;
  }
  return null;
}
