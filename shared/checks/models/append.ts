/**
 * Objects that grow: strings by key that are put and appended to, and lists by key that are appended to.
 *
 * A read shows the whole past since the last put, so most orders are ruled out long before they are complete. A state
 * that is the beginning of no answer can never be read again: all those are one state (`lost`), which only a put
 * leaves. Where nothing is ever put, the longest answer fixes the order of everything before it.
 */
import type { Json } from "../../trace/event.ts";
import type { Operation } from "../types.ts";
import {
  type Action,
  canonical,
  type CompiledObject,
  isUnknown,
  keyMissing,
  lost,
  type Model,
  shortened,
  unknownFunction,
  wrongShape,
} from "./model.ts";

type Request =
  | { readonly kind: "read"; readonly value: string }
  | { readonly kind: "put" | "append"; readonly value: string };

/**
 * Finds a text at the beginning of some answer, by binary search in the sorted answers, and returns it as a slice of
 * that answer (which takes no memory of its own); null when no answer begins so.
 */
function beginningsOf(answers: readonly string[]): (text: string) => string | null {
  const sorted = [...new Set(answers)].sort((a, b) => (a < b ? -1 : 1));
  return (text) => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sorted[middle]! < text) low = middle + 1;
      else high = middle;
    }
    const found = sorted[low];
    return found?.startsWith(text) === true ? found.slice(0, text.length) : null;
  };
}

function compile(
  requests: readonly Request[],
  operations: readonly Operation[],
  isExact: boolean,
  show: (state: string) => string,
): CompiledObject {
  const answers = requests.flatMap((request, index) =>
    request.kind === "read" && !isUnknown(operations[index]!) ? [request.value] : [],
  );
  const beginning = isExact ? (text: string) => text : beginningsOf(answers);
  const longest = answers.reduce((best, answer) => (answer.length > best.length ? answer : best), "");
  const isPut = requests.some((request) => request.kind === "put");
  const after = (state: string): string | null => {
    const found = beginning(state);
    if (found !== null) return found;
    return isPut || state.startsWith(longest) ? lost : null;
  };
  const isUseless = (request: Request, operation: Operation) => {
    if (!isUnknown(operation)) return false;
    if (request.kind === "read") return true;
    if (isExact || request.value === "") return false;
    const { kind, value } = request;
    return !answers.some((answer) => (kind === "put" ? answer.startsWith(value) : answer.includes(value)));
  };
  const actionOf = ({ kind, value }: Request): Action => {
    const effect = `${kind} ${value}`;
    if (kind === "read") return { effect, isRead: true, apply: (state) => (state === value ? state : null) };
    if (kind === "put") {
      const put = after(value);
      return { effect: `put ${put}`, isRead: false, apply: () => put };
    }
    return { effect, isRead: false, apply: (state) => (state === lost ? lost : after(state + value)) };
  };
  return {
    initial: after("") ?? lost,
    actions: requests.map((request, index) =>
      isUseless(request, operations[index]!) ? null : actionOf(request),
    ),
    isLostLast: true,
    show,
  };
}

function textOf(operation: Operation, what: "input" | "output"): string {
  const value = operation[what];
  if (what === "output" && value === null) return "";
  if (typeof value !== "string") throw wrongShape(operation, what, "a string");
  return value;
}

function kvRequest(operation: Operation): Request {
  if (!["put", "append", "get", "write", "read"].includes(operation.f)) {
    throw unknownFunction("kv-append", ["put", "append", "get"], operation);
  }
  if (operation.key === null) throw keyMissing("kv-append", operation);
  if (operation.f === "append") return { kind: "append", value: textOf(operation, "input") };
  if (operation.f === "put" || operation.f === "write") {
    return { kind: "put", value: textOf(operation, "input") };
  }
  return { kind: "read", value: textOf(operation, "output") };
}

export const kvAppend: Model = {
  name: "kv-append",
  description:
    'Strings by key, "" at first (null means the same): put(key, text), append(key, text), get(key) → text.',
  compile: (operations, isExact = false) =>
    compile(operations.map(kvRequest), operations, isExact, (state) =>
      state === "" ? "is empty" : `holds ${shortened(JSON.stringify(state))}`,
    ),
  shows: (reader, writer) => {
    if (
      isUnknown(reader) ||
      !["get", "read"].includes(reader.f) ||
      !["append", "put", "write"].includes(writer.f)
    )
      return false;
    const { kind, value } = kvRequest(writer);
    const answer = textOf(reader, "output");
    return value !== "" && (kind === "put" ? answer.startsWith(value) : answer.includes(value));
  },
};

/** No canonical text holds a line break, so a list is its elements, each ended by one. */
const elementEnd = "\n";

function listRequest(operation: Operation): Request {
  if (operation.f === "append") return { kind: "append", value: canonical(operation.input) + elementEnd };
  if (operation.f !== "read") throw unknownFunction("list-append", ["append", "read"], operation);
  const { output } = operation;
  if (output === null) return { kind: "read", value: "" };
  if (!Array.isArray(output)) throw wrongShape(operation, "output", "a list");
  return { kind: "read", value: output.map((element) => canonical(element) + elementEnd).join("") };
}

export const listAppend: Model = {
  name: "list-append",
  description:
    "Lists by key, empty at first (null means the same): append(value) and read() → the whole list.",
  compile: (operations, isExact = false) =>
    compile(operations.map(listRequest), operations, isExact, (state) =>
      state === ""
        ? "is empty"
        : `holds ${shortened(`[${state.slice(0, -1).replaceAll(elementEnd, ", ")}]`)}`,
    ),
  shows: (reader, writer) =>
    reader.f === "read" &&
    writer.f === "append" &&
    Array.isArray(reader.output) &&
    reader.output.some((element: Json) => canonical(element) === canonical(writer.input)),
};
