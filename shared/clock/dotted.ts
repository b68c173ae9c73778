/**
 * Siblings of one key, kept with dotted version vectors.
 *
 * One version vector per value cannot tell "the second write of a client that had read nothing" from "a write that
 * read the first one", so plain vectors either lose concurrent writes or keep overwritten ones (sibling explosion).
 * A dot names the single event that wrote a value, apart from the context, which names all writes seen so far.
 * Then the set kept is exactly the set of concurrent writes, whatever the pattern of contexts.
 *
 * What must hold: the coordinator of a write holds the key itself and issues dots that only grow (a durable counter).
 * Then every dot below `context` that is not among `versions` has been overwritten, and contexts need no holes.
 *
 * Source: Preguiça, Baquero, Almeida, Fonte, Gonçalves 2012, "Dotted Version Vectors: Logical Clocks for Optimistic
 * Replication", §5 (the set representation, DVVSet).
 */
import type { NodeId, TimeMs } from "../ids.ts";
import { descends, merge, type VectorClock } from "./vector-clock.ts";

/** The one event that wrote a version: the counter-th event of the node. */
export interface Dot {
  readonly node: NodeId;
  readonly counter: number;
}

export interface Version {
  readonly dot: Dot;
  /** null is a tombstone: the key was deleted by this version. */
  readonly value: string | null;
  /** The physical part of the coordinator's hybrid clock. Orders versions under last-write-wins only. */
  readonly at: TimeMs;
  /** Its logical part; absent when 0. */
  readonly tick?: number;
  /** What a mergeable value is made of; see replication/strategies. Clients see `value`. */
  readonly facts?: unknown;
  /** Of a causal write: what its client had read and written before, by key. */
  readonly after?: Readonly<Record<string, VectorClock>>;
}

/** A client's request that has been carried out on a key: met again, it is not repeated. */
export interface Mark {
  /** The client's own name for the request. */
  readonly token: string;
  readonly dot: Dot;
}

/** All a replica knows of one key. */
export interface KeyState {
  /** Every write of this key that the replica has seen, including all those overwritten since. */
  readonly context: VectorClock;
  /** The concurrent versions, ordered by node and counter so that equal states are equal byte for byte. */
  readonly versions: readonly Version[];
  /** The newest requests with a token, by dot; absent when there are none. */
  readonly marks?: readonly Mark[];
}

export const absentKey: KeyState = Object.freeze({ context: Object.freeze({}), versions: Object.freeze([]) });

const isSeen = (dot: Dot, context: VectorClock) => dot.counter <= (context[dot.node] ?? 0);
const sameDot = (a: Dot, b: Dot) => a.node === b.node && a.counter === b.counter;
const isAmong = (dot: Dot, versions: readonly Version[]) => versions.some((other) => sameDot(dot, other.dot));
const byDot = (a: Version, b: Version) =>
  a.dot.node < b.dot.node ? -1 : a.dot.node > b.dot.node ? 1 : a.dot.counter - b.dot.counter;

/** `node-1:42`, as events and people write a dot. */
export const formatDot = (dot: Dot) => `${dot.node}:${dot.counter}`;

/**
 * The state after `version` was written by a client that had seen `context`.
 * Throws RangeError when the dot is not newer than everything seen of its node: the counter was lost (P1).
 */
export function write(state: KeyState, version: Version, context: VectorClock): KeyState {
  const { dot } = version;
  if (isSeen(dot, state.context) || isSeen(dot, context)) {
    const seen = Math.max(state.context[dot.node] ?? 0, context[dot.node] ?? 0);
    throw new RangeError(`dot ${formatDot(dot)} is not new: ${dot.node}:${seen} has been seen`);
  }
  const survivors = state.versions.filter((kept) => !isSeen(kept.dot, context));
  return {
    context: merge(merge(state.context, context), { [dot.node]: dot.counter }),
    versions: survivors.length === 0 ? [version] : [...survivors, version].sort(byDot),
  };
}

/**
 * What two replicas of one key know together. Commutative, associative and idempotent.
 * Returns `a` itself when `b` adds nothing, and `b` itself when `a` adds nothing.
 */
export function sync(a: KeyState, b: KeyState): KeyState {
  const kept = a.versions.filter((mine) => !isSeen(mine.dot, b.context) || isAmong(mine.dot, b.versions));
  const gained = b.versions.filter((theirs) => !isSeen(theirs.dot, a.context));
  if (gained.length === 0 && kept.length === a.versions.length && descends(a.context, b.context)) return a;
  if (kept.length + gained.length === b.versions.length && descends(b.context, a.context)) return b;
  return { context: merge(a.context, b.context), versions: [...kept, ...gained].sort(byDot) };
}

/** The versions of `after` that `before` had never seen. */
export function gainedVersions(before: KeyState, after: KeyState): readonly Version[] {
  return after.versions.filter((version) => !isSeen(version.dot, before.context));
}

/** The values a reader is shown: live siblings, in the order of their dots. Empty: absent or deleted. */
export function liveVersions(state: KeyState): readonly Version[] {
  return state.versions.filter((version) => version.value !== null);
}
