/** Objects that hold one value: a register, the same with compare-and-set, and a store of registers by key. */
import type { Json } from "../../trace/event.ts";
import type { Operation } from "../types.ts";
import {
  type Action,
  canonical,
  type CompiledObject,
  isUnknown,
  keyMissing,
  lost,
  type LinearizableModelName,
  type Model,
  shortened,
  unknownFunction,
  wrongShape,
} from "./model.ts";

const nothing = "null";

/** What an operation asks of the register, whatever the model calls it. */
type Request =
  | { readonly kind: "read"; readonly value: string }
  | { readonly kind: "write"; readonly value: string }
  | { readonly kind: "cas"; readonly from: string; readonly to: string; readonly swapped: boolean };

function casRequest(operation: Operation): Request {
  const { input, output } = operation;
  if (!Array.isArray(input) || input.length !== 2) {
    throw wrongShape(operation, "input", "a pair [from, to]");
  }
  const [from, to] = input as unknown as readonly [Json, Json];
  return { kind: "cas", from: canonical(from), to: canonical(to), swapped: output !== false };
}

/** The value a request needs to find, if any: those are the only values worth telling apart. */
function neededBy(request: Request): string | null {
  if (request.kind === "read") return request.value;
  return request.kind === "cas" ? request.from : null;
}

function actionOf(request: Request, seen: ReadonlySet<string>): Action {
  const kept = (value: string) => (seen.has(value) ? value : lost);
  if (request.kind === "read") {
    const { value } = request;
    return {
      effect: `read ${value}`,
      isRead: true,
      apply: (state) => (state === value ? state : null),
      register: { kind: "read", value },
    };
  }
  if (request.kind === "write") {
    const { value } = request;
    const after = kept(value);
    return {
      effect: `write ${after}`,
      isRead: false,
      apply: () => after,
      register: { kind: "write", value },
    };
  }
  const { from, swapped } = request;
  const after = kept(request.to);
  if (!swapped) {
    return {
      effect: `not ${from}`,
      isRead: true,
      apply: (state) => (state === from ? null : state),
    };
  }
  return {
    effect: `cas ${from} ${after}`,
    isRead: false,
    apply: (state) => (state === from ? after : null),
  };
}

function compile(
  requests: readonly Request[],
  operations: readonly Operation[],
  isExact: boolean,
): CompiledObject {
  const seen = new Set<string>();
  requests.forEach((request, index) => {
    const value = neededBy(request);
    if (isExact && request.kind !== "read") seen.add(request.kind === "write" ? request.value : request.to);
    const isRead = request.kind === "read" || (request.kind === "cas" && !request.swapped);
    if (value !== null && !(isRead && isUnknown(operations[index]!))) seen.add(value);
  });
  const hasMismatch = requests.some((request) => request.kind === "cas" && !request.swapped);
  return {
    initial: isExact || seen.has(nothing) ? nothing : lost,
    actions: requests.map((request, index) => {
      if (isUnknown(operations[index]!)) {
        if (request.kind === "read") return null;
        // A value nobody ever found there might as well not have been written, unless somebody saw another one gone.
        const written = request.kind === "write" ? request.value : request.to;
        if (!isExact && !seen.has(written) && !hasMismatch) return null;
      }
      return actionOf(request, seen);
    }),
    show: (state) => `holds ${state === nothing ? "nothing" : shortened(state)}`,
  };
}

/** `names`: what this model calls reading, writing, deleting and compare-and-set; a name not there is not understood. */
function registerModel(
  name: LinearizableModelName,
  description: string,
  names: Readonly<Record<string, "read" | "write" | "delete" | "cas">>,
  needsKey: boolean,
): Model {
  const requestOf = (operation: Operation): Request => {
    const kind = Object.hasOwn(names, operation.f) ? names[operation.f] : undefined;
    if (kind === undefined) throw unknownFunction(name, Object.keys(names), operation);
    if (needsKey && operation.key === null) throw keyMissing(name, operation);
    switch (kind) {
      case "read":
        return { kind, value: canonical(operation.output) };
      case "write":
        return { kind, value: canonical(operation.input) };
      case "delete":
        return { kind: "write", value: nothing };
      case "cas":
        return casRequest(operation);
    }
  };
  return {
    name,
    description,
    compile: (operations, isExact = false) => compile(operations.map(requestOf), operations, isExact),
    shows: (reader, writer) => {
      const written = requestOf(writer);
      if (isUnknown(reader) || written.kind === "read") return false;
      const value = written.kind === "write" ? written.value : written.to;
      return value === neededBy(requestOf(reader));
    },
  };
}

export const register = registerModel(
  "register",
  "One value, null at first: write(value) and read() → value.",
  { read: "read", write: "write" },
  false,
);

export const registerCas = registerModel(
  "register-cas",
  "One value, null at first: write(value), read() → value, cas([from, to]), which answers false when it found another value.",
  { read: "read", write: "write", cas: "cas" },
  false,
);

export const kv = registerModel(
  "kv",
  "Values by key, null where there is none: put(key, value), get(key) → value, delete(key); read and write mean the same.",
  { put: "write", get: "read", delete: "delete", write: "write", read: "read" },
  true,
);
