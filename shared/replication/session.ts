/**
 * Causal sessions: what a client has met, carried by the client itself, so that any node can honour it.
 *
 * A store that is only eventually consistent lets a client that moves to another node lose sight of what it has just
 * written. The cure costs the nodes nothing: the client carries, per key, the context it has met, and a read is good
 * when what it returns descends from that. This alone gives *read your writes* and *monotonic reads*.
 *
 * For the other two guarantees a write must bring its past along. A causal write stores the session of its client with
 * the version (`Version.after`), and whoever reads the version takes that into its own session. As it is the whole
 * session, the past of the past is in it, and nothing has to be followed from version to version. So one who has seen a
 * write sees what its writer had written (*monotonic writes*) and read (*writes follow reads*) before.
 *
 * What it does not do: a write without a session brings no past, and a past is forgotten with the version that brought
 * it. Nobody depends on either: who has not read a version owes nothing to what came before it.
 *
 * Source: Terry et al. 1994, "Session Guarantees for Weakly Consistent Replicated Data"; Lloyd, Freedman, Kaminsky,
 * Andersen 2011, "Don't Settle for Eventual: Scalable Causal Consistency for Wide-Area Storage with COPS", §4 (the
 * dependencies of a write).
 */
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { KeyState } from "../clock/dotted.ts";
import { descends, emptyClock, isVectorClock, merge, type VectorClock } from "../clock/vector-clock.ts";
import type { Key } from "../ids.ts";
import type { Consistency, Session } from "./types.ts";

/** What a request may ask for. */
export const consistencies = ["eventual", "causal", "strong"] as const satisfies readonly Consistency[];

const sessionKeysMax = 64;
/** As JSON. A third longer when it travels as text in a header: 8 KiB. */
const sessionBytesMax = 6 * 1024;

/** What the client of this session has met of `key`: written over by its next causal write of the key. */
export function contextMet(session: Session, key: Key): VectorClock {
  const name = nameOf(key);
  return Object.hasOwn(session, name) ? session[name]! : emptyClock;
}

/**
 * True when a client of this session may be shown `state`: it holds or has overwritten all that the client has met of
 * the key, and all that the versions in it came after. What was `forgotten` by agreement counts as overwritten.
 */
export function sessionAllows(
  session: Session,
  key: Key,
  { context, versions }: KeyState,
  forgotten: VectorClock = emptyClock,
): boolean {
  const known = merge(context, forgotten);
  return (
    descends(known, contextMet(session, key)) &&
    versions.every(({ after }) => after === undefined || descends(known, contextMet(after, key)))
  );
}

/**
 * The session of a client that has been shown `state`, or has written it. Null: it would be larger than a client can
 * carry, so the operation is refused; ask before anything is stored.
 */
export function sessionAfter(session: Session, key: Key, state: KeyState): Session | null {
  let after = met(session, nameOf(key), state.context);
  for (const version of state.versions) {
    for (const [name, context] of Object.entries(version.after ?? {})) after = met(after, name, context);
  }
  return after === session || isCarried(after) ? after : null;
}

/** True for what a client may hand us as a session. */
export function isSession(value: unknown): value is Session {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every(isVectorClock) && isCarried(value as Session);
}

/** Returns `session` itself when it has met that already. */
function met(session: Session, name: string, context: VectorClock): Session {
  const known = Object.hasOwn(session, name) ? session[name]! : emptyClock;
  const joined = merge(known, context);
  return joined === known ? session : { ...session, [name]: joined };
}

function isCarried(session: Session): boolean {
  if (Object.keys(session).length > sessionKeysMax) return false;
  const text = JSON.stringify(session);
  return text.length * 3 <= sessionBytesMax || utf8ToBytes(text).length <= sessionBytesMax;
}

/** Of a key in a session. The one name that MessagePack would change on its way is given another. */
const nameOf = (key: Key) => (/^~*__proto__$/.test(key) ? `~${key}` : key);
