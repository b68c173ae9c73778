/**
 * The fast way for a queue into which no value was put twice and that nobody found empty.
 *
 * Such a history has an order exactly when every value taken out was put in before, once, and no two values left
 * against the order in which they surely came: a was put in before b, and b was taken out before a, or a never was.
 * Time O(n log n), whatever the concurrency. Source: Henzinger, Sezgin and Vafeiadis 2013, "Aspect-Oriented
 * Linearizability Proofs" (the violations fresh, repeat and order).
 *
 * A dequeue without an answer may have taken any value that nobody else got. If an order is missing although all those
 * could have left with the first of these dequeues, there is none; if one exists with each dequeue given to one value,
 * there is one; between the two this way is closed.
 */
import type { Call, Decision } from "./search.ts";

interface Element {
  readonly enqueue: number;
  /** Null when nobody is known to have got it. */
  dequeue: number | null;
  /** When it begins to leave, at the earliest, and has left, at the latest. */
  from: number;
  until: number;
}

const never = Number.POSITIVE_INFINITY;

/** `calls` in the order of invocation. Null when this way is closed. */
export function decideQueueOrder(calls: readonly Call[]): Decision | null {
  const elements = new Map<string, Element>();
  for (let index = 0; index < calls.length; index++) {
    const { queue } = calls[index]!.action;
    if (queue === undefined) return null;
    if (queue.kind !== "enqueue") continue;
    if (elements.has(queue.value)) return null;
    elements.set(queue.value, { enqueue: index, dequeue: null, from: never, until: never });
  }
  /** Invocations of the dequeues without an answer, in their order. */
  const anything: number[] = [];
  for (let index = 0; index < calls.length; index++) {
    const { action, invoked, returned } = calls[index]!;
    if (action.queue!.kind === "anything") anything.push(invoked);
    if (action.queue!.kind !== "dequeue") continue;
    const element = elements.get(action.queue!.value);
    if (element === undefined) return invalid(index);
    if (element.dequeue !== null) return invalid(element.enqueue, element.dequeue, index);
    if (returned < calls[element.enqueue]!.invoked) return invalid(element.enqueue, index);
    element.dequeue = index;
    element.from = invoked;
    element.until = returned;
  }
  const all = [...elements.values()];
  const left = all.filter(({ dequeue }) => dequeue === null);
  for (const element of left) element.from = anything[0] ?? never;
  const conflict = conflictAmong(all, calls);
  if (conflict !== null) return conflict;
  left.forEach((element, index) => (element.from = anything[index] ?? never));
  return conflictAmong(all, calls) === null ? { verdict: "valid" } : null;
}

const invalid = (...calls: readonly (number | null)[]): Decision => ({
  verdict: "invalid",
  witness: calls.filter((index) => index !== null).sort((a, b) => a - b),
});

/** In the order in which the enqueues began: of all that had been put in before, the one that leaves last. */
function conflictAmong(elements: readonly Element[], calls: readonly Call[]): Decision | null {
  const byReturn = [...elements].sort((a, b) => calls[a.enqueue]!.returned - calls[b.enqueue]!.returned);
  let returned = 0;
  let last: Element | null = null;
  for (const element of elements) {
    const { invoked } = calls[element.enqueue]!;
    while (returned < byReturn.length && calls[byReturn[returned]!.enqueue]!.returned < invoked) {
      const before = byReturn[returned++]!;
      if (last === null || before.from > last.from) last = before;
    }
    if (last !== null && last.from > element.until) {
      return invalid(last.enqueue, last.dequeue, element.enqueue, element.dequeue);
    }
  }
  return null;
}
