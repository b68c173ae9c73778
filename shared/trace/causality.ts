/**
 * What happened before what: the truth, against which the nodes' own clocks are held.
 *
 * Happened-before is the smallest order that contains program order (one lane after another event of that lane, over
 * all lives of the node) and every message edge (a send before each of its receives). Nothing else is used here, least
 * of all the nodes' clocks or their wall time. Every event gets a row: how many events of each lane lie in its past,
 * itself included. Then a → b is one comparison: b's row has reached a's place in a's lane.
 *
 * Rows are kept up as events arrive. A late event (a send after its receive, or the tail of a killed node's lane) changes
 * the rows of exactly its future; those are found by walking the edges forward, then computed again, each once and
 * causes first. Without this a window that shows the lab live would show false concurrency until reloaded.
 *
 * A lost message is an event of the network, not of the node: it follows its send, and no node ever knows of it.
 *
 * Source: Lamport 1978, "Time, Clocks, and the Ordering of Events in a Distributed System"; Mattern 1989, §4 (rows).
 */
import { descends, type VectorClock } from "../clock/vector-clock.ts";
import type { NodeId } from "../ids.ts";
import { labLane, type RecordedEvent } from "./event.ts";
import { Lane, type Place, type Standing } from "./causal-rows.ts";
import { behind, isCut, type Mismatch, reused, withoutPruned } from "./mismatch.ts";
import { type History, insertSorted, lowerBound, programOrder } from "./history.ts";

export type Relation = "before" | "after" | "concurrent" | "same";

/** One lane's part of the light cone of an event. Null where the cone does not reach the lane. */
export interface ConeEdge {
  readonly lastPast: RecordedEvent | null;
  readonly firstFuture: RecordedEvent | null;
}

/** Remembered until the history changes: of two events compared one is most often the one of the time before. */
const standingsMax = 10_000;

export class Causality {
  readonly #history: History;
  readonly #standings = new Map<number, Standing>();
  #lanes: Lane[] = [];
  #byNode = new Map<NodeId, Lane>();
  #stride = 8;
  #cursor = 0;
  #version = -1;
  #epoch = 0;

  constructor(history: History) {
    this.#history = history;
  }

