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
import { copyOf, descends, merge, type VectorClock } from "./vector-clock.ts";

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
  /** Of the version's stamp. */
  readonly at: TimeMs;
}

/** All a replica knows of one key. */
export interface KeyState {
  /** Every write of this key that the replica has seen, including all those overwritten since. */
  readonly context: VectorClock;
  /** The concurrent versions, ordered by node and counter so that equal states are equal byte for byte. */
  readonly versions: readonly Version[];
  /** The newest requests with a token, oldest first; absent when there are none. */
  readonly marks?: readonly Mark[];
}

export const absentKey: KeyState = Object.freeze({ context: Object.freeze({}), versions: Object.freeze([]) });

export const isSeen = (dot: Dot, context: VectorClock) => dot.counter <= (context[dot.node] ?? 0);
export const sameDot = (a: Dot, b: Dot) => a.node === b.node && a.counter === b.counter;
export const isAmong = (dot: Dot, versions: readonly Version[]) =>
  versions.some((other) => sameDot(dot, other.dot));
/** By node, then by counter. */
const compareDots = (a: Dot, b: Dot) => (a.node < b.node ? -1 : a.node > b.node ? 1 : a.counter - b.counter);
/** The order of the versions of a key. */
export const byDot = (a: { readonly dot: Dot }, b: { readonly dot: Dot }) => compareDots(a.dot, b.dot);

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
  const seen = copyOf(merge(state.context, context));
  seen[dot.node] = dot.counter;
  const versions = survivors.length === 0 ? [version] : [...survivors, version].sort(byDot);
  return stateOf(seen, versions, state.marks);
}

/**
 * What two replicas of one key know together. Commutative, associative and idempotent.
 * Returns `a` itself when `b` adds nothing, and `b` itself when `a` adds nothing.
 */
export function sync(a: KeyState, b: KeyState): KeyState {
  const kept = a.versions.filter((mine) => !isSeen(mine.dot, b.context) || isAmong(mine.dot, b.versions));
  const gained = b.versions.filter((theirs) => !isSeen(theirs.dot, a.context));
  const isKept = kept.length === a.versions.length;
  const marks = joinMarks(a.marks, b.marks);
  if (gained.length === 0 && isKept && marks === a.marks && descends(a.context, b.context)) return a;
  if (kept.length + gained.length === b.versions.length && descends(b.context, a.context)) {
    if (joinMarks(b.marks, a.marks) === b.marks) return b;
  }
  return stateOf(merge(a.context, b.context), [...kept, ...gained].sort(byDot), marks);
}

/**
 * What two replicas know together when `versions` are what is left of those of both, in the order of their dots.
 * Returns `a` itself when `b` adds nothing, and `b` itself when `a` adds nothing.
 */
export function joinedState(a: KeyState, b: KeyState, versions: readonly Version[]): KeyState {
  const context = merge(a.context, b.context);
  const marks = joinMarks(a.marks, b.marks);
  if (context === a.context && marks === a.marks && sameVersions(versions, a.versions)) return a;
  if (descends(b.context, a.context) && sameVersions(versions, b.versions)) {
    if (joinMarks(b.marks, a.marks) === b.marks) return b;
  }
  return stateOf(context, versions, marks);
}

const sameVersions = (a: readonly Version[], b: readonly Version[]) =>
  a.length === b.length && a.every((version, index) => sameDot(version.dot, b[index]!.dot));

/** Without a field for marks when there are none. */
export function stateOf(
  context: VectorClock,
  versions: readonly Version[],
  marks: readonly Mark[] | undefined,
): KeyState {
  return marks === undefined ? { context, versions } : { context, versions, marks };
}

/** Requests that a key remembers: a retry comes soon or not at all. */
export const marksMax = 16;

const byAge = (a: Mark, b: Mark) => a.at - b.at || byDot(a, b);

/** The newest marks of both, oldest first. Returns `a` itself when `b` adds nothing. */
export function joinMarks(
  a: readonly Mark[] | undefined,
  b: readonly Mark[] | undefined,
): readonly Mark[] | undefined {
  if (b === undefined || a === b) return a;
  if (a === undefined) return b;
  const added = b.filter((theirs) => !a.some((mine) => sameDot(mine.dot, theirs.dot)));
  if (added.length === 0) return a;
  const newest = [...a, ...added].sort(byAge).slice(-marksMax);
  return newest.every((mark) => a.includes(mark)) ? a : newest;
}

/** The versions of `after` that `before` had never seen. */
export function gainedVersions(before: KeyState, after: KeyState): readonly Version[] {
  return after.versions.filter((version) => !isSeen(version.dot, before.context));
}

/** What a reader is shown: live siblings, in the order of their dots. Empty: absent or deleted. */
export function liveVersions(state: KeyState): readonly Version[] {
  return standingVersions(state).filter((version) => version.value !== null);
}

export const liveValues = (state: KeyState): readonly string[] =>
  liveVersions(state).map(({ value }) => value!);

/**
 * The versions without those that repeat a request. Two coordinators that had not heard of each other may both carry
 * out one request: of its versions the one with the highest dot stands, and none when another has been overwritten.
 *
 * The repetition stays in the state, for whatever takes it out there could take out too much: with two requests, each
 * made twice and in opposite orders, one replica would drop the first for the second and another the second for the
 * first, and nothing would be left. Where all would be left out, all stand.
 */
export function standingVersions({ versions, marks }: KeyState): readonly Version[] {
  if (marks === undefined || versions.length < 2) return versions;
  const standing = versions.filter((version) => {
    const token = marks.find(({ dot }) => sameDot(dot, version.dot))?.token;
    return !marks.some(
      ({ dot, token: other }) =>
        other === token &&
        !sameDot(dot, version.dot) &&
        (!isAmong(dot, versions) || compareDots(dot, version.dot) > 0),
    );
  });
  return standing.length === 0 ? versions : standing;
}
