/**
 * The events of one session, live or recorded, indexed for drawing and for reasoning.
 *
 * A session grows while it is looked at: batches arrive a few times a second, and now and then an event comes late (a
 * killed node's last events are read from its own file after its next life has begun). So the store only ever adds.
 * The usual arrival is a push at the end of each index, without any allocation besides; a late one is inserted where
 * program order wants it. Events are kept as they came, never copied, so that a million of them fit.
 *
 * What it guarantees: `all` is in the order of ids, each lane in program order (life, then seq), whatever the order of
 * arrival; an event that is handed in twice is kept once.
 */
import type { MessageId, NodeId, TimeMs } from "../ids.ts";
import { labLane, type RecordedEvent } from "./event.ts";

/** Both ends of one message. Most have one receive; a duplicated message has more. */
interface Transmission {
  send: RecordedEvent | null;
  receives: RecordedEvent[];
  lost: RecordedEvent | null;
}

const none: readonly RecordedEvent[] = Object.freeze([]);

/** Program order of two events of one lane: negative when `a` comes first. */
export function programOrder(a: RecordedEvent, b: RecordedEvent): number {
  return a.life - b.life || a.seq - b.seq || a.id - b.id;
}

/** The first index whose element does not come before the wanted place. `isBefore` must be true, then false. */
export function lowerBound<Item>(items: readonly Item[], isBefore: (item: Item) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(items[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Inserts into a sorted list; a push when the item belongs at the end. Returns its index. */
export function insertSorted<Item>(items: Item[], item: Item, order: (a: Item, b: Item) => number): number {
  const last = items.at(-1);
  if (last === undefined || order(last, item) < 0) return items.push(item) - 1;
  const index = lowerBound(items, (other) => order(other, item) < 0);
  items.splice(index, 0, item);
  return index;
}

/** node-2 before node-10: digits compare as numbers, everything else as text. */
export function naturalOrder(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const x = left[index]!;
    const y = right[index]!;
    if (x === y) continue;
    const numbers = Number(x) - Number(y);
    if (!Number.isNaN(numbers) && numbers !== 0) return numbers;
    return x < y ? -1 : 1;
  }
  return left.length - right.length || (a < b ? -1 : a > b ? 1 : 0);
}

export class History {
  #all: RecordedEvent[] = [];
  #lanes = new Map<NodeId, RecordedEvent[]>();
  #names: NodeId[] = [];
  #lab: RecordedEvent[] = [];
  #messages = new Map<MessageId, Transmission>();
  /** Ends of messages that nobody has asked about: many readers never ask. */
  #untied: RecordedEvent[] = [];
  #first: TimeMs = Number.POSITIVE_INFINITY;
  #last: TimeMs = Number.NEGATIVE_INFINITY;
  #version = 0;
  #epoch = 0;

  /** Takes events in any order; those already known (same id) are ignored. */
  append(events: readonly RecordedEvent[]): void {
    let added = 0;
    for (const event of events) if (this.#add(event)) added += 1;
    if (added > 0) this.#version += 1;
  }

  #add(event: RecordedEvent): boolean {
    const newest = this.#all.at(-1);
    if (newest === undefined || event.id > newest.id) this.#all.push(event);
    else {
      const index = lowerBound(this.#all, (other) => other.id < event.id);
      if (this.#all[index]!.id === event.id) return false;
      this.#all.splice(index, 0, event);
      this.#epoch += 1;
    }
    if (event.at < this.#first) this.#first = event.at;
    if (event.at > this.#last) this.#last = event.at;
    if (event.node === labLane) {
      insertSorted(this.#lab, event, programOrder);
      this.#announce(event);
    } else insertSorted(this.#laneOf(event.node), event, programOrder);
    if (event.message !== undefined) this.#untied.push(event);
    return true;
  }

  /** Lanes exist from the moment the lab names their node, before the node has done anything. */
  #announce(event: RecordedEvent): void {
    if (event.name === "cluster" && Array.isArray(event.detail?.["nodes"])) {
      for (const node of event.detail["nodes"]) this.#laneOf(String(node) as NodeId);
    }
    if (event.name === "node-added" && typeof event.detail?.["node"] === "string") {
      this.#laneOf(event.detail["node"] as NodeId);
    }
  }

  #laneOf(node: NodeId): RecordedEvent[] {
    let lane = this.#lanes.get(node);
    if (lane === undefined) {
      lane = [];
      this.#lanes.set(node, lane);
      this.#names = [...this.#names, node].sort(naturalOrder);
    }
    return lane;
  }

  #transmission(message: MessageId): Transmission | undefined {
    for (const event of this.#untied) this.#tie(event, event.message!);
    if (this.#untied.length > 0) this.#untied = [];
    return this.#messages.get(message);
  }

  #tie(event: RecordedEvent, message: MessageId): void {
    let transmission = this.#messages.get(message);
    if (transmission === undefined) {
      transmission = { send: null, receives: [], lost: null };
      this.#messages.set(message, transmission);
    }
    if (event.type === "send") transmission.send = event;
    else if (event.type === "receive") transmission.receives.push(event);
    else if (event.type === "lost") transmission.lost = event;
  }

  get size(): number {
    return this.#all.length;
  }

  /** Grows with every append that added something. */
  get version(): number {
    return this.#version;
  }

  /** Grows when an event came out of the order of ids: whoever reads `all` from a cursor must then start again. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The nodes in natural order, without the lab. The same array as long as no lane is added. */
  get lanes(): readonly NodeId[] {
    return this.#names;
  }

  /** Every event in the order of ids. */
  get all(): readonly RecordedEvent[] {
    return this.#all;
  }

  /** The lab's own acts, in their order. */
  get lab(): readonly RecordedEvent[] {
    return this.#lab;
  }

  /** Time of the earliest event; 0 in an empty history. */
  get first(): TimeMs {
    return this.#all.length === 0 ? 0 : this.#first;
  }

  /** Time of the latest event; 0 in an empty history. */
  get last(): TimeMs {
    return this.#all.length === 0 ? 0 : this.#last;
  }

  event(id: number): RecordedEvent | undefined {
    const oldest = this.#all[0];
    if (oldest === undefined) return undefined;
    const guess = this.#all[id - oldest.id];
    if (guess?.id === id) return guess;
    const found = this.#all[lowerBound(this.#all, (event) => event.id < id)];
    return found?.id === id ? found : undefined;
  }

  /** The events of one node in program order, over all its lives; those of the lab for the lab's lane. */
  lane(node: NodeId): readonly RecordedEvent[] {
    return node === labLane ? this.#lab : (this.#lanes.get(node) ?? none);
  }

  send(message: MessageId): RecordedEvent | undefined {
    return this.#transmission(message)?.send ?? undefined;
  }

  /** The receives of a message, in the order they were recorded; more than one for a duplicated message. */
  receives(message: MessageId): readonly RecordedEvent[] {
    return this.#transmission(message)?.receives ?? none;
  }

  lost(message: MessageId): RecordedEvent | undefined {
    return this.#transmission(message)?.lost ?? undefined;
  }

  /** Where the events of a lane with from ≤ at ≤ to lie in it: first index, and one past the last. O(log n). */
  span(node: NodeId, from: TimeMs, to: TimeMs): readonly [start: number, end: number] {
    const lane = this.lane(node);
    return [lowerBound(lane, (event) => event.at < from), lowerBound(lane, (event) => event.at <= to)];
  }

  /** The events of all lanes, the lab's included, with from ≤ at ≤ to, in the order of time. */
  between(from: TimeMs, to: TimeMs): RecordedEvent[] {
    const found: RecordedEvent[] = [];
    for (const node of [labLane, ...this.#names]) {
      const [start, end] = this.span(node, from, to);
      const lane = this.lane(node);
      for (let index = start; index < end; index++) found.push(lane[index]!);
    }
    return found.sort((a, b) => a.at - b.at || a.id - b.id);
  }
}
