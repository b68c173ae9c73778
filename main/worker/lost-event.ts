/** The trace's "lost" event: a message that the sender's side dropped, and why. No node's clock stamps it. */
import type { Key, NodeId, RequestId, TimeMs } from "../../shared/ids.ts";
import type { Emitted, Envelope, MessageBody } from "../../shared/replica/types.ts";
import type { Operation } from "../../shared/trace/event.ts";

export function lostEvent(envelope: Envelope, peer: NodeId | null, reason: string, at: TimeMs): Emitted {
  const { body } = envelope;
  return {
    at,
    type: "lost",
    op: operationOf(body),
    name: body.kind,
    clock: null,
    message: envelope.id,
    ...(peer === null ? {} : { peer }),
    ...requestOf(body),
    detail: { reason },
  };
}

/** Key and client request, where the message is about one. */
function requestOf(body: MessageBody): { key?: Key; request?: RequestId } {
  if (body.kind === "FORWARD") return { key: body.request.key, request: body.request.id };
  return "key" in body ? { key: body.key, request: body.request } : {};
}

function operationOf(body: MessageBody): Operation {
  switch (body.kind) {
    case "PING":
    case "ACK":
    case "PING_REQ":
    case "NACK":
    case "GOSSIP":
    case "JOIN":
    case "JOIN_REPLY":
      return "membership";
    case "REPLICATE":
    case "REPLICATE_ACK":
    case "FORWARD_REPLY":
      return body.op;
    case "FORWARD":
      return body.request.op;
    case "READ":
    case "READ_REPLY":
      return "get";
    case "HANDOVER":
    case "HANDOVER_ACK":
      return "internal";
  }
}
