/**
 * A small application on top of the cluster, for lessons about order: events of one's own, messages to one node,
 * broadcasts under four disciplines of delivery, and unique numbers.
 *
 * It has clocks of its own that count only its own events, so that its stamps are those of the textbook whatever
 * gossip goes on beneath: a vector clock (Fidge, Mattern), a Lamport clock, and the wall clock as the node believes it.
 * Sources: Lamport 1978; Birman, Schiper, Stephenson 1991, "Lightweight Causal and Atomic Group Multicast" (causal
 * delivery); Hadzilacos and Toueg 1994 (FIFO, causal, total order).
 */
import type { VectorClock } from "../clock/vector-clock.ts";
import type { NodeId, TimeMs } from "../ids.ts";

export const broadcastOrders = ["unordered", "fifo", "causal", "total"] as const;
export type BroadcastOrder = (typeof broadcastOrders)[number];

/** What a client asks of the application on a node. */
export type Act =
  /** An event of the node by itself. Shown as event "local" with detail.text. */
  | { readonly kind: "local"; readonly text: string }
  | { readonly kind: "tell"; readonly to: NodeId; readonly text: string }
  /** To every member that has not left, the sender included. */
  | { readonly kind: "broadcast"; readonly text: string; readonly order: BroadcastOrder }
  /** A number that no other call, on any node, has ever got: "<node>:<own counter>". */
  | { readonly kind: "mint" };

export type ActAnswer =
  | { readonly ok: true; readonly id?: string; readonly stamp: Stamp }
  | { readonly ok: false; readonly code: "no_such_member" | "bad_input"; readonly message: string };

/** The three clocks of one event of the application. */
export interface Stamp {
  readonly vector: VectorClock;
  readonly lamport: number;
  /** The node's wall clock, wrong or right. */
  readonly wall: TimeMs;
}

export type BroadcastMessage =
  | { readonly kind: "TELL"; readonly text: string; readonly stamp: Stamp }
  | {
      readonly kind: "BROADCAST";
      readonly text: string;
      readonly order: BroadcastOrder;
      readonly origin: NodeId;
      /** The origin's broadcasts so far, this one included: from 1, without gaps over all lives. */
      readonly number: number;
      /** Broadcasts per origin that the origin had delivered when it sent this one: what causal delivery waits for. */
      readonly after: VectorClock;
      readonly stamp: Stamp;
    }
  /** From the sequencer (the first member by name) to all: broadcast `number` of `origin` is the `position`th of all. */
  | { readonly kind: "ORDER"; readonly origin: NodeId; readonly number: number; readonly position: number };

/** What survives a crash; it lives and dies with the node's vector clock. */
export interface BroadcastState {
  readonly vector: VectorClock;
  readonly lamport: number;
  /** Broadcasts delivered here per origin, this node included: all up to this number. */
  readonly delivered: VectorClock;
  /** Numbers delivered beyond a gap: only unordered and total delivery leave any. Ascending. */
  readonly ahead: Readonly<Record<string, readonly number[]>>;
  /** Broadcasts sent from here. */
  readonly sent: number;
  /** Of the total order: positions delivered here, all up to this one. */
  readonly position: number;
  /** Of the total order: the highest position this node has given or heard of. */
  readonly ordered: number;
}

/**
 * Its events (op "internal"; detail is this and more):
 * - `local` `event`, `send`/`receive` `TELL`, `send` `BROADCAST`: { text, vector, lamport, wall }
 * - `receive` `BROADCAST`: { text, order, origin, number }: on the network; it need not be delivered yet
 * - local `held`: { text, origin, number, waitsFor }: received, not yet delivered; `waitsFor` in words
 * - local `delivered`: { text, origin, number, order, vector, lamport, wall (of this event), sentWall, sentVector }
 * - local `minted`: { id, vector, lamport, wall }
 * `vector` is the application's clock as an object; one tick per act, one per TELL received, one per delivery. A
 * broadcast is one event at its origin (local "broadcast"), which is also its delivery there, unless a total order has
 * to come first.
 */
export type BroadcastEventName = "event" | "broadcast" | "held" | "delivered" | "minted";
