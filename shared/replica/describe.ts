/** What events say: which operation a message belongs to, and the details that shared/trace/names promises. */
import type { Claim } from "../membership/types.ts";
import type { About, OperationOutcome } from "../replication/types.ts";
import type { Detail } from "../trace/event.ts";
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
      return { op: body.op, key: body.key, request: body.request };
    case "READ":
    case "READ_REPLY":
      return { op: "get", key: body.key, request: body.request };
    case "HANDOVER":
    case "HANDOVER_ACK":
    case "TELL":
    case "BROADCAST":
    case "ORDER":
      return internal;
    default:
      return aboutMembership;
  }
}

/** What the gossip on a message says, so that a rumour can be followed on the timeline. */
export function messageDetail(body: MessageBody): Detail | undefined {
  if ("members" in body) return { members: body.members.map(inWords) };
  if (!("rumours" in body) || body.rumours.length === 0) return undefined;
  return { rumours: body.rumours.map(inWords) };
}

const inWords = ({ node, status, incarnation }: Claim) => `${node} ${status} ${incarnation}`;

export function replyDetail(outcome: OperationOutcome): Detail {
  if (!outcome.ok) return { ok: false, error: outcome.error.code };
  const { state, hash } = outcome.result;
  let siblings = 0;
  for (const { value } of state.versions) if (value !== null) siblings += 1;
  return { ok: true, siblings, hash };
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
