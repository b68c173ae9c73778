/**
 * The lanes as they are drawn: what passes the filter, with its place on the chosen axis.
 *
 * Drawing asks two things many times a frame: which events lie between these two places, and how many of each operation
 * do. Places are kept in one sorted typed array per lane (a binary search answers the first) and operations are counted
 * cumulatively (a subtraction answers the second), so a frame costs by the pixel and not by the event.
 */
import type { NodeId, TimeMs } from "../../shared/ids.ts";
import type { Causality } from "../../shared/trace/causality.ts";
import { labLane, operations, type Operation, type RecordedEvent } from "../../shared/trace/event.ts";
import { type History, insertSorted, lowerBound, programOrder } from "../../shared/trace/history.ts";
import type { AxisKind, TimelineFilter, View } from "./types.ts";

const opCount = operations.length;
const opIndex = new Map<Operation, number>(operations.map((op, index) => [op, index]));

/** A node does several things in one step, at one reading of its clock: they are set apart by this much. */
const apartMs = 0.02;

export function passes(event: RecordedEvent, filter: TimelineFilter): boolean {
  if (event.op === "membership" && !filter.membership) return false;
  if (filter.ops !== undefined && !filter.ops.has(event.op)) return false;
  return filter.key === undefined || filter.key === null || event.key === filter.key;
}

export class Track {
  readonly node: NodeId;
  /** What is drawn on the lane, in program order. */
  readonly events: RecordedEvent[] = [];
  /** Messages of this sender that the network lost: drawn between the lanes. */
  readonly lost: RecordedEvent[] = [];
  /** Place on the axis of each event, never falling. Longer than `events`. */
  xs = new Float64Array(256);
  #counts = new Int32Array(256 * opCount);
  /** Events below this index have a place. */
  placed = 0;

  constructor(node: NodeId) {
    this.node = node;
  }

  add(event: RecordedEvent): void {
    if (event.type === "lost") {
      insertSorted(this.lost, event, programOrder);
      return;
    }
    this.placed = Math.min(this.placed, insertSorted(this.events, event, programOrder));
  }

  /** Gives every event without a place its place, each at least `apart` after the one before. */
  place(placeOf: (event: RecordedEvent, index: number) => number, apart = 0): void {
    this.#grow();
    let x = this.placed === 0 ? Number.NEGATIVE_INFINITY : this.xs[this.placed - 1]!;
    for (let index = this.placed; index < this.events.length; index++) {
      const event = this.events[index]!;
      x = Math.max(x + apart, placeOf(event, index));
      this.xs[index] = x;
      const row = index * opCount;
      for (let op = 0; op < opCount; op++)
        this.#counts[row + op] = index === 0 ? 0 : this.#counts[row - opCount + op]!;
      this.#counts[row + opIndex.get(event.op)!]! += 1;
    }
    this.placed = this.events.length;
  }

  #grow(): void {
    if (this.xs.length >= this.events.length) return;
    const room = this.events.length * 2;
    const xs = new Float64Array(room);
    xs.set(this.xs);
    this.xs = xs;
    const counts = new Int32Array(room * opCount);
    counts.set(this.#counts);
    this.#counts = counts;
  }

  /** The first index whose place is at or after `x`. */
  indexAt(x: number): number {
    let low = 0;
    let high = this.placed;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.xs[middle]! < x) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Events of one operation with start ≤ index < end. */
  countOf(op: Operation, start: number, end: number): number {
    if (end <= start) return 0;
    const column = opIndex.get(op)!;
    const before = start === 0 ? 0 : this.#counts[(start - 1) * opCount + column]!;
    return this.#counts[(end - 1) * opCount + column]! - before;
  }

  /** Where an event lies or would lie in `events`. */
  indexOf(event: RecordedEvent): number {
    return lowerBound(this.events, (other) => programOrder(other, event) < 0);
  }
}

export class Tracks {
  readonly #history: History;
  readonly #causality: Causality;
  readonly #byNode = new Map<NodeId, Track>();
  #filter: TimelineFilter = { membership: false };
  #axis: AxisKind = 1;
  #cursor = 0;
  #epoch = 0;
  #version = -1;
  /** On axis 3: how many different depths are drawn below each depth, so that hidden events leave no holes. */
  #ranks = new Int32Array(0);
  #end = 0;

