/**
 * Last write wins: of all versions, the one with the highest hybrid stamp is the value; the others are gone.
 *
 * It keeps one value and asks nothing of clients, and it loses acknowledged writes: of two that did not know of each
 * other one always, and with wall clocks that differ, for a while even the later one. That is its nature (P5). What can
 * be had is that all replicas lose the same ones, and that it is said which.
 *
 * The state is the greatest version and the union of contexts, each a semilattice of its own. A context must not take
 * versions away here as it does among siblings: a later write may bear the lower stamp, and then context would
 * drop the one and stamp the other, and the key would be empty.
 *
 * So that everybody can tell a write that was lost from one that was read and written over, a version says what its
 * writer had seen.
 *
 * Source: Johnson, Thomas 1975, "The Maintenance of Duplicate Databases" (RFC 677); Shapiro, Preguiça, Baquero,
 * Zawirski 2011, "A comprehensive study of Convergent and Commutative Replicated Data Types", §3.2.1 (LWW-Register).
 */
import { isSeen, joinedState, liveValues, sameDot, stateOf, type Version } from "../../clock/dotted.ts";
import { compareStamps } from "../../clock/hybrid.ts";
import { merge, type VectorClock } from "../../clock/vector-clock.ts";
import type { Behaviour } from "./behaviour.ts";

interface Facts {
  /** What the writer of this version had seen. */
  readonly seen: VectorClock;
}

export const lastWriteWins: Behaviour = {
  write(known, version, context) {
    const facts: Facts = { seen: context };
    const seen = merge(merge(known.context, context), { [version.dot.node]: version.dot.counter });
    return stateOf(seen, latest([...known.versions, { ...version, facts }]), known.marks);
  },

  merge: (a, b) => joinedState(a, b, latest([...a.versions, ...b.versions])),

  values: liveValues,
};

/** At most one. */
function latest(versions: readonly Version[]): readonly Version[] {
  const [first, ...rest] = versions;
  if (first === undefined) return versions;
  return [rest.reduce((winner, version) => (compareStamps(version, winner) > 0 ? version : winner), first)];
}

/**
 * True when the writer of `winner` had not seen `loser`: then it is lost, not written over. Of a winner written under
 * another strategy nothing is known.
 */
export function isLost(loser: Version, winner: Version): boolean {
  const { seen } = (winner.facts ?? {}) as Partial<Facts>;
  return seen !== undefined && !sameDot(loser.dot, winner.dot) && !isSeen(loser.dot, seen);
}
