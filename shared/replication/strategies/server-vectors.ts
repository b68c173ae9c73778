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
import {
  joinMarks,
  type KeyState,
  liveVersions,
  sameDot,
  stateOf,
  type Version,
} from "../../clock/dotted.ts";
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
    if (b.versions.every((version) => isAmong(version, a)) && descends(a.context, b.context)) {
      if (joinMarks(a.marks, b.marks) === a.marks) return a;
    }
    if (a.versions.every((version) => isAmong(version, b)) && descends(b.context, a.context)) {
      if (joinMarks(b.marks, a.marks) === b.marks) return b;
    }
    const gained = b.versions.filter((version) => !isAmong(version, a));
    return stateOf(
      merge(a.context, b.context),
      highest([...a.versions, ...gained]),
      joinMarks(a.marks, b.marks),
    );
  },

  values: (state) => liveVersions(state).map(({ value }) => value!),
};

const vectorOf = ({ dot, facts }: Version): VectorClock =>
  (facts as Partial<Facts> | undefined)?.vector ?? { [dot.node]: dot.counter };

const isAmong = ({ dot }: Version, { versions }: KeyState) =>
  versions.some((other) => sameDot(other.dot, dot));

/** Without those that another's vector covers. */
const highest = (versions: readonly Version[]) =>
  versions.filter(
    (version) => !versions.some((other) => other !== version && descends(vectorOf(other), vectorOf(version))),
  );
