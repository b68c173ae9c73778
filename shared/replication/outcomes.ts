/**
 * How operations end, and how their clients hear of it.
 *
 * A client that gets an error must know whether its write may have happened: only then can it decide to try again.
 * Every error says so twice, in a flag for programs and in its sentence for people. Reads change nothing, so their
 * errors are always definite; a write is definite only when it was refused before anything was stored or sent.
 */
import type { KeyState } from "../clock/dotted.ts";
import type { VectorClock } from "../clock/vector-clock.ts";
import type { NodeId } from "../ids.ts";
import type { CoordinatorOptions } from "./coordinator.ts";
import { answerers, type Pending } from "./pending.ts";
import { quorumMessage, refusal } from "./quorum.ts";
import { sessionAfter } from "./session.ts";
import { isMerged } from "./strategies/behaviours.ts";
import type {
  About,
  ClientRequest,
  OperationErrorCode,
  OperationOutcome,
  OperationResult,
  ReplicationEffects,
  Session,
} from "./types.ts";

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Known before anything was sent or stored: the operation certainly did not happen. */
export function refused(pending: Pending): OperationOutcome {
  const message = quorumMessage(pending, pending.needed, true);
  return {
    ok: false,
    error: refusal("quorum_not_met", message, pending.placement.owners, [...pending.failed]),
  };
}

/** Given up on the way. A write is stored at the coordinator at least: it may survive, and the client is told so. */
export function failure(pending: Pending, code: OperationErrorCode, message: string): OperationOutcome {
  const { request, placement } = pending;
  const successful = answerers(pending);
  const failed = placement.owners.filter((owner) => !pending.successful.includes(owner));
  const definite = request.op === "get";
  return { ok: false, error: { code, message, definite, replicas: placement.owners, successful, failed } };
}

export function tooFewReached(pending: Pending, needed = pending.needed): OperationOutcome {
  return failure(pending, "quorum_not_met", quorumMessage(pending, needed, pending.request.op === "get"));
}

/** `count` of `needed` were there when the time was over; `what` they are. */
export function timedOut(
  pending: Pending,
  count: number,
  needed: number,
  what: string,
  waited: number,
): OperationOutcome {
  const { op } = pending.request;
  const rest =
    op === "get"
      ? "it certainly changed nothing; try again."
      : "it may have happened; read the key before you try again.";
  return failure(
    pending,
    "timed_out",
    `The ${op} had ${count} of ${needed} ${what} within ${waited} ms: ${rest}`,
  );
}

/** The session of a causal request after it; undefined when it has none, null when it would be too large. */
export function nextSession({ request }: Pending, state: KeyState): Session | null | undefined {
  if (request.consistency !== "causal") return undefined;
  return sessionAfter(request.session ?? {}, request.key, state);
}

export const sessionTooLarge =
  "The session would hold more than a client can carry: begin a new one, or use it for fewer keys.";

export function success(
  pending: Pending,
  state: KeyState,
  { node: coordinator, store, operations }: Pick<CoordinatorOptions, "node" | "store" | "operations">,
  clock: VectorClock,
): OperationOutcome {
  const { request, placement, hash } = pending;
  const { op, key } = request;
  const session = nextSession(pending, state);
  if (session === null) return failure(pending, "session_too_large", sessionTooLarge);
  const result: Mutable<OperationResult> = {
    op,
    key,
    state,
    coordinator,
    replicas: placement.owners,
    successful: answerers(pending),
    failed: placement.owners.filter((owner) => pending.failed.includes(owner)),
    clock,
    eventCount: operations.count,
    hash,
  };
  if (isMerged(store.strategyOf(key))) result.values = store.behaviour(key).values(state);
  if (session !== undefined) result.session = session;
  if (pending.repeated) result.repeated = true;
  return { ok: true, result };
}

/** Answers the client, or the node that its request came from. */
export function answer(fx: ReplicationEffects, pending: Pending, outcome: OperationOutcome): void {
  pending.replied = true;
  const { replyTo, request, about } = pending;
  if (replyTo === null) fx.reply(request.id, about, outcome);
  else relay(fx, replyTo, request, about, outcome);
}

export function relay(
  fx: ReplicationEffects,
  to: NodeId,
  { id, op, key }: ClientRequest,
  about: About,
  outcome: OperationOutcome,
): void {
  fx.send(to, { kind: "FORWARD_REPLY", request: id, op, key, outcome }, about);
}
