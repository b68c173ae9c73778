/**
 * The smallest part of a history that nothing can explain.
 *
 * Leaving operations out of a history can break it in a trivial way: without the write, the read that saw it has no
 * explanation. So an operation is not left out but forgotten: it may have taken effect at any time, or never, and its
 * answer is not known. What remains impossible then is impossible whatever the forgotten ones did. Forgetting more only
 * allows more, so the property is monotone and QuickXplain finds a set from which nothing more can be forgotten, in
 * about k log(n/k) checks for k operations of n.
 *
 * Source: Junker 2004, "QuickXplain: Preferred Explanations and Relaxations for Over-Constrained Problems".
 */
import type { Model } from "../models/model.ts";
import type { Operation } from "../types.ts";
import type { Budget } from "./budget.ts";
import { decide } from "./decide.ts";

/** Search states for one question; a question that needs more counts as "cannot be forgotten". */
const statesPerCheck = 20_000;

export interface Smallest {
  readonly operations: readonly Operation[];
  /** False when a question had to be left open: something more could perhaps be forgotten. */
  readonly isMinimal: boolean;
}

/** The operation as one of which only the request is known. */
const forgotten = (operation: Operation): Operation => ({
  ...operation,
  outcome: "unknown",
  output: null,
  invoked: Number.NEGATIVE_INFINITY,
  returned: Number.POSITIVE_INFINITY,
});

/**
 * `operations` of one object that are invalid together, in the order of invocation; `witness` indices of some among
 * them that are likely to be enough.
 */
export function smallestInvalid(
  model: Model,
  operations: readonly Operation[],
  witness: readonly number[],
  budget: Budget,
): Smallest {
  let isMinimal = true;
  const free = operations.map(forgotten);
  const isInvalid = (kept: ReadonlySet<number>): boolean => {
    const mixed = operations.map((operation, index) => (kept.has(index) ? operation : free[index]!));
    mixed.sort((a, b) => (a.invoked < b.invoked ? -1 : a.invoked > b.invoked ? 1 : 0));
    const { verdict } = decide(mixed, model.compile(mixed), budget.part(statesPerCheck));
    if (verdict === "unknown") isMinimal = false;
    return verdict === "invalid";
  };

  /** What of `among` must be kept besides `background`, which is not enough; `isNew`: it may be enough by now. */
  const necessary = (
    background: readonly number[],
    isNew: boolean,
    among: readonly number[],
  ): readonly number[] => {
    if (isNew && isInvalid(new Set(background))) return [];
    if (among.length === 1) return among;
    const first = among.slice(0, among.length >>> 1);
    const second = among.slice(among.length >>> 1);
    const ofSecond = necessary([...background, ...first], first.length > 0, second);
    const ofFirst = necessary([...background, ...ofSecond], ofSecond.length > 0, first);
    return [...ofFirst, ...ofSecond];
  };

  const everything = operations.map((_, index) => index);
  const suspects = isInvalid(new Set(witness)) ? witness : everything;
  isMinimal = true;
  const kept = [...necessary([], false, suspects)].sort((a, b) => a - b);
  return { operations: kept.map((index) => operations[index]!), isMinimal };
}
