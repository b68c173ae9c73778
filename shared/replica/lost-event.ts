/** The trace's "lost" event: a message that the sender's side dropped, and why. No node's clock stamps it. */
import type { NodeId, TimeMs } from "../ids.ts";
import { aboutMessage } from "./describe.ts";
import type { Emitted, Envelope } from "./types.ts";

/**
 * `peer` is null while the receiver is not known; `rule` names the message rule that dropped it, where it has a name.
 * The host puts the event into the sender's lane.
 */
export function lostEvent(
  { id, body }: Envelope,
  peer: NodeId | null,
  reason: string,
  at: TimeMs,
  rule: string | null = null,
): Emitted {
  const { op, key, request } = aboutMessage(body);
  return {
    at,
    type: "lost",
    op,
    name: body.kind,
    clock: null,
    message: id,
    ...(peer === null ? {} : { peer }),
    ...(key === undefined ? {} : { key }),
    ...(request === undefined ? {} : { request }),
    detail: rule === null ? { reason } : { reason, rule },
  };
}
