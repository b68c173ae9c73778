/**
 * Version vectors without dots, one entry for each server: how stores of this kind began, kept to show what dots cure.
 *
 * A version bears a vector: what its client had seen, and the counter of the server that took the write. One version
 * takes the place of another when its vector is above it. But the counter of a server says "every write I took so far",
 * those of other clients included, which the writer may never have seen. So of two clients that write through one
 * server without having read, the second takes the place of the first, although neither knew of the other: the first
 * write was acknowledged, and is gone.
 *
 * Source: Preguiça, Baquero, Almeida, Fonte, Gonçalves 2012, "Dotted Version Vectors", §3.2 (version vectors with one
 * entry per server).
 */
import { byDot, isAmong, joinedState, liveValues, stateOf, type Version } from "../../clock/dotted.ts";
import { descends, merge, type VectorClock } from "../../clock/vector-clock.ts";
import type { Behaviour } from "./behaviour.ts";

interface Facts {
  readonly vector: VectorClock;
}

export const serverVectors: Behaviour = {
  write(known, version, context) {
    const { node, counter } = version.dot;
    const vector = merge(context, { [node]: counter });
    const versions = highest([...known.versions, { ...version, facts: { vector } satisfies Facts }]);
    return stateOf(merge(known.context, vector), versions, known.marks);
  },

  merge(a, b) {
    const gained = b.versions.filter(({ dot }) => !isAmong(dot, a.versions));
    return joinedState(a, b, highest([...a.versions, ...gained]));
  },

  values: liveValues,
};

const vectorOf = ({ dot, facts }: Version): VectorClock =>
  (facts as Partial<Facts> | undefined)?.vector ?? { [dot.node]: dot.counter };

/** Without those that another's vector covers. */
const highest = (versions: readonly Version[]) =>
  versions
    .filter(
      (version) =>
        !versions.some((other) => other !== version && descends(vectorOf(other), vectorOf(version))),
    )
    .sort(byDot);
