/** What events say: which operation a message belongs to, and the details that shared/trace/names promises. */
import type { Claim } from "../membership/types.ts";
import { type About, type OperationOutcome, tracedValueMax } from "../replication/types.ts";
import type { TopologyRecord } from "../replication/moves/records.ts";
import type { Detail } from "../trace/event.ts";
import { valuesShown } from "../replication/shown.ts";
import { exchangeDetail } from "./describe-exchange.ts";
import type { MessageBody, ReplicaConfig, Restored } from "./types.ts";

export const aboutMembership: About = { op: "membership" };
export const internal: About = { op: "internal" };

/** What a message is about: a key and a client's request, or the cluster's own business. */
export function aboutMessage(body: MessageBody): About {
  switch (body.kind) {
    case "FORWARD":
      return { op: body.request.op, key: body.request.key, request: body.request.id };
    case "FORWARD_REPLY":
    case "REPLICATE":
    case "REPLICATE_ACK":
    case "STALE":
      return { op: body.op, key: body.key, request: body.request };
    case "READ":
    case "READ_REPLY":
      return { op: "get", key: body.key, request: body.request };
    case "HANDOVER":
    case "HANDOVER_ACK":
    case "HANDOVER_DONE":
    case "HANDOVER_DONE_ACK":
    case "HINTS":
    case "HINTS_ACK":
    case "REAP_ASK":
    case "REAP_ANSWER":
    case "REAP":
    case "PRUNE_ASK":
    case "PRUNE_ANSWER":
    case "PRUNE":
    case "CATCH_UP":
    case "COMPARE":
    case "COMPARED":
    case "COMPARE_KEYS":
    case "COMPARED_KEYS":
    case "REPAIR":
    case "REPAIRED":
    case "DECLINE":
    case "OFFER":
    case "WANTED":
    case "TELL":
    case "BROADCAST":
    case "ORDER":
      return internal;
    default:
      return aboutMembership;
  }
}

/** What the trace says of a message at its sending. */
export function sentDetail(body: MessageBody): Detail | undefined {
  if (body.kind === "TELL" || body.kind === "BROADCAST") return { text: body.text, ...body.stamp };
  return messageDetail(body);
}

/** What the trace says of a message at its receipt. Of a TELL: its stamp here, which the message does not know. */
export function receivedDetail(body: Exclude<MessageBody, { kind: "TELL" }>): Detail | undefined {
  if (body.kind !== "BROADCAST") return messageDetail(body);
  const { text, order, origin, number } = body;
  return { text, order, origin, number };
}

/** What follows a rumour, a hint or a comparison on the timeline. */
function messageDetail(body: MessageBody): Detail | undefined {
  switch (body.kind) {
    case "PING":
    case "ACK":
    case "PING_REQ":
    case "NACK":
    case "GOSSIP":
      return body.rumours.length === 0 ? undefined : { rumours: body.rumours.map(inWords) };
    case "JOIN":
    case "JOIN_REPLY":
      return { members: body.members.map(inWords) };
    case "TOPOLOGY":
      return { epoch: body.epoch, records: body.records.map(inRing) };
    case "ORDER":
      return { origin: body.origin, number: body.number, position: body.position };
    case "REPLICATE":
    case "REPLICATE_ACK":
      return body.hintFor === undefined ? undefined : { hintFor: body.hintFor };
    case "COMPARE":
    case "COMPARED":
    case "COMPARE_KEYS":
    case "COMPARED_KEYS":
    case "REPAIR":
    case "REPAIRED":
    case "DECLINE":
    case "OFFER":
    case "WANTED":
      return exchangeDetail(body);
    case "REAP_ASK":
    case "REAP":
    case "PRUNE_ASK":
    case "PRUNE":
    case "CATCH_UP":
      return { keys: body.items.map(([key]) => key) };
    case "REAP_ANSWER":
    case "PRUNE_ANSWER":
      return { keys: body.agreed };
    case "READ":
    case "READ_REPLY":
      return body.insteadOf === undefined ? undefined : { insteadOf: body.insteadOf };
    default:
      return undefined;
  }
}

const inRing = ({ node, phase, version }: TopologyRecord) => `${node} ${phase} ${version}`;
const inWords = ({ node, status, incarnation }: Claim) => `${node} ${status} ${incarnation}`;

export function replyDetail(outcome: OperationOutcome): Detail {
  if (!outcome.ok) return { ok: false, error: outcome.error.code };
  const { op, hash } = outcome.result;
  const values = valuesShown(outcome.result);
  const siblings = values.length;
  const isShort = op === "get" && values.every(({ length }) => length <= tracedValueMax);
  return isShort ? { ok: true, siblings, hash, values } : { ok: true, siblings, hash };
}

/** "lost": there was an earlier life, but its clock is gone. */
export function startDetail(config: ReplicaConfig, restored: Restored, keys: number): Detail {
  const isFirstLife = keys === 0 && restored.logIndex === 0 && restored.incarnation === 0;
  return {
    address: config.address,
    clock: restored.clock !== null ? "restored" : isFirstLife ? "new" : "lost",
    keys,
    clockStore: config.clockStore ?? "memory",
  };
}
