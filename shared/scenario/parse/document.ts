/** YAML text as plain values, and the line of each. A file may come from anywhere: its size and its aliases are bounded. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import { type Path, ScenarioError } from "./problem.ts";

const lengthMax = 1024 * 1024;
/** How many values aliases may stand for. */
const aliasesMax = 1_000;

export interface ParsedText {
  readonly source: unknown;
  /** The line where a path begins, or where it would; from 1. */
  lineOf(path: Path): number;
}

/** Throws ScenarioError. */
export function parseText(text: string, file: string): ParsedText {
  if (text.length > lengthMax) {
    throw new ScenarioError(file, null, "the file is larger than 1 MiB, and no scenario is");
  }
  const counter = new LineCounter();
  const lineAt = (offset: number) => counter.linePos(offset).line;
  const document = guarded(file, () =>
    parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: false, stringKeys: true }),
  );
  const error = document.errors[0] ?? document.warnings[0];
  if (error !== undefined) throw new ScenarioError(file, lineAt(error.pos[0]), yamlProblem(error));
  guarded(file, () => checkNodes(document, file, lineAt));
  const source: unknown = guarded(file, () => document.toJS({ maxAliasCount: aliasesMax }) as unknown);
  return { source, lineOf: (path) => lineAt(offsetOf(document, path)) };
}

function guarded<Result>(file: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (error instanceof ScenarioError) throw error;
    if (error instanceof ReferenceError) {
      throw new ScenarioError(file, null, "its aliases (*name) stand for too much: write out what they mean");
    }
    // The only other thing that reading can meet is the end of the stack.
    if (error instanceof RangeError) throw new ScenarioError(file, null, "it is nested too deeply");
    throw error;
  }
}

function yamlProblem({ code, message }: YAMLError): string {
  switch (code) {
    case "TAB_AS_INDENT":
      return "a tab is used for indentation: use spaces";
    case "MULTIPLE_DOCS":
      return "a second document begins here: a file holds one document";
    default:
      if (message.startsWith("Maximum call stack")) return "it is nested too deeply";
      return `this is not well-formed YAML: ${message.split("\n")[0]!.replace(/[.:]$/, "")}`;
  }
}

/** Finds keys that stand twice (the later one would win, silently) and aliases of nothing. */
function checkNodes(document: Document.Parsed, file: string, lineAt: (offset: number) => number): void {
  const anchors = new Set<string>();
  const lineOf = (node: Node) => lineAt(node.range?.[0] ?? 0);
  visit(document, {
    Value(_, node) {
      if (node.anchor !== undefined) anchors.add(node.anchor);
      if (isMap(node)) checkKeys(node);
    },
    Alias(_, alias) {
      if (anchors.has(alias.source)) return;
      throw new ScenarioError(
        file,
        lineOf(alias),
        `the alias *${alias.source} stands for nothing: no &${alias.source} comes before it`,
      );
    },
  });

  function checkKeys(map: YAMLMap): void {
    const keys = new Set<unknown>();
    for (const { key } of map.items) {
      if (!isScalar(key)) continue;
      if (keys.has(key.value)) {
        throw new ScenarioError(file, lineOf(key), `"${String(key.value)}" stands twice here: keep one`);
      }
      // A label of this name would be lost: no record of JavaScript keeps it.
      if (key.value === "__proto__") {
        throw new ScenarioError(file, lineOf(key), '"__proto__" cannot be a name: choose another');
      }
      keys.add(key.value);
    }
  }
}

/** Of the deepest part of the path that is in the file: its key in a map, itself in a list. */
function offsetOf(document: Document.Parsed, path: Path): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isSeq(node) && typeof part === "number") {
      node = node.items[part];
      offset = startOf(node) ?? offset;
    } else if (isMap(node) && typeof part === "string") {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === part);
      if (pair === undefined) return offset;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
      // One act alone stands where a list of acts may stand: its position in the list is no part of the file.
    } else if (!(isMap(node) && typeof part === "number")) return offset;
  }
  return offset;
}

const startOf = (node: unknown): number | undefined => (node as Node | null | undefined)?.range?.[0];
