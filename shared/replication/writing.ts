/**
 * The one place where a client's write becomes a version of its key.
 *
 * What a version needs: a dot that was never issued before (P1), a hybrid stamp above every version this node knows of
 * the key, what the key's conflict strategy makes of the value, the mark of the client's request, and for a causal
 * write what its client had seen before. The caller stores the state in the same step, so that nothing comes between
 * the look at the store and the change, and the version's dot is the very event that stores it.
 *
 * A request that the key remembers by its token is not carried out again. Its copies are to be spread as if it were, for
 * the first attempt may have ended before enough replicas had it. Another write under the same token is a mistake of its
 * client's, and refused as long as the first one can still be seen: an answer would tell it of a write that is none.
 */
import { type Dot, formatDot, joinMarks, type KeyState, sameDot, type Version } from "../clock/dotted.ts";
import { descends, emptyClock, merge, type VectorClock } from "../clock/vector-clock.ts";
import type { NodeId } from "../ids.ts";
import type { KeyStore } from "./key-store.ts";
import { refusal } from "./quorum.ts";
import { contextMet } from "./session.ts";
import { isMerged } from "./strategies/behaviours.ts";
import type { ClientRequest, OperationError, ReplicationEffects, Session } from "./types.ts";

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

export type Written =
  /** The key's state with this write, to be stored; `repeated`: it was there before, and nothing is to be stored. */
  | { readonly state: KeyState; readonly repeated: boolean }
  /** Nothing has happened. */
  | { readonly error: OperationError };

/** `node` is this node, which coordinates. */
export function writeVersion(
  fx: ReplicationEffects,
  store: KeyStore,
  node: NodeId,
  request: ClientRequest,
): Written {
  const { id, op, key, token } = request;
  const known = knownFor(request, store);
  const mark = token === undefined ? undefined : known.marks?.find((mark) => mark.token === token);
  if (mark !== undefined) {
    if (isOther(request, known, mark.dot, store)) return { error: refusal("bad_value", tokenTaken) };
    fx.rare.reached("a request made twice");
    fx.local("repeated", { op, key, request: id }, { token: mark.token, dot: formatDot(mark.dot) });
    return { state: known, repeated: true };
  }
  if (store.strategyOf(key) === "last-write-wins" && !descends(known.context, metOf(request))) {
    fx.rare.reached("a causal write that came too early");
    return { error: refusal("not_yet", tooEarly) };
  }
  const context = contextOf(request, known);
  const counter = fx.nextCounter(Math.max(known.context[node] ?? 0, context[node] ?? 0));
  const { at, tick } = store.nextStamp(known, fx.wall);
  const value = op === "delete" ? null : (request.value ?? "");
  const version: Mutable<Version> = { dot: { node, counter }, value, at };
  if (tick > 0) version.tick = tick;
  const after = afterOf(request);
  if (after !== undefined) version.after = after;
  const written = store.behaviour(key).write(known, version, context);
  if ("code" in written) return { error: refusal(written.code, written.message) };
  if (token === undefined) return { state: written, repeated: false };
  const marks = joinMarks(known.marks, [{ token, dot: version.dot, at }]);
  return { state: { ...written, marks: marks! }, repeated: false };
}

const tokenTaken =
  "This request's name (Idempotency-Key) was given to another write of this key: repeat that one, or use a new name.";

/** What was written under the token is still there, and is not this. Merged values are not kept as they are written. */
function isOther(
  { op, key, value = "" }: ClientRequest,
  known: KeyState,
  dot: Dot,
  store: KeyStore,
): boolean {
  const first = known.versions.find((version) => sameDot(version.dot, dot));
  if (first === undefined || isMerged(store.strategyOf(key))) return false;
  return first.value !== (op === "delete" ? null : value);
}

/** What this node knows of the key; with what was forgotten of it by agreement, where the client still names that. */
function knownFor(request: ClientRequest, store: KeyStore): KeyState {
  const known = store.get(request.key);
  const named = merge(request.context ?? emptyClock, metOf(request));
  if (descends(known.context, named)) return known;
  const context = merge(known.context, store.forgotten(request.key));
  return context === known.context ? known : { ...known, context };
}

/**
 * Where the last write wins, it is the stamp that puts a write after another. A node that does not know what its client
 * has met might stamp below it, and the client would never read what it wrote.
 */
const tooEarly =
  "This node has not heard yet of what the session has met of this key: try again, or through another node.";

/** Of a causal write: what its client has met of the key. */
const metOf = ({ key, consistency, session }: ClientRequest) =>
  consistency === "causal" && session ? contextMet(session, key) : emptyClock;

/** What the write takes the place of: what its client had read or met, or else all that this node knows. */
function contextOf(request: ClientRequest, known: KeyState): VectorClock {
  const { context } = request;
  const met = metOf(request);
  if (context) return merge(context, met);
  return met !== emptyClock && Object.keys(met).length > 0 ? met : known.context;
}

/** Of a causal write: all that its client had met before, in an order that does not depend on the client. */
function afterOf({ consistency, session = {} }: ClientRequest): Session | undefined {
  if (consistency !== "causal") return undefined;
  const met = Object.entries(session);
  if (met.length === 0) return undefined;
  return byName(met.map(([key, context]) => [key, byName(Object.entries(context))]));
}

const byName = <Value>(entries: readonly (readonly [string, Value])[]): Readonly<Record<string, Value>> =>
  Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