  /** How `a` stands to `b`. Throws RangeError for an id that is not in the history. */
  relation(a: number, b: number): Relation {
    if (a === b) return "same";
    const [one, other] = [this.#standing(a), this.#standing(b)];
    if (this.#precedes(one, other)) return "before";
    return this.#precedes(other, one) ? "after" : "concurrent";
  }

  /** Events of each lane in the causal past, itself included. For a lost message: what its send had in its past. */
  truth(id: number): VectorClock {
    const place = this.#witness(this.#known(id));
    const clock: Record<string, number> = {};
    if (place === null) return clock;
    for (const lane of this.#lanes) {
      const count = this.#count(place, lane);
      if (count > 0) clock[lane.node] = count;
    }
    return clock;
  }

  /** The longest chain of cause and effect that ends here, in events: a Lamport clock that cannot be wrong. */
  depth(id: number): number {
    const place = this.#witness(this.#known(id));
    return place === null ? 0 : place.lane.depths[place.position]!;
  }

  /** Direct causes: the event before it in its lane, and the send for a receive. */
  causes(id: number): readonly number[] {
    return this.#causes(this.#known(id)).map((event) => event.id);
  }

  /** Direct effects: the next event of its lane, and for a send its receives or its loss. */
  effects(id: number): readonly number[] {
    const event = this.#known(id);
    if (event.type === "lost") return [];
    const place = this.#place(event);
    const next = place?.lane.chain[place.position + 1];
    const effects = next === undefined ? [] : [next.id];
    if (event.type === "send" && event.message !== undefined) {
      for (const receive of this.#history.receives(event.message)) effects.push(receive.id);
      const lost = this.#history.lost(event.message);
      if (lost !== undefined) effects.push(lost.id);
    }
    return effects;
  }

  /** Every event that happened before it. Costs time and memory in proportion to its result. */
  past(id: number): ReadonlySet<number> {
    const past = new Set<number>();
    const place = this.#witness(this.#known(id));
    if (place === null) return past;
    for (const lane of this.#lanes) {
      const end = this.#count(place, lane);
      for (let position = 0; position < end; position++) past.add(lane.chain[position]!.id);
    }
    past.delete(id);
    return past;
  }

  /** Every event it happened before, the losses of messages included. */
  future(id: number): ReadonlySet<number> {
    const future = new Set<number>();
    const event = this.#known(id);
    const place = this.#place(event);
    if (place === null) return future;
    for (const lane of this.#lanes) {
      for (let position = this.#reached(place, lane); position < lane.chain.length; position++) {
        const effect = lane.chain[position]!;
        future.add(effect.id);
        const lost = effect.type === "send" ? this.#history.lost(effect.message!) : undefined;
        if (lost !== undefined) future.add(lost.id);
      }
    }
    future.delete(id);
    return future;
  }

  /** How many events of the nodes it could have known, could have influenced, and neither. O(lanes × log events). */
  counts(id: number): { readonly past: number; readonly future: number; readonly concurrent: number } {
    const event = this.#known(id);
    const place = this.#witness(event);
    const isLeaf = event.type === "lost";
    let [past, future, total] = [0, 0, 0];
    for (const lane of this.#lanes) {
      if (lane.node === labLane && event.node !== labLane) continue;
      total += lane.chain.length;
      if (place === null) continue;
      past += this.#count(place, lane);
      if (!isLeaf) future += lane.chain.length - this.#reached(place, lane);
    }
    if (place === null) return { past, future, concurrent: total };
    if (isLeaf) return { past, future: 0, concurrent: total - past };
    return { past: past - 1, future: future - 1, concurrent: total - past - future + 1 };
  }

  /** Where its light cone begins and ends in each lane. In its own lane both edges are the event itself. */
  cone(id: number): ReadonlyMap<NodeId, ConeEdge> {
    const event = this.#known(id);
    const place = this.#witness(event);
    const cone = new Map<NodeId, ConeEdge>();
    if (place === null) return cone;
    for (const lane of this.#lanes) {
      const lastPast = lane.chain[this.#count(place, lane) - 1] ?? null;
      const firstFuture = event.type === "lost" ? null : (lane.chain[this.#reached(place, lane)] ?? null);
      if (lastPast !== null || firstFuture !== null) cone.set(lane.node, { lastPast, firstFuture });
    }
    return cone;
  }

  /** Null when the event's own clock agrees with the truth, or when it has none. */
  mismatch(id: number): Mismatch | null {
    const event = this.#known(id);
    if (event.clock === null) return null;
    const place = this.#place(event);
    if (place === null) return null;
    const { lane, position } = place;
    const counter = event.clock[event.node] ?? 0;
    const highest = position === 0 ? 0 : lane.highest[position - 1]!;
    if (counter <= highest) return reused(event, counter, highest);
    for (const cause of this.#causes(event)) {
      if (cause.clock === null || descends(event.clock, cause.clock)) continue;
      const expected = withoutPruned(cause.clock, event, lane.cuts);
      if (descends(event.clock, expected)) continue;
      return behind(event, event.clock, cause, expected);
    }
    return null;
  }

  #causes(event: RecordedEvent): RecordedEvent[] {
    const causes: RecordedEvent[] = [];
    if (event.type !== "lost") {
      const place = this.#place(event);
      const before = place?.lane.chain[place.position - 1];
      if (before !== undefined) causes.push(before);
    }
    const send = this.#sendOf(event);
    if (send !== undefined) causes.push(send);
    return causes;
  }

  #sendOf(event: RecordedEvent): RecordedEvent | undefined {
    if (event.message === undefined || (event.type !== "receive" && event.type !== "lost")) return undefined;
    return this.#history.send(event.message);
  }

  #precedes({ place }: Standing, { witness }: Standing): boolean {
    if (place === null || witness === null) return false;
    return this.#count(witness, place.lane) > place.position;
  }

  #standing(id: number): Standing {
    this.#catchUp();
    const known = this.#standings.get(id);
    if (known !== undefined) return known;
    const event = this.#known(id);
    const witness = this.#witness(event);
    const standing = { place: event.type === "lost" ? null : witness, witness };
    if (this.#standings.size >= standingsMax) this.#standings.clear();
    this.#standings.set(id, standing);
    return standing;
  }

  /** Events of `lane` in the past of the event at `place`, itself included. */
  #count(place: Place, lane: Lane): number {
    return place.lane.rows[place.position * this.#stride + lane.column]!;
  }

  /** The first position of `lane` whose past holds the event at `place`: itself in its own lane. */
  #reached(place: Place, lane: Lane): number {
    let low = 0;
    let high = lane.chain.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (lane.rows[middle * this.#stride + place.lane.column]! > place.position) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The event whose row tells the past of `event`: the event itself, or its send when it is a loss. */
  #witness(event: RecordedEvent): Place | null {
    if (event.type !== "lost") return this.#place(event);
    const send = this.#sendOf(event);
    return send === undefined ? null : this.#place(send);
  }

  #place(event: RecordedEvent): Place | null {
    const lane = this.#byNode.get(event.node);
    if (lane === undefined) return null;
    const position = lowerBound(lane.chain, (other) => programOrder(other, event) < 0);
    return lane.chain[position]?.id === event.id ? { lane, position } : null;
  }

  #known(id: number): RecordedEvent {
    this.#catchUp();
    const event = this.#history.event(id);
    if (event === undefined)
      throw new RangeError(`no event ${id} among ${this.#history.size} in the history`);
    return event;
  }

  #catchUp(): void {
    const history = this.#history;
    if (history.version === this.#version) return;
    this.#standings.clear();
    if (history.epoch !== this.#epoch) {
      this.#lanes = [];
      this.#byNode.clear();
      this.#cursor = 0;
      this.#epoch = history.epoch;
    }
    for (; this.#cursor < history.size; this.#cursor++) this.#take(history.all[this.#cursor]!);
    const strideBefore = this.#stride;
    while (this.#stride < this.#lanes.length) this.#stride *= 2;
    for (const lane of this.#lanes) lane.fit(this.#stride, strideBefore);
    this.#spoil();
    this.#settle();
    this.#version = history.version;
  }

  /** Puts an event into its chain. Rows from there on, and of its receives, are no longer valid. */
  #take(event: RecordedEvent): void {
    if (event.type === "lost") return;
    let lane = this.#byNode.get(event.node);
    if (lane === undefined) {
      lane = new Lane(event.node, this.#lanes.length);
      this.#lanes.push(lane);
      this.#byNode.set(event.node, lane);
    }
    if (isCut(event)) lane.cuts.push(event);
    const position = insertSorted(lane.chain, event, programOrder);
    lane.done = Math.min(lane.done, position);
  }

  /** Carries invalidity along every edge, forward, until nothing changes: the future of what is new. */
  #spoil(): void {
    const scanned = new Map(this.#lanes.map((lane) => [lane, lane.chain.length]));
    for (let isStable = false; !isStable;) {
      isStable = true;
      for (const lane of this.#lanes) {
        const end = scanned.get(lane)!;
        if (lane.done >= end) continue;
        isStable = false;
        scanned.set(lane, lane.done);
        for (let position = lane.done; position < end; position++) this.#spoilReceives(lane.chain[position]!);
      }
    }
  }

  #spoilReceives(event: RecordedEvent): void {
    if (event.type !== "send" || event.message === undefined) return;
    for (const receive of this.#history.receives(event.message)) {
      const place = this.#place(receive);
      if (place !== null && place.position < place.lane.done) place.lane.done = place.position;
    }
  }

  /** Computes the invalid rows, causes first. In a trace that contradicts itself (a cycle) one edge is left out. */
  #settle(): void {
    for (;;) {
      let progress = false;
      let stuck: Lane | null = null;
      for (const lane of this.#lanes) {
        while (lane.done < lane.chain.length) {
          const send = this.#sendOf(lane.chain[lane.done]!);
          const from = send === undefined ? null : this.#place(send);
          if (from !== null && from.position >= from.lane.done) {
            stuck ??= lane;
            break;
          }
          this.#compute(lane, from);
          progress = true;
        }
      }
      if (stuck === null) return;
      if (!progress) this.#compute(stuck, null);
    }
  }

  #compute(lane: Lane, from: Place | null): void {
    const position = lane.done;
    const stride = this.#stride;
    const row = position * stride;
    if (position === 0) lane.rows.fill(0, row, row + stride);
    else lane.rows.copyWithin(row, row - stride, row);
    let depth = position === 0 ? 0 : lane.depths[position - 1]!;
    if (from !== null) {
      const other = from.position * stride;
      for (let column = 0; column < this.#lanes.length; column++) {
        const count = from.lane.rows[other + column]!;
        if (count > lane.rows[row + column]!) lane.rows[row + column] = count;
      }
      depth = Math.max(depth, from.lane.depths[from.position]!);
    }
    lane.rows[row + lane.column] = position + 1;
    lane.depths[position] = depth + 1;
    const counter = lane.chain[position]!.clock?.[lane.node] ?? 0;
    lane.highest[position] = Math.max(counter, position === 0 ? 0 : lane.highest[position - 1]!);
    lane.done = position + 1;
  }
}