  constructor(history: History, causality: Causality) {
    this.#history = history;
    this.#causality = causality;
  }

  get axis(): AxisKind {
    return this.#axis;
  }

  /** Brings the tracks up to the history. Returns whether anything changed. */
  sync(filter: TimelineFilter, axis: AxisKind): boolean {
    const history = this.#history;
    const isOther =
      filter.membership !== this.#filter.membership ||
      filter.ops !== this.#filter.ops ||
      (filter.key ?? null) !== (this.#filter.key ?? null);
    if (!isOther && axis === this.#axis && history.version === this.#version) return false;
    if (isOther || history.epoch !== this.#epoch) {
      this.#byNode.clear();
      this.#cursor = 0;
      this.#epoch = history.epoch;
    }
    if (axis !== this.#axis) for (const track of this.#byNode.values()) track.placed = 0;
    this.#filter = filter;
    this.#axis = axis;
    this.#version = history.version;
    for (const node of history.lanes) if (!this.#byNode.has(node)) this.#byNode.set(node, new Track(node));
    for (; this.#cursor < history.size; this.#cursor++) {
      const event = history.all[this.#cursor]!;
      if (event.node !== labLane && passes(event, filter)) this.#byNode.get(event.node)!.add(event);
    }
    this.#place();
    return true;
  }

  #place(): void {
    const tracks = [...this.#byNode.values()];
    if (this.#axis === 1) for (const track of tracks) track.place((event) => event.at, apartMs);
    else if (this.#axis === 2) for (const track of tracks) track.place((_event, index) => index);
    else {
      this.#rank(tracks);
      for (const track of tracks) {
        track.placed = 0;
        track.place((event) => this.#ranks[this.#causality.depth(event.id)]!);
      }
    }
    this.#end = Math.max(0, ...tracks.map((track) => (track.placed === 0 ? 0 : track.xs[track.placed - 1]!)));
  }

  #rank(tracks: readonly Track[]): void {
    const used: number[] = [];
    for (const track of tracks) for (const event of track.events) used[this.#causality.depth(event.id)] = 1;
    this.#ranks = new Int32Array(used.length);
    for (let depth = 1; depth < used.length; depth++)
      this.#ranks[depth] = this.#ranks[depth - 1]! + (used[depth - 1] ?? 0);
  }

  of(node: NodeId): Track | undefined {
    return this.#byNode.get(node);
  }

  all(): IterableIterator<Track> {
    return this.#byNode.values();
  }

  /** The whole axis: from its first place to its last. */
  extent(now: TimeMs): View {
    return this.#axis === 1 ? { from: this.#history.first, to: now } : { from: 0, to: this.#end };
  }

  /** The place of any event: one that is filtered out lies where it would be. */
  xOf(event: RecordedEvent): number {
    const { message } = event;
    const anchor = event.type === "lost" && message !== undefined ? this.#history.send(message) : undefined;
    if (anchor !== undefined) {
      const sent = this.xOf(anchor);
      return this.#axis === 1 ? Math.max(sent, event.at) : sent + 0.35;
    }
    const track = this.#byNode.get(event.node);
    const index = track?.indexOf(event) ?? -1;
    if (track?.events[index]?.id === event.id) return track.xs[index]!;
    if (this.#axis === 1) return event.at;
    return track === undefined || index === 0 ? -0.5 : track.xs[index - 1]! + 0.5;
  }

  /** The place of a moment in a lane. On axes 2 and 3: between the events before and after it. */
  xOfTime(node: NodeId, at: TimeMs): number {
    if (this.#axis === 1) return at;
    const track = this.#byNode.get(node);
    if (track === undefined || track.placed === 0) return 0;
    const index = lowerBound(track.events, (event) => event.at < at);
    return index === 0 ? track.xs[0]! - 0.5 : track.xs[index - 1]! + 0.5;
  }

  /** The moment at a place: on axes 2 and 3 that of the latest event up to it. */
  timeAt(x: number): TimeMs {
    if (this.#axis === 1) return x;
    let at = this.#history.first;
    for (const track of this.#byNode.values()) {
      const event = track.events[track.indexAt(x + 0.5) - 1];
      if (event !== undefined && event.at > at) at = event.at;
    }
    return at;
  }
}
