/** The strategies by name, and which of them a key follows: the one of the longest prefix. */
import { liveValues, sync, write } from "../../clock/dotted.ts";
import type { Key } from "../../ids.ts";
import type { ConflictStrategy } from "../settings.ts";
import type { Behaviour } from "./behaviour.ts";
import { counter } from "./counter.ts";
import { lastWriteWins } from "./last-write-wins.ts";
import { map } from "./map.ts";
import { max } from "./max.ts";
import { serverVectors } from "./server-vectors.ts";
import { set } from "./set.ts";
import { text } from "./text.ts";

/** All concurrent versions, for the client to decide: exact, and the basis of all that merges. */
const siblings: Behaviour = {
  write,
  merge: sync,
  values: liveValues,
};

const byName: ReadonlyMap<string, Behaviour> = new Map(
  Object.entries({
    siblings,
    "last-write-wins": lastWriteWins,
    "server-vectors": serverVectors,
    counter,
    set,
    map,
    max,
    text,
  }),
);

/** A merge function of the user's own runs in the host: for the core its keys have siblings. */
export const behaviourOf = (strategy: ConflictStrategy): Behaviour => byName.get(strategy) ?? siblings;

/** True where concurrent versions are a conflict, which somebody must end. */
export const keepsSiblings = (strategy: ConflictStrategy) =>
  behaviourOf(strategy) === siblings || strategy === "server-vectors";

/** True where what a reader is shown is made of all versions together. */
export const isMerged = (strategy: ConflictStrategy) =>
  !keepsSiblings(strategy) && strategy !== "last-write-wins";

export class Strategies {
  /** Longest prefix first. */
  readonly #prefixes: readonly (readonly [prefix: string, strategy: ConflictStrategy])[];

  constructor(conflicts: Readonly<Record<string, ConflictStrategy>>) {
    this.#prefixes = Object.entries(conflicts).sort(([a], [b]) => b.length - a.length);
  }

  of(key: Key): ConflictStrategy {
    for (const [prefix, strategy] of this.#prefixes) if (key.startsWith(prefix)) return strategy;
    return "siblings";
  }
}
