/**
 * The smallest part of a history that nothing can explain.
 *
 * Leaving operations out of a history can break it in a trivial way: without the write, the read that saw it has no
 * explanation. So an operation is not left out but forgotten: it may have taken effect at any time, or never, and its
 * answer is not known. What remains impossible then is impossible whatever the forgotten ones did. Forgetting more only
 * allows more, so the property is monotone and QuickXplain finds a set from which nothing more can be forgotten, in
 * about k log(n/k) checks for k operations of n. To these come the operations whose effect their answers show.
 *
 * Source: Junker 2004, "QuickXplain: Preferred Explanations and Relaxations for Over-Constrained Problems".
 */
import { canonical, type Model } from "../models/model.ts";
import type { Operation } from "../types.ts";
import type { Budget } from "./budget.ts";
import { decide } from "./decide.ts";

/** Search states for one question, at least and at most; a question that needs more counts as "cannot be forgotten". */
const statesPerCheckMin = 20_000;
const statesPerCheckMax = 200_000;
/** The same where the whole object is asked about what was found on a part of it. */
const statesPerCheckOfWhole = 2000;

/** An answer that shows more operations than this is not traced to them. */
const sourcesMax = 3;

export interface Smallest {
  readonly operations: readonly Operation[];
  /** False when an answer shows more than is told here: there would have been too much. */
  readonly isWhole: boolean;
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

/** A violation as it was found: operations that are invalid together, and indices of likely culprits among them. */
export interface Violation {
  /** Of one object, in the order of invocation; or of a part of it, as the model sees that. */
  readonly operations: readonly Operation[];
  readonly witness: readonly number[];
  /** What it took to find out. */
  readonly statesSpent: number;
}

/**
 * As few operations as are invalid whatever the others of `whole`, all operations of the object, did: forgetting any of
 * them makes the rest possible, or takes away what another one's answer shows.
 */
export function smallestInvalid(
  model: Model,
  whole: readonly Operation[],
  { operations, witness, statesSpent }: Violation,
  budget: Budget,
): Smallest {
  const statesPerCheck = Math.min(statesPerCheckMax, Math.max(statesPerCheckMin, 2 * statesSpent));
  let isMinimal = true;
  const verdictOf = (
    among: readonly Operation[],
    isKept: (operation: Operation) => boolean,
    states: number,
  ) => {
    const mixed = among.map((operation) => (isKept(operation) ? operation : forgotten(operation)));
    mixed.sort((a, b) => (a.invoked < b.invoked ? -1 : a.invoked > b.invoked ? 1 : 0));
    return decide(mixed, model.compile(mixed), budget.part(states)).verdict;
  };
  const isInvalid = (kept: ReadonlySet<number>): boolean => {
    const keptOperations = new Set([...kept].map((index) => operations[index]!));
    const verdict = verdictOf(operations, (operation) => keptOperations.has(operation), statesPerCheck);
    if (verdict === "unknown") isMinimal = false;
    return verdict === "invalid";
  };
  /** A part says less than the whole: there, less may be enough. */
  const isInvalidInWhole = (kept: readonly number[]): boolean => {
    const ids = new Set(kept.map((index) => operations[index]!.id));
    return verdictOf(whole, ({ id }) => ids.has(id), statesPerCheckOfWhole) === "invalid";
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
  const core = necessary([], false, suspects);
  const { sources, isWhole } = sourcesOf(model, operations, core);
  const kept = new Set([...core, ...sources]);
  const isPart = operations !== whole;
  /** With the sources told, something of the core may have become superfluous, and then its own source. */
  const superfluous = () =>
    [...kept].find((index) => {
      const others = [...kept].filter((other) => other !== index);
      if (others.some((reader) => model.shows(operations[reader]!, operations[index]!))) return false;
      return isInvalid(new Set(others)) || (isPart && isInvalidInWhole(others));
    });
  if (isPart || sources.size > 0) {
    for (let index = superfluous(); index !== undefined; index = superfluous()) kept.delete(index);
  }
  const ids = new Set([...kept].map((index) => operations[index]!.id));
  return { operations: whole.filter(({ id }) => ids.has(id)), isWhole, isMinimal };
}

/**
 * What the answers of `core` show, where that is little: nothing follows from it, but nobody understands that a value
 * vanished without having seen it come. Of several operations that wrote the same the last before the answer is taken.
 */
function sourcesOf(
  model: Model,
  operations: readonly Operation[],
  core: readonly number[],
): { readonly sources: ReadonlySet<number>; readonly isWhole: boolean } {
  const sources = new Set<number>();
  let isWhole = true;
  for (const index of core) {
    const reader = operations[index]!;
    const byValue = new Map<string, number>();
    operations.forEach((writer, at) => {
      if (at === index || writer.invoked > reader.returned || !model.shows(reader, writer)) return;
      const value = canonical(writer.input);
      const known = byValue.get(value);
      if (known === undefined || !core.includes(known)) byValue.set(value, at);
    });
    if (byValue.size > sourcesMax) isWhole = false;
    else for (const source of byValue.values()) sources.add(source);
  }
  return { sources, isWhole };
}
