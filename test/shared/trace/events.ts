/** Builds traces by hand: lanes, messages and clocks as a test wants them, right or wrong. */
import { merge, tick, type VectorClock } from "../../../shared/clock/vector-clock.ts";
import { asMessageId, asNodeId, type MessageId, type NodeId } from "../../../shared/ids.ts";
import { Causality } from "../../../shared/trace/causality.ts";
import { labLane, type RecordedEvent, type TraceEvent } from "../../../shared/trace/event.ts";
import { History } from "../../../shared/trace/history.ts";

/** As the lab records them. */
export function recorded(events: readonly TraceEvent[]): { history: History; causality: Causality } {
  const history = new History();
  history.append(events.map((event, index) => ({ ...event, id: index + 1 })));
  return { history, causality: new Causality(history) };
}

export type Extra = Partial<Omit<TraceEvent, "node" | "type">>;

export class TraceBuilder {
  readonly events: RecordedEvent[] = [];
  /** Time of the next event; each takes one millisecond. */
  now = 1_000;
  #clocks = new Map<NodeId, VectorClock>();
  #places = new Map<NodeId, { life: number; seq: number }>();
  #sent = new Map<MessageId, RecordedEvent>();

  local(node: string, name: string, extra: Extra = {}): RecordedEvent {
    return this.#add(asNodeId(node), "local", name, extra, this.#tick(node));
  }

  send(from: string, to: string, message: string, extra: Extra = {}): RecordedEvent {
    const id = asMessageId(message);
    const event = this.#add(
      asNodeId(from),
      "send",
      extra.name ?? "REPLICATE",
      { ...extra, message: id, peer: asNodeId(to) },
      this.#tick(from),
    );
    this.#sent.set(id, event);
    return event;
  }

  receive(node: string, message: string, extra: Extra = {}): RecordedEvent {
    const send = this.#sent.get(asMessageId(message))!;
    const own = this.#clocks.get(asNodeId(node)) ?? {};
    this.#clocks.set(asNodeId(node), merge(own, send.clock ?? {}));
    const { name, op } = send;
    return this.#add(
      asNodeId(node),
      "receive",
      name,
      { op, ...extra, message: asMessageId(message), peer: send.node },
      this.#tick(node),
    );
  }

  lost(message: string, reason: string): RecordedEvent {
    const send = this.#sent.get(asMessageId(message))!;
    const { op, name, peer } = send;
    return this.#add(
      send.node,
      "lost",
      name,
      { op, message: asMessageId(message), ...(peer === undefined ? {} : { peer }), detail: { reason } },
      null,
    );
  }

  lab(name: string, detail: TraceEvent["detail"]): RecordedEvent {
    return this.#add(
      labLane,
      "local",
      name,
      { op: "lab", ...(detail === undefined ? {} : { detail }) },
      null,
    );
  }

  /** Begins a new life of a node; without its clock its stamps begin again at 1. */
  restart(node: string, clock: "keep" | "lose"): RecordedEvent {
    const id = asNodeId(node);
    const place = this.#place(id);
    this.#places.set(id, { life: place.life + 1, seq: 0 });
    if (clock === "lose") this.#clocks.set(id, {});
    const detail = {
      address: "localhost:1",
      clock: clock === "lose" ? "lost" : "restored",
      keys: 0,
      clockStore: "sqlite",
    };
    return this.local(node, "start", { detail });
  }

  #place(node: NodeId): { life: number; seq: number } {
    let place = this.#places.get(node);
    if (place === undefined) {
      place = { life: 1, seq: 0 };
      this.#places.set(node, place);
    }
    return place;
  }

  #tick(node: string): VectorClock {
    const clock = tick(this.#clocks.get(asNodeId(node)) ?? {}, asNodeId(node));
    this.#clocks.set(asNodeId(node), clock);
    return clock;
  }

  #add(
    node: NodeId,
    type: TraceEvent["type"],
    name: string,
    extra: Extra,
    clock: VectorClock | null,
  ): RecordedEvent {
    const place = this.#place(node);
    place.seq += 1;
    const event: RecordedEvent = {
      id: this.events.length + 1,
      node,
      life: place.life,
      seq: place.seq,
      at: this.now,
      type,
      op: "internal",
      clock,
      ...extra,
      name,
    };
    this.now += 1;
    this.events.push(event);
    return event;
  }
}
