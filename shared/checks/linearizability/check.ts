/**
 * Linearizability: did every operation take effect at one moment between its invocation and its return?
 *
 * A history is linearizable exactly when its part on each object is (Herlihy and Wing 1990, theorem 1), so each key is
 * decided by itself, which turns one hopeless search into many small ones (Horn and Kroening 2015,
 * "Faster linearizability checking via P-compositionality").
 */
import type { Model } from "../models/model.ts";
import type { EventRef, History, Limits, Operation, Verdict } from "../types.ts";
import { Budget, type Shortage } from "./budget.ts";
import { smallestInvalid, type Violation } from "./counter-example.ts";
import { decide } from "./decide.ts";
import { explain, objectName } from "./explain.ts";

/**
 * Whether some order of the operations, allowed by their times, explains every answer under `model`. Failed operations
 * never happened; those of unknown outcome may take effect at any time after they began, or never. Every operation is
 * of the object named by its key; null is an object too.
 *
 * Throws an Error with one sentence when the model does not understand an operation. "unknown" when `limits` do not
 * suffice; memory stays bounded whatever the limits.
 */
export function checkLinearizable(history: History, model: Model, limits: Limits): Verdict {
  const objects = objectsOf(history);
  const budget = new Budget(limits);
  const verdict = { checker: model.name, operations: history.length };
  const open: (string | null)[] = [];
  // All are compiled before any is decided: a mistake in the history is reported whatever the limits.
  for (const operations of objects.values()) model.compile(operations);
  for (const [key, operations] of objects) {
    const found = decideObject(model, operations, budget);
    if (found === "unknown") open.push(key);
    if (found === "valid" || found === "unknown") continue;
    return { ...verdict, ...violation(model, key, operations, found, limits) };
  }
  if (open.length > 0) {
    return { ...verdict, verdict: "unknown", summary: gaveUp(budget.shortage!, limits, open, objects.size) };
  }
  const keys = objects.size > 1 ? ` on ${objects.size} keys` : "";
  return {
    ...verdict,
    verdict: "valid",
    summary: `Linearizable: ${counted(history.length, "operation")}${keys} can be put in an order that explains every answer.`,
  };
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** By key, in the order of the keys' first operations; each in the order of invocation, without the failed ones. */
function objectsOf(history: History): ReadonlyMap<string | null, readonly Operation[]> {
  const objects = new Map<string | null, Operation[]>();
  for (const operation of history) {
    if (operation.outcome === "fail") continue;
    const operations = objects.get(operation.key);
    if (operations) operations.push(operation);
    else objects.set(operation.key, [operation]);
  }
  for (const operations of objects.values()) operations.sort((a, b) => a.invoked - b.invoked);
  return objects;
}

function gaveUp(shortage: Shortage, limits: Limits, open: readonly (string | null)[], keys: number): string {
  const why =
    shortage === "time" ? "the time was up" : `${counted(limits.states, "search state")} did not suffice`;
  const where =
    open[0] === null ? "" : ` Undecided: ${open.length} of ${counted(keys, "key")}, the first is ${open[0]}.`;
  return `Not decided: ${why}.${where}`;
}

/** First the parts of the object, each by itself, then the whole where that is more. */
function decideObject(
  model: Model,
  operations: readonly Operation[],
  budget: Budget,
): Violation | "valid" | "unknown" {
  const { parts, areEnough } = model.parts?.(operations) ?? { parts: [], areEnough: false };
  let verdict: "valid" | "unknown" = "valid";
  for (const part of areEnough ? parts : [...parts, operations]) {
    const before = budget.spent;
    const decision = decide(part, model.compile(part), budget);
    if (decision.verdict === "unknown") verdict = "unknown";
    if (decision.verdict !== "invalid") continue;
    return {
      operations: part,
      witness: decision.witness,
      statesSpent: budget.spent - before,
    };
  }
  return verdict;
}

function violation(
  model: Model,
  key: string | null,
  operations: readonly Operation[],
  found: Violation,
  limits: Limits,
): Pick<Verdict, "verdict" | "summary" | "counterExample"> {
  const object = objectName(key, model.name);
  // Making it small may take as many states again.
  const smallest = smallestInvalid(model, operations, found, new Budget(limits));
  const kept = smallest.operations;
  const why = explain(model, smallest, operations.length - kept.length, object);
  const cut = smallest.isMinimal ? [] : ["A smaller example may exist: the search for one was cut short."];
  const these = `${kept.length} of the ${counted(operations.length, "operation")}`;
  return {
    verdict: "invalid",
    summary: `Not linearizable: no order explains the answers of ${these} on ${object}.`,
    counterExample: { operations: kept, why: [...why, ...cut], events: eventsOf(kept) },
  };
}

function eventsOf(operations: readonly Operation[]): readonly EventRef[] {
  const events = new Map<string, EventRef>();
  for (const event of operations.flatMap((operation) => operation.events ?? [])) {
    events.set(`${event.node}/${event.life}/${event.seq}`, event);
  }
  return [...events.values()];
}
