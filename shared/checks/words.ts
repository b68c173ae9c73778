/** Operations and verdicts in words, the same in every checker. */
import { inShort } from "./json.ts";
import type { CounterExample, EventRef, Operation, Verdict } from "./types.ts";

const place = (key: string | null) => (key === null ? "" : ` ${key}`);

/** What was asked, in a few words: "write 1 to x". */
export function asked({ f, key, input }: Operation): string {
  switch (f) {
    case "write":
    case "put":
      return `${f} ${inShort(input)}${key === null ? "" : ` to ${key}`}`;
    default:
      return `${f}${place(key)}${input === null ? "" : ` ${inShort(input)}`}`;
  }
}

/** What came back, in a few words. */
export function answered({ f, outcome, output }: Operation): string {
  if (outcome === "unknown") return "no answer";
  if (outcome === "fail") return "failed";
  if (f === "read" || f === "get") return output === null ? "nothing" : inShort(output);
  // Many clients repeat what was written.
  return output === null || f === "write" || f === "put" ? "ok" : inShort(output);
}

/** A clause with the process: "process 0 wrote 1 to x (line 3)". */
export const did = (operation: Operation) => `process ${operation.process} ${deed(operation)}`;

/** The same without the process. */
export function deed(operation: Operation): string {
  const { line } = operation;
  return `${deedWords(operation)}${line === undefined ? "" : ` (line ${line})`}`;
}

function deedWords(operation: Operation): string {
  const { f, key, input, output, outcome } = operation;
  if (f === "read" || f === "get") {
    return `read ${output === null ? "nothing" : inShort(output)}${key === null ? "" : ` from ${key}`}`;
  }
  if (outcome === "unknown") return `asked to ${asked(operation)} and got no answer`;
  if (outcome === "fail") return `asked to ${asked(operation)}, which failed`;
  if (f === "write" || f === "put") return `wrote ${inShort(input)}${key === null ? "" : ` to ${key}`}`;
  if (f === "delete") return `deleted ${key ?? "it"}`;
  return `did ${asked(operation)}${output === null ? "" : ` and was answered ${inShort(output)}`}`;
}

/** The first letter of a sentence made of clauses. */
export const sentence = (clause: string) => `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;

export const plural = (count: number, one: string, many = `${one}s`) =>
  `${count} ${count === 1 ? one : many}`;

const eventsOf = (operations: readonly Operation[]): EventRef[] =>
  operations.flatMap((operation) => operation.events ?? []);

export function valid(checker: string, operations: number, summary: string): Verdict {
  return { verdict: "valid", checker, summary, operations };
}

export function unknown(checker: string, operations: number, summary: string): Verdict {
  return { verdict: "unknown", checker, summary, operations };
}

export const outOfTime = (checker: string, operations: number) =>
  unknown(
    checker,
    operations,
    "The limits were reached before the check was done; allow it more time or memory.",
  );

/** `proof` in any order; it is shown in the order of invocation. */
export function invalid(
  checker: string,
  operations: number,
  summary: string,
  proof: readonly Operation[],
  why: readonly string[],
  events?: readonly EventRef[],
): Verdict {
  const ordered = [...proof].sort((a, b) => a.invoked - b.invoked);
  const counterExample: CounterExample = { operations: ordered, why, events: events ?? eventsOf(ordered) };
  return { verdict: "invalid", checker, summary, operations, counterExample };
}
