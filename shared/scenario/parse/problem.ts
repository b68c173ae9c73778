/** What is wrong in a scenario file, and where: one sentence with file and line. */

/** A place in the file, from its top: field names, and positions in lists from 0. */
export type Path = readonly (string | number)[];

/** `message`: a sentence without its full stop. */
export interface Problem {
  readonly path: Path;
  readonly message: string;
}

/** The message is one sentence: "nodes.yaml:12: … ." */
export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
  readonly file: string;
  /** From 1; null when it is about the whole file. */
  readonly line: number | null;

  constructor(file: string, line: number | null, message: string) {
    super(`${file}${line === null ? "" : `:${line}`}: ${message}${/[.?!]$/.test(message) ? "" : "."}`);
    this.file = file;
    this.line = line;
  }
}

const containers: Readonly<Record<string, string>> = {
  cluster: "the cluster",
  network: "the network",
  load: "the load",
  storm: "the storm",
  planned: "the plan",
};

const number = (part: string | number | undefined) => Number(part) + 1;

/** The part of the scenario a path leads into, in words ("" at the top), and the rest of the path. */
function split(path: Path): { readonly container: string; readonly rest: Path } {
  const [first, second, third] = path;
  if (first === "steps" && second !== undefined) return inside(`step ${number(second)}`, path.slice(2));
  if (first === "expect" && second !== undefined) {
    return { container: `expectation ${number(second)}`, rest: path.slice(2) };
  }
  if (first === "label" && second !== undefined) {
    return { container: `the label "${second}"`, rest: path.slice(2) };
  }
  if (first === "planned" && third !== undefined) {
    const kind = second === "faults" ? "fault" : "operation";
    return inside(`planned ${kind} ${number(third)}`, path.slice(3));
  }
  const container = typeof first === "string" && path.length > 1 ? containers[first] : undefined;
  return container === undefined ? { container: "", rest: path } : { container, rest: path.slice(1) };
}

/** What stands under `do` belongs to the step itself. */
function inside(container: string, rest: Path): { readonly container: string; readonly rest: Path } {
  if (rest[0] !== "do" || rest.length === 1) return { container, rest };
  return { container, rest: rest.slice(typeof rest[1] === "number" ? 2 : 1) };
}

/** `"value" of "put" in step 2`: what a path leads to. */
export function subjectOf(path: Path): string {
  const { container, rest } = split(path);
  const last = rest.at(-1);
  if (last === undefined) return container === "" ? "the scenario" : container;
  const name = typeof last === "number" ? `item ${last + 1}` : `"${last}"`;
  return `${name}${within(container, rest.slice(0, -1))}`;
}

/** ` of "put" in step 2`: where something is missing or too much. */
export function placeOf(path: Path): string {
  const { container, rest } = split(path);
  return within(container, rest) || " of the scenario";
}

function within(container: string, rest: Path): string {
  const owner = rest.findLast((part) => typeof part === "string");
  if (owner === undefined) return container === "" ? "" : ` of ${container}`;
  return ` of "${owner}"${container === "" ? "" : ` in ${container}`}`;
}

/** ": did you mean "kill"?" when one of the names is close, else ": choose from …". */
export function suggestion(written: string, names: readonly string[]): string {
  const close = names
    .map((name) => ({ name, distance: distanceBetween(written.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.distance - b.distance)[0];
  return close === undefined ? "" : `: did you mean "${close.name}"?`;
}

/** Insertions, deletions and replacements from one to the other (Levenshtein 1966). */
function distanceBetween(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 3) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
