/** What the schema says of a scenario that does not fit it, in a sentence a person can act on. */
import type { z } from "zod";
import { listed } from "../expectations/ranges.ts";
import { scenarioSchema, type Scenario } from "../schema.ts";
import { type Path, placeOf, type Problem, subjectOf, suggestion } from "./problem.ts";

type Issue = z.core.$ZodIssue;

/** The scenario, or everything that is wrong with its shape. */
export function shaped(source: unknown): { scenario: Scenario } | { problems: readonly Problem[] } {
  const result = scenarioSchema.safeParse(source, {
    // What may stand where an unknown field stands is known only to the schema that met it.
    error: (issue) => (issue.code === "unrecognized_keys" ? knownFields(issue.inst) : undefined),
  });
  if (result.success) return { scenario: result.data };
  return { problems: withoutSequels(result.error.issues.map((issue) => told(issue, [], source))) };
}

const knownFields = (schema: unknown): string => {
  const { def } = schema as { def: { shape?: object } };
  return Object.keys("shape" in def ? (def.shape ?? {}) : {}).join(" ");
};

/**
 * How well a value fits what was wanted there, so that of several alternatives the one that was meant is told of:
 * 0 the right kind of thing with something wrong inside it, 1 other fields than these, 2 another kind of thing.
 */
type Misfit = 0 | 1 | 2;
interface Told {
  readonly problem: Problem;
  /** A field that has to be there and is not: often because its name was written wrong. */
  readonly isMissing?: boolean;
  readonly misfit: Misfit;
  /** Names of fields that would have been understood here. */
  readonly fields: readonly string[];
  /** Kinds of values that would have been. */
  readonly kinds: readonly string[];
}

function told(issue: Issue, base: Path, source: unknown): Told {
  const path = [...base, ...(issue.path as (string | number)[])];
  if (issue.code === "invalid_union") {
    const one = ofAlternatives(issue, path, source);
    // Seen from outside, whatever is wrong deeper inside leaves the outer shape right.
    return issue.path.length === 0 ? one : { ...one, misfit: 0, fields: [], kinds: [] };
  }
  const value = valueAt(source, path);
  const isRoot = issue.path.length === 0;
  const one = (message: string, misfit: Misfit = 0, kinds: readonly string[] = []): Told => ({
    problem: { path, message },
    misfit,
    fields: [],
    kinds,
  });
  switch (issue.code) {
    case "unrecognized_keys": {
      const key = issue.keys[0]!;
      const known = issue.message.split(" ");
      const choice = suggestion(key, known) || `: it has ${listed(known)}`;
      const message = `"${key}" is no field of ${placeOf(path)}${choice}`;
      return {
        problem: { path: [...path, key], message },
        misfit: isRoot ? 1 : 0,
        fields: known,
        kinds: [],
      };
    }
    case "invalid_type": {
      if (value === undefined && path.length > 0) {
        return missing(path);
      }
      const kind = kindWords(issue.expected);
      return one(`${subjectOf(path)} must be ${kind}, not ${shown(value)}`, isRoot ? 2 : 0, [kind]);
    }
    case "invalid_value": {
      const values = issue.values.map(String);
      if (value === undefined) return missing(path);
      const hint = typeof value === "string" ? suggestion(value, values) : "";
      const wanted = values.length === 1 ? values[0]! : `one of ${listed(values, "or")}`;
      return one(`${subjectOf(path)} must be ${wanted}, not ${shown(value)}${hint}`, isRoot ? 2 : 0, [
        wanted,
      ]);
    }
    case "too_small":
      return one(`${subjectOf(path)} ${limitWords(issue.origin, "least", Number(issue.minimum))}`);
    case "too_big":
      return one(`${subjectOf(path)} ${limitWords(issue.origin, "most", Number(issue.maximum))}`);
    case "invalid_key":
      return one(
        `"${path.at(-1)}" cannot be a name in ${placeOf(path.slice(0, -1))}: it has 1 to 100 characters`,
      );
    default:
      return one(`${subjectOf(path)} ${issue.message}`);
  }
}

