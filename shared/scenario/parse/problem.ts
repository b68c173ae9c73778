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
  const container = typeof first === "string" ? containers[first] : undefined;
  return container === undefined ? { container: "", rest: path } : { container, rest: path.slice(1) };
}

/** What stands under `do` belongs to the step itself. */
function inside(container: string, rest: Path): { readonly container: string; readonly rest: Path } {
  if (rest[0] !== "do" || rest.length === 1) return { container, rest };
  return { container, rest: rest.slice(typeof rest[1] === "number" ? 2 : 1) };
}

/** What a path leads to: `"value" of "put" in step 2`, `"name"`. */
export function subjectOf(path: Path): string {
  const last = path.at(-1);
  if (last === undefined || split(path).rest.length === 0) return placeOf(path);
  const name = typeof last === "number" ? `item ${last + 1}` : `"${last}"`;
  const place = placeOf(path.slice(0, -1));
  return place === whole ? name : `${name} of ${place}`;
}

const whole = "the scenario";

/** The thing that a path leads to, as one that holds others: `"put" in step 2`, "the storm". */
export function placeOf(path: Path): string {
  const { container, rest } = split(path);
  const inner = rest.findLast((part) => typeof part === "string");
  if (inner === undefined || inner === "do") return container || whole;
  return container === "" ? `"${inner}"` : `"${inner}" in ${container}`;
}

/** `: did you mean "kill"?` when one of the names is close to what was written; else nothing. */
export function suggestion(written: string, names: readonly string[]): string {
  const [closest] = names
    .map((name) => ({ name, distance: distanceBetween(written.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= mistakesIn(name))
    .sort((a, b) => a.distance - b.distance);
  return closest === undefined ? "" : `: did you mean "${closest.name}"?`;
}

/** So many mistakes may be made in a name that it is still recognised. */
const mistakesIn = (name: string) => (name.length < 3 ? 0 : Math.max(1, Math.floor(name.length / 3)));

/** Letters left out, put in, replaced, or swapped with their neighbour (Damerau 1964; each place changed once). */
function distanceBetween(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 8) return Infinity;
  let [before, row]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwapped ? before[j - 2]! + 1 : Infinity;
      next.push(Math.min(replaced, swapped, row[j]! + 1, next[j - 1]! + 1));
    }
    [before, row] = [row, next];
  }
  return row[b.length]!;
}
