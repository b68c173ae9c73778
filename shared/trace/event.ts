/**
 * The one schema of everything that happened: what nodes did, what the network did, what the lab did.
 *
 * An event is placed by (node, life, seq): which lane, which run of that node's process, which position in program
 * order. Messages tie lanes together: a send and its receives carry the same message id. From these two relations
 * alone the lab computes happened-before (the truth); `clock` is what the node believed, and may be wrong.
 */
import type { VectorClock } from "../clock/vector-clock.ts";
import type { Key, MessageId, NodeId, RequestId, TimeMs } from "../ids.ts";

/** Written into every session file and every node's trace. Raise it when a reader of the old schema would be wrong. */
export const traceVersion = 1;

/** The lane of the lab's own acts: faults, steps, notes. */
export const labLane = "lab" as NodeId;

/** What kind of work an event belongs to; colour and shape on the timeline follow it. */
export const operations = ["put", "get", "delete", "internal", "membership", "consensus", "lab"] as const;
export type Operation = (typeof operations)[number];

/**
 * - `local`: something the node did by itself (a request arrived, a value was stored, a belief changed).
 * - `send`, `receive`: one end of a message.
 * - `lost`: the sender's network dropped the message; `detail.reason` is "blocked", "loss", "rule" or "unreachable".
 */
export const eventTypes = ["local", "send", "receive", "lost"] as const;
export type EventType = (typeof eventTypes)[number];

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
export type Detail = { readonly [name: string]: Json };

export interface TraceEvent {
  readonly node: NodeId;
  /** Which run of the node's process: its start time in whole ms. Later lives have larger numbers. */
  readonly life: number;
  /** Position in program order within the life, from 1, without gaps. */
  readonly seq: number;
  readonly at: TimeMs;
  readonly type: EventType;
  readonly op: Operation;
  /** What happened, in the field's own word: a message kind in capitals (REPLICATE), else a lower-case verb or noun. */
  readonly name: string;
  /** The stamp the node gave this event. Null for events no node can stamp: the network's and the lab's. */
  readonly clock: VectorClock | null;
  /** Present on send, receive and lost. */
  readonly message?: MessageId;
  /** The other end of the message; absent on a send to an address whose node is not known yet. */
  readonly peer?: NodeId;
  readonly key?: Key;
  readonly request?: RequestId;
  readonly detail?: Detail;
}

/** An event as the recorder has numbered it: `id` grows in the order of arrival and is the paging cursor. */
export interface RecordedEvent extends TraceEvent {
  readonly id: number;
}
