/**
 * A first-in, first-out queue.
 *
 * Enqueues are answered blindly: which of two came first shows only when both are taken out. An order that the times
 * of the dequeues contradict is refused at the enqueue already. For values that are enqueued once and dequeued at most
 * once this is exact: when b was certainly taken out before a, or a never leaves, a cannot stand before b.
 * Source of the pattern: Henzinger, Sezgin and Vafeiadis 2013, "Aspect-Oriented Linearizability Proofs".
 */
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

/** Two code units an element, so that the head is cut off without a search. */
const digitsMax = 0x7fff;
const codeOf = (index: number) => String.fromCharCode(Math.floor(index / digitsMax), index % digitsMax);
const indexAt = (state: string, at: number) => state.charCodeAt(at) * digitsMax + state.charCodeAt(at + 1);
const codeLength = 2;

/** When an element may leave: not before `from`; surely gone at `until`. */
interface Leaving {
  readonly from: number;
  readonly until: number;
}
const anyTime: Leaving = { from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY };

interface Elements {
  readonly values: readonly string[];
  readonly indexOf: (value: string) => number;
  readonly leaving: readonly Leaving[];
  readonly isTaken: (value: string) => boolean;
}

function valueOf(operation: Operation): string | null {
  if (operation.f === "enqueue") {
    if (operation.input === null) throw wrongShape(operation, "input", "a value (null means an empty queue)");
    return canonical(operation.input);
  }
  if (operation.f !== "dequeue") throw unknownFunction("queue", ["enqueue", "dequeue"], operation);
  return isUnknown(operation) || operation.output === null ? null : canonical(operation.output);
}

/** Values that nobody took out are all alike: element 0, unless `isExact`. */
function elementsOf(operations: readonly Operation[], isExact: boolean): Elements {
  const enqueued = new Map<string, number>();
  const takers = new Map<string, Operation[]>();
  /** The earliest dequeue that may have taken anything. */
  let anythingFrom = Number.POSITIVE_INFINITY;
  for (const operation of operations) {
    const value = valueOf(operation);
    if (operation.f === "enqueue") enqueued.set(value!, (enqueued.get(value!) ?? 0) + 1);
    else if (value !== null) takers.set(value, [...(takers.get(value) ?? []), operation]);
    else if (isUnknown(operation)) anythingFrom = Math.min(anythingFrom, operation.invoked);
  }
  const values = ["…", ...new Set([...takers.keys(), ...(isExact ? enqueued.keys() : [])])];
  const indices = new Map(values.map((value, index) => [value, index]));
  const leavingOf = (value: string): Leaving => {
    const [taker, ...others] = takers.get(value) ?? [];
    const isUnique = taker !== undefined && others.length === 0 && (enqueued.get(value) ?? 0) <= 1;
    return isUnique && !isExact ? { from: taker.invoked, until: taker.returned } : anyTime;
  };
  const leaving = values.map(leavingOf);
  if (!isExact) leaving[0] = { from: anythingFrom, until: Number.POSITIVE_INFINITY };
  return {
    values,
    indexOf: (value) => indices.get(value) ?? 0,
    leaving,
    isTaken: (value) => takers.has(value),
  };
}

function enqueue(value: string, index: number, leaving: readonly Leaving[]): Action {
  const code = codeOf(index);
  const { until } = leaving[index]!;
  return {
    effect: `enqueue ${index}`,
    isRead: false,
    apply: (state) => {
      for (let at = 0; at < state.length; at += codeLength) {
        if (leaving[indexAt(state, at)]!.from > until) return null;
      }
      return state + code;
    },
    queue: { kind: "enqueue", value },
  };
}

function dequeue(operation: Operation, indexOf: (value: string) => number): Action {
  if (isUnknown(operation)) {
    return {
      effect: "dequeue anything",
      isRead: false,
      apply: (state) => (state === "" ? null : state.slice(codeLength)),
      queue: { kind: "anything", value: "" },
    };
  }
  const value = valueOf(operation);
  if (value === null) {
    return { effect: "empty", isRead: true, apply: (state) => (state === "" ? state : null) };
  }
  const code = codeOf(indexOf(value));
  return {
    effect: `dequeue ${value}`,
    isRead: false,
    apply: (state) => (state.startsWith(code) ? state.slice(codeLength) : null),
    queue: { kind: "dequeue", value },
  };
}

const isAnswered = (operation: Operation) => operation.f === "dequeue" && valueOf(operation) !== null;

export const queue: Model = {
  name: "queue",
  description:
    "First in, first out, empty at first: enqueue(value), dequeue() → value, or null when it was empty.",
  compile: (operations, isExact = false) => {
    const { values, indexOf, leaving, isTaken } = elementsOf(operations, isExact);
    return {
      initial: "",
      actions: operations.map((operation) => {
        if (operation.f === "dequeue") return dequeue(operation, indexOf);
        const value = valueOf(operation)!;
        // Nobody got it and nobody says it was put in: without it every other answer is explained as well.
        if (!isExact && isUnknown(operation) && !isTaken(value)) return null;
        return enqueue(value, indexOf(value), leaving);
      }),
      show: (state) => {
        const inside: string[] = [];
        for (let at = 0; at < state.length; at += codeLength) inside.push(values[indexAt(state, at)]!);
        return inside.length === 0 ? "is empty" : `holds [${shortened(inside.join(", "))}]`;
      },
    };
  },
  shows: (reader, writer) =>
    isAnswered(reader) && writer.f === "enqueue" && valueOf(reader) === valueOf(writer),
};