const missing = (path: Path): Told => ({
  problem: { path, message: `"${path.at(-1)}" is missing in ${placeOf(path.slice(0, -1))}` },
  isMissing: true,
  misfit: 0,
  fields: [String(path.at(-1))],
  kinds: [],
});

/** Where a field has an unknown name, the one that is missing beside it is what was meant. */
function withoutSequels(all: readonly Told[]): Problem[] {
  const parent = ({ problem }: Told) => JSON.stringify(problem.path.slice(0, -1));
  const explained = new Set(all.filter((one) => one.fields.length > 1).map(parent));
  return all.filter((one) => one.isMissing !== true || !explained.has(parent(one))).map((one) => one.problem);
}

function ofAlternatives(issue: Issue & { code: "invalid_union" }, path: Path, source: unknown): Told {
  const alternatives = issue.errors
    .filter((issues) => issues.length > 0)
    .map((issues) => issues.map((inner) => told(inner, path, source)).reduce(worse));
  const value = valueAt(source, path);
  const misfit = Math.min(2, ...alternatives.map((alternative) => alternative.misfit)) as Misfit;
  const closest = alternatives.filter((alternative) => alternative.misfit === misfit);
  const fields = [...new Set(closest.flatMap((alternative) => alternative.fields))];
  const kinds = [...new Set(closest.flatMap((alternative) => alternative.kinds))];
  const is = (message: string): Told => ({ problem: { path, message }, misfit, fields, kinds });
  if (misfit === 2) return is(`${subjectOf(path)} must be ${listed(kinds, "or")}, not ${shown(value)}`);
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
  const written = isMap ? Object.keys(value) : [];
  const { noun, place } = nounOf(path);
  if (isMap && written.length === 0) {
    return is(`the ${noun} of ${place} is empty: it needs one of ${listed(fields, "or")}`);
  }
  if (misfit === 0 || closest.length === 1) return { ...closest[0]!, misfit, fields, kinds };
  const strange = written.find((name) => !fields.includes(name));
  if (strange === undefined) {
    return is(
      `the ${noun} of ${place} has one name, and this one has ${listed(written)}: write them one by one`,
    );
  }
  const hint = suggestion(strange, fields);
  const isShort = hint === "" || fields.length < 5;
  const known = `${isShort ? fields.join(", ") : `${fields.slice(0, 3).join(", ")}, …`}${hint}`;
  const message = `the ${noun} "${strange}" of ${place} is none of ${known}`;
  return { problem: { path: [...path, strange], message }, misfit, fields, kinds };
}

/** Of one alternative the issue that says most about whether it was meant. */
const worse = (a: Told, b: Told): Told => {
  const isTelling = b.misfit > a.misfit || (b.misfit === a.misfit && a.isMissing === true);
  const chosen = isTelling ? b : a;
  return { ...chosen, fields: [...a.fields, ...b.fields] };
};

/** What a name with alternatives is a name of, and where. */
function nounOf(path: Path): { readonly noun: string; readonly place: string } {
  if (path[0] === "expect") return { noun: "expectation", place: "the scenario" };
  const place = placeOf(path.slice(0, path[0] === "planned" ? 3 : 2));
  const last = path.findLast((part) => typeof part === "string");
  if (last === "when") return { noun: "condition", place };
  return last === "do" ? { noun: "action", place } : { noun: "field", place: placeOf(path) };
}

const kinds: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "a map of fields",
  record: "a map of names",
};
const kindWords = (expected: string) => kinds[expected] ?? expected;

function shown(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map of fields";
  if (typeof value === "number" || typeof value === "boolean") return `${value}`;
  if (typeof value !== "string") return "this";
  return `"${value.length > 40 ? `${value.slice(0, 39)}…` : value}"`;
}

function limitWords(origin: string, side: "least" | "most", limit: number): string {
  if (origin === "string") {
    return side === "least" ? "cannot be empty" : `cannot be longer than ${limit} characters`;
  }
  if (origin === "array") return `needs at ${side} ${limit} ${limit === 1 ? "item" : "items"}`;
  return `must be at ${side} ${limit}`;
}

function valueAt(source: unknown, path: Path): unknown {
  let value = source;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}
