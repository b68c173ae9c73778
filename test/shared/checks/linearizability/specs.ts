/** The naive twins of the models. */
import { canonical, type LinearizableModelName } from "../../../../shared/checks/models/model.ts";
import type { Json } from "../../../../shared/trace/event.ts";
import type { Spec } from "./histories.ts";

const same = (a: Json, b: Json) => JSON.stringify(a) === JSON.stringify(b);
const plainly = (answer: Json) => JSON.stringify(answer);
const only =
  (...reads: readonly string[]) =>
  (f: string) =>
    reads.includes(f) ? plainly : null;
const wrongFor =
  (reads: readonly string[], ...values: readonly Json[]) =>
  (f: string) =>
    reads.includes(f) ? values : [];

const register: Spec = {
  initial: null,
  act: (state, f, input) => (f === "read" ? [state, state] : [input, null]),
  answers: only("read"),
  requests: [
    ["read", null],
    ["read", null],
    ["write", 1],
    ["write", 2],
    ["write", 3],
  ],
  wrong: wrongFor(["read"], null, 1, 2, 3, 4),
};

const registerCas: Spec = {
  initial: null,
  act: (state, f, input) => {
    if (f === "read") return [state, state];
    if (f === "write") return [input, null];
    const [from, to] = input as unknown as [Json, Json];
    return same(state, from) ? [to, true] : [state, false];
  },
  // An unanswered "true" counts as one: Jepsen's histories repeat the pair.
  answers: (f) => (f === "read" ? plainly : f === "cas" ? (answer) => String(answer !== false) : null),
  requests: [
    ["read", null],
    ["write", 1],
    ["write", 2],
    ["cas", [1, 2]],
    ["cas", [2, 1]],
    ["cas", [null, 1]],
    ["cas", [2, 3]],
  ],
  wrong: (f) => (f === "cas" ? [true, false] : f === "read" ? [null, 1, 2, 3] : []),
};

const kv: Spec = {
  initial: null,
  act: (state, f, input) => {
    if (f === "get" || f === "read") return [state, state];
    return f === "delete" ? [null, null] : [input, null];
  },
  // The fields of an object have no order: they are written in this one.
  answers: (f) => (["get", "read"].includes(f) ? (answer) => JSON.stringify(answer, ["a", "b"]) : null),
  requests: [
    ["get", null],
    ["read", null],
    ["put", 1],
    ["put", 2],
    ["write", { a: 1, b: [2] }],
    ["delete", null],
  ],
  wrong: wrongFor(["get", "read"], null, 1, 2, { b: [2], a: 1 }),
};

const kvAppend: Spec = {
  initial: "",
  act: (state, f, input) => {
    if (f === "get") return [state, state];
    return f === "put" ? [input, null] : [(state as string) + (input as string), null];
  },
  answers: (f) => (f === "get" ? (answer) => (answer ?? "") as string : null),
  requests: [
    ["get", null],
    ["get", null],
    ["append", "a"],
    ["append", "b"],
    ["append", "ab"],
    ["append", ""],
    ["put", "a"],
    ["put", ""],
  ],
  wrong: wrongFor(["get"], null, "a", "b", "ab", "aab", "ba", "aba"),
};

const counter: Spec = {
  initial: 0,
  act: (state, f, input) => (f === "read" ? [state, state] : [Number(state) + Number(input ?? 1), null]),
  answers: only("read"),
  requests: [
    ["read", null],
    ["read", null],
    ["inc", null],
    ["inc", 2],
    ["add", 3],
    ["add", -1],
  ],
  wrong: wrongFor(["read"], 0, 1, 2, 3, 4, 5),
};

const queue: Spec = {
  initial: [],
  act: (state, f, input) => {
    const items = state as readonly Json[];
    if (f === "enqueue") return [[...items, input], null];
    return items.length === 0 ? [items, null] : [items.slice(1), items[0]!];
  },
  answers: only("dequeue"),
  requests: [
    ["dequeue", null],
    ["dequeue", null],
    ["dequeue", null],
    ["enqueue", 1],
    ["enqueue", 2],
    ["enqueue", 3],
    ["enqueue", "a"],
  ],
  wrong: wrongFor(["dequeue"], null, 1, 2, 3, "a"),
};

const sorted = (answer: Json) =>
  JSON.stringify([...(answer as readonly Json[])].sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1)));
const set: Spec = {
  initial: [],
  act: (state, f, input) => {
    const items = state as readonly Json[];
    if (f === "read") return [items, items];
    if (f === "contains") return [items, items.includes(input)];
    const others = items.filter((item) => item !== input);
    return [f === "add" ? [...others, input] : others, null];
  },
  answers: (f) => (f === "read" ? sorted : f === "contains" ? plainly : null),
  requests: [
    ["read", null],
    ["contains", 1],
    ["contains", 2],
    ["add", 1],
    ["add", 2],
    ["add", 3],
    ["remove", 1],
    ["remove", 2],
  ],
  wrong: (f) => (f === "contains" ? [true, false] : f === "read" ? [[], [1], [2], [2, 1], [1, 1]] : []),
};

const listAppend: Spec = {
  initial: [],
  act: (state, f, input) => (f === "read" ? [state, state] : [[...(state as readonly Json[]), input], null]),
  answers: (f) => (f === "read" ? (answer) => JSON.stringify(answer ?? []) : null),
  requests: [
    ["read", null],
    ["read", null],
    ["append", 1],
    ["append", 2],
    ["append", 11],
    ["append", [1]],
  ],
  wrong: wrongFor(["read"], null, [1], [2], [1, 2], [2, 1], [1, 1], [11]),
};

export const specs: Readonly<Record<LinearizableModelName, Spec>> = {
  register,
  "register-cas": registerCas,
  kv,
  "kv-append": kvAppend,
  counter,
  queue,
  set,
  "list-append": listAppend,
};
