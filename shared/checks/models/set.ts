/**
 * A set: a state is one digit for each element that occurs, "1" when it is in. When nobody reads it whole, its elements
 * have nothing to do with each other; and a lost or a returned element shows on that element alone.
 */
import type { Json } from "../../trace/event.ts";
import type { Operation } from "../types.ts";
import {
  type Action,
  canonical,
  isUnknown,
  type Model,
  shortened,
  unknownFunction,
  wrongShape,
} from "./model.ts";

const functions = ["add", "remove", "contains", "read"];

function elementsOf(operation: Operation): readonly string[] {
  if (operation.f !== "read") return [canonical(operation.input)];
  if (isUnknown(operation)) return [];
  if (!Array.isArray(operation.output)) throw wrongShape(operation, "output", "a list");
  return operation.output.map((element: Json) => canonical(element));
}

const withDigit = (state: string, index: number, digit: string) =>
  state[index] === digit ? state : state.slice(0, index) + digit + state.slice(index + 1);

function readOf(operation: Operation, indexOf: ReadonlyMap<string, number>): Action {
  const elements = elementsOf(operation);
  const digits = Array.from({ length: indexOf.size }, () => "0");
  for (const element of elements) digits[indexOf.get(element)!] = "1";
  // A set that shows an element twice is none: no state explains that answer.
  const value = new Set(elements).size === elements.length ? digits.join("") : null;
  return {
    effect: `read ${value}`,
    isRead: true,
    apply: (state) => (state === value ? state : null),
  };
}

function actionOf(operation: Operation, indexOf: ReadonlyMap<string, number>): Action | null {
  const { f, output } = operation;
  if (f === "read") return isUnknown(operation) ? null : readOf(operation, indexOf);
  const index = indexOf.get(canonical(operation.input))!;
  if (f === "contains") {
    if (isUnknown(operation)) return null;
    if (typeof output !== "boolean") throw wrongShape(operation, "output", "true or false");
    const digit = output ? "1" : "0";
    return {
      effect: `${digit} at ${index}`,
      isRead: true,
      apply: (state) => (state[index] === digit ? state : null),
    };
  }
  const digit = f === "add" ? "1" : "0";
  return { effect: `${f} ${index}`, isRead: false, apply: (state) => withDigit(state, index, digit) };
}

/** What is said about each element alone: a read says of each whether it was in. Enough when there is no read. */
function parts(operations: readonly Operation[]): ReturnType<NonNullable<Model["parts"]>> {
  const reads = operations.filter(({ f, outcome }) => f === "read" && outcome === "ok");
  const inside = reads.map((read) => new Set(elementsOf(read)));
  const byElement = new Map<string, { element: Json; operations: Operation[] }>();
  const partOf = (element: Json) => {
    const text = canonical(element);
    const known = byElement.get(text) ?? { element, operations: [] };
    byElement.set(text, known);
    return known;
  };
  for (const operation of operations) {
    if (operation.f !== "read") partOf(operation.input).operations.push(operation);
    else if (operation.outcome === "ok")
      for (const element of operation.output as readonly Json[]) partOf(element);
  }
  for (const [text, { element, operations: part }] of byElement) {
    reads.forEach((read, index) => {
      part.push({ ...read, f: "contains", input: element, output: inside[index]!.has(text) });
    });
    part.sort((a, b) => a.invoked - b.invoked);
  }
  return { parts: [...byElement.values()].map((part) => part.operations), areEnough: reads.length === 0 };
}

/** An addition nobody saw, or a removal of what nobody missed, without an answer: it might as well never have come. */
function isUnseen(operation: Operation, operations: readonly Operation[]): boolean {
  if (!isUnknown(operation) || (operation.f !== "add" && operation.f !== "remove")) return false;
  const element = canonical(operation.input);
  const wanted = operation.f === "add";
  return !operations.some((other) => {
    if (isUnknown(other)) return false;
    if (other.f === "contains") return other.output === wanted && canonical(other.input) === element;
    return other.f === "read" && elementsOf(other).includes(element) === wanted;
  });
}

export const set: Model = {
  parts,
  name: "set",
  description:
    "A set, empty at first: add(value), remove(value), contains(value) → true or false, read() → its elements in any order.",
  compile: (operations, isExact = false) => {
    const indexOf = new Map<string, number>();
    for (const operation of operations) {
      if (!functions.includes(operation.f)) throw unknownFunction("set", functions, operation);
      for (const element of elementsOf(operation)) {
        if (!indexOf.has(element)) indexOf.set(element, indexOf.size);
      }
    }
    const elements = [...indexOf.keys()];
    return {
      initial: "0".repeat(indexOf.size),
      actions: operations.map((operation) =>
        !isExact && isUnseen(operation, operations) ? null : actionOf(operation, indexOf),
      ),
      show: (state) => {
        const inside = elements.filter((_, index) => state[index] === "1");
        return inside.length === 0 ? "is empty" : `holds ${shortened(`{${inside.join(", ")}}`)}`;
      },
    };
  },
  shows: (reader, writer) =>
    writer.f === "add" &&
    !isUnknown(reader) &&
    (reader.f === "read" || (reader.f === "contains" && reader.output === true)) &&
    elementsOf(reader).includes(canonical(writer.input)),
};
