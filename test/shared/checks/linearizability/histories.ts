/** Histories for tests: written as the events a reader can follow, or made at random around a real object. */
import * as fc from "fast-check";
import type { History, Operation, Outcome } from "../../../../shared/checks/types.ts";
import type { Json } from "../../../../shared/trace/event.ts";

interface Draft {
  id: number;
  process: string;
  f: string;
  key: string | null;
  input: Json;
  output: Json;
  outcome: Outcome;
  invoked: number;
  returned: number;
}

const asOperation = (draft: Draft): Operation => ({
  ...draft,
  invokedNs: draft.invoked,
  returnedNs: draft.returned === Infinity ? null : draft.returned,
});

/**
 * One event a line, or several with semicolons between them: `A write 1` begins an operation of client A (`put@x` names the key), `A ok`, `A ok 1`, `A fail` and
 * `A info` end it. Operations without an end are of unknown outcome.
 */
export function historyOf(text: string): History {
  const drafts: Draft[] = [];
  const running = new Map<string, Draft>();
  const lines = text.split(/[\n;]/).map((line) => line.trim());
  lines
    .filter((line) => line !== "")
    .forEach((line, position) => {
      const [process, word, ...rest] = line.split(" ") as [string, string, ...string[]];
      const value = rest.length === 0 ? null : (JSON.parse(rest.join(" ")) as Json);
      const draft = running.get(process);
      if (draft) {
        running.delete(process);
        if (word === "info") return;
        draft.outcome = word as Outcome;
        draft.returned = position;
        if (word === "ok") draft.output = value;
        return;
      }
      const [f, key = null] = word.split("@") as [string, string?];
      const begun: Draft = {
        id: drafts.length,
        process,
        f,
        key,
        input: value,
        output: null,
        outcome: "unknown",
        invoked: position,
        returned: Infinity,
      };
      drafts.push(begun);
      running.set(process, begun);
    });
  return drafts.map(asOperation);
}

/** An object as a person would write it first: plain values, no cleverness. */
export interface Spec {
  readonly initial: Json;
  /** Next state and answer; undefined when it cannot be done in this state (a failed compare-and-set). */
  readonly act: (state: Json, f: string, input: Json) => readonly [state: Json, answer: Json] | undefined;
  /** Whether an answer is looked at, and in which form. */
  readonly answers: (f: string) => ((answer: Json) => string) | null;
  readonly requests: readonly (readonly [f: string, input: Json])[];
  /** Answers to choose wrong ones from. */
  readonly wrong: (f: string) => readonly Json[];
}

/** The same object once for each key; written without any thought of keys being independent. */
type State = Readonly<Record<string, Json>>;

const choice = fc.record({
  process: fc.nat(1000),
  request: fc.nat(1000),
  key: fc.nat(1000),
  /** 0 fails, 1 unknown and done, 2 unknown and not done, else answers. */
  fate: fc.nat(11),
  isEarly: fc.boolean(),
  /** 0 answers wrongly. */
  truth: fc.nat(5),
  wrong: fc.nat(1000),
});

/** Histories of at most `operationsMax` operations of `clients`; about half of them explainable, all when `isSound`. */
export function histories(
  spec: Spec,
  keys: readonly (string | null)[],
  operationsMax: number,
  { clients = 3, isSound = false, isLong = false } = {},
): fc.Arbitrary<History> {
  const length = { minLength: isLong ? operationsMax : 2, maxLength: operationsMax * 2 };
  return fc.array(choice, { ...length, size: "max" }).map((choices) => {
    const states = new Map<string | null, Json>(keys.map((key) => [key, spec.initial]));
    const drafts: Draft[] = [];
    const running = new Map<number, { draft: Draft; answer: Json; isDone: boolean }>();
    choices.forEach((step, position) => {
      const client = step.process % clients;
      const current = running.get(client);
      if (!current) {
        if (drafts.length === operationsMax) return;
        const [f, input] = spec.requests[step.request % spec.requests.length]!;
        const key = keys[step.key % keys.length]!;
        const draft: Draft = {
          id: drafts.length,
          process: String(client),
          f,
          key,
          input,
          output: null,
          outcome: "unknown",
          invoked: position,
          returned: Infinity,
        };
        drafts.push(draft);
        const result = step.isEarly ? spec.act(states.get(key)!, f, input) : undefined;
        if (result) states.set(key, result[0]);
        running.set(client, { draft, answer: result?.[1] ?? null, isDone: result !== undefined });
        return;
      }
      running.delete(client);
      const { draft, isDone } = current;
      let { answer } = current;
      if (step.fate === 0 && !isDone) {
        draft.outcome = "fail";
        draft.returned = position;
        return;
      }
      if (!isDone && step.fate !== 2) {
        const result = spec.act(states.get(draft.key)!, draft.f, draft.input);
        if (result) states.set(draft.key, result[0]);
        answer = result?.[1] ?? null;
      }
      if (step.fate <= 2) return;
      const wrong = spec.wrong(draft.f);
      draft.outcome = "ok";
      draft.returned = position;
      draft.output =
        !isSound && step.truth === 0 && wrong.length > 0 ? wrong[step.wrong % wrong.length]! : answer;
    });
    return drafts.map(asOperation);
  });
}

/** Tries every order of every choice of unknown operations, over all keys at once. */
export function isExplainable(history: History, spec: Spec): boolean {
  const operations = history.filter((operation) => operation.outcome !== "fail");
  const walk = (left: readonly Operation[], state: State): boolean => {
    if (left.every((operation) => operation.outcome !== "ok")) return true;
    return left.some((operation) => {
      if (left.some((other) => other.outcome === "ok" && other.returned < operation.invoked)) return false;
      const name = String(operation.key);
      const result = spec.act(state[name] ?? spec.initial, operation.f, operation.input);
      if (!result) return false;
      const form = spec.answers(operation.f);
      const isRight = operation.outcome !== "ok" || !form || form(result[1]) === form(operation.output);
      if (!isRight) return false;
      return walk(
        left.filter((other) => other !== operation),
        { ...state, [name]: result[0] },
      );
    });
  };
  return walk(operations, {});
}

/** Known only to have been asked for: it may have been done at any time, or never. */
export const forgotten = (operation: Operation): Operation => ({
  ...operation,
  outcome: "unknown",
  output: null,
  invoked: -1,
  returned: Infinity,
});
