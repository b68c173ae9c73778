/** Gives emitted events their place in a trace. */
import type { NodeId } from "../ids.ts";
import type { Emitted } from "../replica/types.ts";
import type { RecordedEvent } from "../trace/event.ts";

/** Events of one lane that follow each other: the first has this id and this seq. */
export interface Batch {
  readonly id: number;
  readonly node: NodeId;
  readonly life: number;
  readonly seq: number;
  readonly events: readonly Emitted[];
}

export const recordedOf = ({ id, node, life, seq, events }: Batch): RecordedEvent[] =>
  events.map((event, index) => recorded(id + index, node, life, seq + index, event));

/**
 * The same fields in the same order as `{ id, node, life, seq, ...event }`. The kinds of event that a run consists of
 * are written out, for engines give an object that is written out half the memory and a fraction of the time.
 */
function recorded(id: number, node: NodeId, life: number, seq: number, event: Emitted): RecordedEvent {
  const { at, type, op, name, clock, key, request, message, peer, detail } = event;
  if (type === "local" && detail !== undefined && message === undefined && peer === undefined) {
    if (key !== undefined && request !== undefined)
      return { id, node, life, seq, at, type, op, name, clock, key, request, detail };
    if (key === undefined && request === undefined)
      return { id, node, life, seq, at, type, op, name, clock, detail };
  } else if (type !== "lost" && message !== undefined && peer !== undefined) {
    if (key !== undefined && request !== undefined && detail === undefined)
      return { id, node, life, seq, at, type, op, name, clock, key, request, message, peer };
    if (key === undefined && request === undefined) {
      if (detail === undefined) return { id, node, life, seq, at, type, op, name, clock, message, peer };
      return { id, node, life, seq, at, type, op, name, clock, message, peer, detail };
    }
  }
  return { id, node, life, seq, ...event };
}
