/** One object: the quickest way that decides its operations. */
import type { CompiledObject } from "../models/model.ts";
import type { Operation } from "../types.ts";
import type { Budget } from "./budget.ts";
import { type Call, type Decision, search } from "./search.ts";
import { decideQueueOrder } from "./queue-order.ts";
import { decideUniqueWrites } from "./unique-writes.ts";

/**
 * `operations` of one object, in the order of invocation, none failed, and what the model made of them. A witness holds
 * indices of `operations`.
 */
export function decide(
  operations: readonly Operation[],
  { initial, actions, isLostLast }: CompiledObject,
  budget: Budget,
): Decision {
  const calls: Call[] = [];
  const operationOf: number[] = [];
  operations.forEach((operation, index) => {
    const action = actions[index];
    if (!action) return;
    const { invoked } = operation;
    const returned = operation.outcome === "ok" ? operation.returned : Number.POSITIVE_INFINITY;
    calls.push({ action, invoked, returned });
    operationOf.push(index);
  });
  const decision =
    decideUniqueWrites(calls, initial) ??
    decideQueueOrder(calls) ??
    search(calls, initial, isLostLast === true, budget);
  if (decision.verdict !== "invalid") return decision;
  return { verdict: "invalid", witness: decision.witness.map((index) => operationOf[index]!) };
}
