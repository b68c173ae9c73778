/** One operation on its way to its quorum, and the outcomes it can have. */
import { absentKey, type KeyState } from "../clock/dotted.ts";
import type { VectorClock } from "../clock/vector-clock.ts";
import type { Key, NodeId, RequestId, TimeMs } from "../ids.ts";
import { quorumMessage, refusal } from "./quorum.ts";
import type { About, ClientRequest, DataOperation, OperationOutcome, Quorum } from "./types.ts";

/** One operation coordinated here, until its quorum has answered; a read until all owners have. */
export interface Pending {
  readonly id: RequestId;
  readonly op: DataOperation;
  readonly key: Key;
  readonly about: About;
  readonly owners: readonly NodeId[];
  readonly needed: number;
  /** The first node of a forwarded request; null when the client spoke to this one. */
  readonly replyTo: NodeId | null;
  readonly deadline: TimeMs;
  readonly successful: NodeId[];
  failed: NodeId[];
  replied: boolean;
  /** Of a write: what was stored. Of a read: all that the answers know together. */
  state: KeyState;
  /** Of a write: its causal hash, "" until then. */
  hash: string;
  /** Of a read: what each owner answered. */
  readonly answers: (readonly [NodeId, KeyState])[];
}

export function openPending(
  request: ClientRequest,
  about: About,
  quorum: Quorum,
  owners: readonly NodeId[],
  failed: NodeId[],
  replyTo: NodeId | null,
  deadline: TimeMs,
): Pending {
  return {
    id: request.id,
    op: request.op,
    key: request.key,
    about,
    owners,
    needed: request.op === "get" ? quorum.r : quorum.w,
    replyTo,
    deadline,
    successful: [],
    failed,
    replied: false,
    state: absentKey,
    hash: "",
    answers: [],
  };
}

/** So many owners have failed that the others are not enough. */
export const isHopeless = ({ owners, failed, needed }: Pending) => owners.length - failed.length < needed;

/** Known before anything was sent or stored: the operation certainly did not happen. */
export function refused(pending: Pending, n: number): OperationOutcome {
  const message = quorumMessage(pending, n);
  return { ok: false, error: refusal("quorum_not_met", message, pending.owners, pending.failed) };
}

/** Given up on the way. A write is stored at the coordinator at least: it may survive, and the client is told so. */
export function failure(
  pending: Pending,
  code: "quorum_not_met" | "timed_out",
  requestTimeout: TimeMs,
): OperationOutcome {
  const { op, owners, successful, needed } = pending;
  const wanted = op === "get" ? "replies" : "durable copies";
  const message =
    code === "quorum_not_met"
      ? quorumMessage(pending, owners.length)
      : `${op} had ${successful.length} of ${needed} ${wanted} within ${requestTimeout} ms; try again.`;
  const failed = owners.filter((owner) => !successful.includes(owner));
  const error = {
    code,
    message,
    definite: op === "get",
    replicas: owners,
    successful: [...successful],
    failed,
  };
  return { ok: false, error };
}

export function success(
  pending: Pending,
  coordinator: NodeId,
  clock: VectorClock,
  eventCount: number,
): OperationOutcome {
  const { op, key, state, owners, hash } = pending;
  const successful = [...pending.successful];
  const failed = [...pending.failed];
  const result = {
    op,
    key,
    state,
    coordinator,
    replicas: owners,
    successful,
    failed,
    clock,
    eventCount,
    hash,
  };
  return { ok: true, result };
}
