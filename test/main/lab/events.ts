/** Events to record, as a node would emit them. */
import { asKey, asMessageId, asNodeId } from "../../../shared/ids.ts";
import type { TraceEvent } from "../../../shared/trace/event.ts";

export function eventsOf(node: string, life: number, from: number, to: number): TraceEvent[] {
  const events: TraceEvent[] = [];
  for (let seq = from; seq <= to; seq += 1) {
    events.push({
      node: asNodeId(node),
      life,
      seq,
      at: life + seq + 0.25,
      type: "send",
      op: "put",
      name: "REPLICATE",
      clock: { [node]: seq, "node-9": 2 },
      message: asMessageId(`${node}:${life}:${seq}`),
      peer: asNodeId("node-9"),
      key: asKey("cart:ada"),
      detail: { bytes: 12, nested: { replicas: ["node-9"] } },
    });
  }
  return events;
}
