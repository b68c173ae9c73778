/**
 * The broadcast application's own history, cut out of the trace.
 *
 * Gossip and replication tie the nodes together all the time, so in the whole trace hardly any two events are
 * concurrent. The lessons on order are about one application: its events, and its messages. So its events are taken by
 * themselves: program order, a TELL from its send to its receive, a broadcast from its origin to each delivery. What
 * happened before what follows from these edges, by the same code as for the whole trace, and never from a stamp.
 *
 * A message that was received and is held has not reached the application yet: its effect begins with its delivery.
 * Source: Birman, Schiper, Stephenson 1991, §4 (causal order is one between sends, seen through deliveries).
 */
import { asMessageId, type NodeId } from "../../ids.ts";
import type { VectorClock } from "../../clock/vector-clock.ts";
import { Causality } from "../../trace/causality.ts";
import { number, numbers, text } from "../../trace/detail.ts";
import type { RecordedEvent } from "../../trace/event.ts";
import { History } from "../../trace/history.ts";

/** One broadcast on one node: at its origin, or delivered elsewhere. */
export interface Delivery {
  readonly node: NodeId;
  /** "A 3": the third broadcast of A. */
  readonly broadcast: string;
  readonly event: RecordedEvent;
}

export interface Broadcast {
  readonly name: string;
  readonly origin: NodeId;
  readonly number: number;
  readonly order: string;
  readonly event: RecordedEvent;
}

const ownEvents = new Set(["event", "broadcast", "delivered", "minted"]);

/** Events with the application's stamp: one tick of its vector clock each. */
function isOfApplication({ type, name, op }: RecordedEvent): boolean {
  if (op !== "internal") return false;
  return type === "local" ? ownEvents.has(name) : name === "TELL" && type !== "lost";
}

export const vectorOf = (event: RecordedEvent): VectorClock | null =>
  event.detail?.["vector"] === undefined ? null : numbers(event.detail["vector"]);
export const wallOf = (event: RecordedEvent) => number(event.detail?.["wall"]);
export const lamportOf = (event: RecordedEvent) => number(event.detail?.["lamport"]);

/** Origin and number of the broadcast an event is about; null when it does not say. */
export function broadcastOf(event: RecordedEvent): { origin: NodeId; number: number } | null {
  const origin = event.name === "broadcast" ? event.node : text(event.detail?.["origin"]);
  const position = number(event.detail?.["number"]);
  return origin === null || position === null ? null : { origin: origin as NodeId, number: position };
}

const nameOf = ({ origin, number: position }: { origin: string; number: number }) => `${origin} ${position}`;

export class Application {
  /** Its events, in the order of id. */
  readonly events: readonly RecordedEvent[];
  readonly causality: Causality;
  readonly broadcasts: ReadonlyMap<string, Broadcast>;
  /** What each node's application saw, in program order, each broadcast once. */
  readonly deliveries: ReadonlyMap<NodeId, readonly Delivery[]>;
  /** Broadcasts that left for each node, whether or not they arrived. */
  readonly sentTo: ReadonlyMap<NodeId, ReadonlySet<string>>;
  /** Broadcasts that bear the number of another of the same node: nothing can be said about their order. */
  readonly ambiguous: readonly string[];
  readonly #ids: ReadonlySet<number>;

  constructor(trace: History) {
    this.events = trace.all.filter(isOfApplication);
    this.#ids = new Set(this.events.map((event) => event.id));
    const history = new History();
    history.append(this.events.map(tied));
    this.causality = new Causality(history);
    const broadcasts = new Map<string, Broadcast>();
    const ambiguous: string[] = [];
    for (const event of this.events) {
      const about = event.name === "broadcast" ? broadcastOf(event) : null;
      if (about === null) continue;
      const name = nameOf(about);
      if (broadcasts.has(name)) ambiguous.push(name);
      broadcasts.set(name, { ...about, name, order: text(event.detail?.["order"]) ?? "unordered", event });
    }
    this.broadcasts = broadcasts;
    this.ambiguous = ambiguous;
    this.sentTo = sentTo(trace, broadcasts);
    this.deliveries = new Map(history.lanes.map((node) => [node, deliveriesOf(history.lane(node))]));
  }

  has(id: number): boolean {
    return this.#ids.has(id);
  }
}

/** A broadcast becomes one message from its origin to all that deliver it, whatever ways it took. */
function tied(event: RecordedEvent): RecordedEvent {
  const about = event.type === "local" ? broadcastOf(event) : null;
  if (about === null || (event.name === "delivered" && about.origin === event.node)) return event;
  return {
    ...event,
    type: event.name === "broadcast" ? "send" : "receive",
    message: asMessageId(nameOf(about)),
  };
}

/** A broadcast is delivered at its origin where it was sent, unless a total order says when. */
function deliveriesOf(lane: readonly RecordedEvent[]): readonly Delivery[] {
  const seen = new Set<string>();
  const deliveries: Delivery[] = [];
  for (const event of lane) {
    const isOwn = event.name === "broadcast" && event.detail?.["order"] !== "total";
    const about = isOwn || event.name === "delivered" ? broadcastOf(event) : null;
    if (about === null) continue;
    const broadcast = nameOf(about);
    if (seen.has(broadcast)) continue;
    seen.add(broadcast);
    deliveries.push({ node: event.node, broadcast, event });
  }
  return deliveries;
}

/** A send on the network bears the stamp of its broadcast: the origin's own entry tells which one it carries. */
function sentTo(
  trace: History,
  broadcasts: ReadonlyMap<string, Broadcast>,
): ReadonlyMap<NodeId, ReadonlySet<string>> {
  const byStamp = new Map<string, string>();
  for (const { name, origin, event } of broadcasts.values()) {
    byStamp.set(`${origin} ${vectorOf(event)?.[origin]}`, name);
  }
  const sent = new Map<NodeId, Set<string>>();
  for (const event of trace.all) {
    if (event.type !== "send" || event.name !== "BROADCAST" || event.peer === undefined) continue;
    const name = byStamp.get(`${event.node} ${vectorOf(event)?.[event.node]}`);
    if (name === undefined) continue;
    const names = sent.get(event.peer);
    if (names === undefined) sent.set(event.peer, new Set([name]));
    else names.add(name);
  }
  return sent;
}
