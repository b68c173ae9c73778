/**
 * What an object is: which operations it understands, and which answers it may give in which state.
 *
 * A state is a string, equal exactly when the states are; the search hashes and compares nothing else. A model looks at
 * all operations on one object at once (`compile`), because what is never asked can be forgotten: two states that no
 * answer in this history tells apart may share one string ({@link lost}), and an operation without an answer whose
 * effect nobody saw can be left out. Both keep the verdict exactly as it is and make the search small.
 */
import type { Json } from "../../trace/event.ts";
import type { Operation } from "../types.ts";

export type LinearizableModelName =
  | "register"
  | "register-cas"
  | "kv"
  | "kv-append"
  | "counter"
  | "queue"
  | "set"
  | "list-append";

/** One operation with its answer, as the search sees it. */
export interface Action {
  /** Two actions of one history with equal effects do the same in every state: the search need not try both. */
  readonly effect: string;
  /** It changes no state whatever; it is then taken as soon as its answer fits. */
  readonly isRead: boolean;
  /** The state after it; null when it could not have given its answer in `state`. */
  readonly apply: (state: string) => string | null;
  /** What it reads or writes, where the object is a plain register (no compare-and-set): opens the fast way. */
  readonly register?: { readonly kind: "read" | "write"; readonly value: string };
  /** The same for a queue, unless it was found empty. "anything": a dequeue without an answer, its value means nothing. */
  readonly queue?: { readonly kind: "enqueue" | "dequeue" | "anything"; readonly value: string };
}

export interface CompiledObject {
  readonly initial: string;
  /** One for each operation; null for one that cannot matter: it may be left out without changing the verdict. */
  readonly actions: readonly (Action | null)[];
  /** Nothing but an overwriting operation leads out of the lost state: try what leads there last. */
  readonly isLostLast?: boolean;
  /** A state for people: "holds 2". */
  readonly show: (state: string) => string;
}

export interface Model {
  readonly name: LinearizableModelName;
  /** One sentence: the operations, the initial value, what null means. */
  readonly description: string;
  /**
   * The operations on one object (one key, or no key), none of them failed. Throws an Error with one sentence when an
   * operation is none of this model's or a value has the wrong shape. With `isExact` nothing is forgotten, so that the
   * states can be shown; only reads without an answer are null then.
   */
  readonly compile: (operations: readonly Operation[], isExact?: boolean) => CompiledObject;
  /**
   * Parts of the object that must be explainable by themselves, and are explained more easily; when `areEnough`, nothing
   * else need be. Their operations keep their ids.
   */
  readonly parts?: (operations: readonly Operation[]) => {
    readonly parts: readonly (readonly Operation[])[];
    readonly areEnough: boolean;
  };
  /** Whether the answer of `reader` shows what `writer` put there: an explanation names both. */
  readonly shows: (reader: Operation, writer: Operation) => boolean;
}

/** Any state in which no answer of this history can be given until an operation overwrites it all. */
export const lost = "\u0000lost";

/** Equal values give equal text, whatever the order of an object's fields. */
export function canonical(value: Json): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonical(item)).join(",")}]`;
  const fields = Object.entries(value as Readonly<Record<string, Json>>).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, item]) => `${JSON.stringify(name)}:${canonical(item)}`).join(",")}}`;
}

/** Where an operation stands, for messages: "line 12" or "operation 5". */
const placeOf = (operation: Operation) =>
  operation.line === undefined ? `operation ${operation.id}` : `line ${operation.line}`;

const listed = (names: readonly string[]) => names.join(", ").replace(/, ([^,]*)$/, " and $1");

export function unknownFunction(model: string, functions: readonly string[], operation: Operation): Error {
  return new Error(
    `The model "${model}" understands ${listed(functions)}, not "${operation.f}" (${placeOf(operation)}).`,
  );
}

export function wrongShape(operation: Operation, what: "input" | "output", wanted: string): Error {
  const found = canonical(what === "input" ? operation.input : operation.output);
  const verb = what === "input" ? "takes" : "answers";
  return new Error(`A ${operation.f} ${verb} ${wanted}, not ${shortened(found)} (${placeOf(operation)}).`);
}

export function keyMissing(model: string, operation: Operation): Error {
  return new Error(`A ${operation.f} of the model "${model}" needs a key (${placeOf(operation)}).`);
}

export const isUnknown = (operation: Operation) => operation.outcome === "unknown";

/** Text as it is shown to people, shortened in the middle when it is long. */
export const shortened = (text: string) =>
  text.length <= 60 ? text : `${text.slice(0, 40)}…${text.slice(-16)}`;
