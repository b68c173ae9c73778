/**
 * What the cluster looked like at a moment: the events up to then, folded.
 *
 * Panels never keep state of their own about the cluster. They ask for the model at the cursor, or at the end for "now",
 * and so live view, time travel and recordings are one thing. Folding from the beginning each time would make a step
 * back through 100,000 events slow, and keeping every state would not fit; so copies of the folded state are kept at
 * intervals, at most {@link checkpointsMax} of them: when there are more, every second one goes and the interval doubles.
 *
 * Events are folded in the order of time, not of arrival. A late event drops the copies that came after it.
 */
import type { Key, NodeId, TimeMs } from "../ids.ts";
import type { RecordedEvent } from "./event.ts";
import { type History, insertSorted, lowerBound, naturalOrder, programOrder } from "./history.ts";
import type { Loss } from "./copies.ts";
import { copyOf, emptyState, fold, rateWindowMs, type State } from "./fold.ts";
import type { MemberStatus } from "./names.ts";

export type ModelNodeStatus = "starting" | "running" | "paused" | "stopped" | "killed" | "failed" | "removed";

export interface ModelNode {
  readonly node: NodeId;
  /** host:port; empty until the node has told it. */
  readonly address: string;
  readonly status: ModelNodeStatus;
  readonly life: number | null;
  readonly pid: number | null;
  readonly clockStore: string | null;
  /** True while the node runs without the clock it had: its stamps repeat. */
  readonly clockLost: boolean;
}

export interface Belief {
  readonly status: MemberStatus;
  readonly incarnation: number;
  readonly since: TimeMs;
}

export interface ModelPartition {
  readonly id: number;
  readonly kind: string;
  readonly groups: readonly (readonly NodeId[])[];
  /** Ordered pairs "a>b". */
  readonly cut: readonly string[];
}

export interface ModelConflict {
  /** The versions side by side, as "node:counter". */
  readonly dots: readonly string[];
  readonly at: TimeMs;
  /** The replica that noticed it last. */
  readonly node: NodeId;
  readonly event: number;
}

export interface ModelKey {
  readonly op: "put" | "get" | "delete";
  readonly at: TimeMs;
  readonly node: NodeId;
  readonly event: number;
  /** Versions side by side at the replica that stored it last; 0 when no replica has. */
  readonly siblings: number;
}

/** What one node says of the ring's moving for a node that joins or leaves. */
export interface ModelMove {
  readonly node: NodeId;
  readonly about: NodeId;
  /** "join", "leave" or another word of the node's. */
  readonly kind: string;
  readonly phase: string;
  readonly epoch: number;
  /** Keys that have arrived so far. */
  readonly keys: number;
  readonly waitingFor: readonly string[];
  readonly at: TimeMs;
  readonly event: number;
}

interface OperationCounts {
  readonly ok: number;
  readonly failed: number;
  /** Replies per second over the last {@link rateWindowMs}. */
  readonly perSecond: number;
}

export interface SessionModel {
  readonly at: TimeMs;
  readonly cluster: {
    readonly name: string;
    readonly preset: string;
    readonly n: number;
    readonly r: number;
    readonly w: number;
    readonly virtualNodes: number;
    /** Conflict strategies by key prefix, where they are not the usual one. */
    readonly conflicts: Readonly<Record<string, string>>;
  } | null;
  /** In natural order. */
  readonly nodes: ReadonlyMap<NodeId, ModelNode>;
  /** Observer, then whom the belief is about. */
  readonly beliefs: ReadonlyMap<NodeId, ReadonlyMap<NodeId, Belief>>;
  readonly partition: ModelPartition | null;
  /** Links that are not at rest, by "a>b". */
  readonly links: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** Messages touched by faults so far, by "a>b". */
  readonly effect: {
    readonly blocked: Readonly<Record<string, number>>;
    readonly lost: Readonly<Record<string, number>>;
    readonly delayed: Readonly<Record<string, number>>;
  };
  readonly load: { readonly running: boolean; readonly opsPerSecond: number } | null;
  /** Keys whose replicas hold concurrent versions. */
  readonly conflicts: ReadonlyMap<Key, ModelConflict>;
  readonly keys: ReadonlyMap<Key, ModelKey>;
  /** Versions that last-write-wins threw away, each once, by key and dot. */
  readonly losses: ReadonlyMap<string, Loss>;
  /** The newest word of each node on each move, those that are over included; by both names. */
  readonly moves: ReadonlyMap<string, ModelMove>;
  /** Requests that clients sent through each node. */
  readonly served: ReadonlyMap<NodeId, number>;
  readonly operations: Readonly<Record<"put" | "get" | "delete", OperationCounts>>;
}

const checkpointsMax = 64;
const intervalMin = 1_000;
/** The newest events are folded anew each time: those that arrive a little late then disturb nothing. */
const unsettled = 500;

interface Checkpoint {
  /** How many events of the order of time are folded into it. */
  readonly events: number;
  readonly state: State;
}

const labFirst = (a: RecordedEvent, b: RecordedEvent) => (a.op === "lab" ? 0 : 1) - (b.op === "lab" ? 0 : 1);
const timeOrder = (a: RecordedEvent, b: RecordedEvent) =>
  a.at - b.at || labFirst(a, b) || naturalOrder(a.node, b.node) || programOrder(a, b);

/** All the events of a history in the order of time, and copies of the folded state along it. */
class Folding {
  readonly #history: History;
  #order: RecordedEvent[] = [];
  #checkpoints: Checkpoint[] = [];
  #interval = intervalMin;
  /** Follows the end of a live history, folded in place. */
  #tip: Checkpoint = { events: 0, state: emptyState() };
  #cursor = 0;
  #epoch = 0;
  #last: { version: number; at: TimeMs | null; model: SessionModel } | null = null;

  constructor(history: History) {
    this.#history = history;
  }

  modelAt(at: TimeMs | null): SessionModel {
    const history = this.#history;
    if (this.#last?.version === history.version && this.#last.at === at) return this.#last.model;
    this.#catchUp();
    const time = at ?? history.last;
    const end = at === null ? this.#order.length : lowerBound(this.#order, (event) => event.at <= time);
    const model = seal(this.#stateAfter(end), time, history.lanes);
    this.#last = { version: history.version, at, model };
    return model;
  }

  #catchUp(): void {
    const history = this.#history;
    if (history.epoch !== this.#epoch) {
      this.#order = [];
      this.#cursor = 0;
      this.#epoch = history.epoch;
    }
    let disturbed = this.#order.length;
    for (; this.#cursor < history.size; this.#cursor++) {
      const index = insertSorted(this.#order, history.all[this.#cursor]!, timeOrder);
      if (index < disturbed) disturbed = index;
    }
    this.#checkpoints = this.#checkpoints.filter((checkpoint) => checkpoint.events <= disturbed);
    if (this.#tip.events > disturbed) this.#tip = this.#resume(disturbed);
    this.#advance(this.#order.length - unsettled);
  }

  /** A private copy of the newest checkpoint at or before `end`. */
  #resume(end: number): Checkpoint {
    const checkpoint = this.#checkpoints.findLast((candidate) => candidate.events <= end);
    return checkpoint === undefined
      ? { events: 0, state: emptyState() }
      : { events: checkpoint.events, state: copyOf(checkpoint.state) };
  }

  /** Folds the tip up to `end`, leaving checkpoints behind. */
  #advance(end: number): void {
    let { events } = this.#tip;
    const { state } = this.#tip;
    for (; events < end; events++) {
      if (events > 0 && events % this.#interval === 0) this.#keep({ events, state });
      fold(state, this.#order[events]!);
    }
    this.#tip = { events, state };
  }

  #keep({ events, state }: Checkpoint): void {
    if ((this.#checkpoints.at(-1)?.events ?? 0) >= events) return;
    this.#checkpoints.push({ events, state: copyOf(state) });
    if (this.#checkpoints.length <= checkpointsMax) return;
    this.#interval *= 2;
    this.#checkpoints = this.#checkpoints.filter((kept) => kept.events % this.#interval === 0);
  }

  #stateAfter(end: number): State {
    const start =
      this.#tip.events <= end
        ? { events: this.#tip.events, state: copyOf(this.#tip.state) }
        : this.#resume(end);
    for (let index = start.events; index < end; index++) fold(start.state, this.#order[index]!);
    return start.state;
  }
}

function seal(state: State, at: TimeMs, lanes: readonly NodeId[]): SessionModel {
  const known = [...state.nodes.keys()].filter((node) => !lanes.includes(node));
  const nodes = new Map<NodeId, ModelNode>();
  for (const node of [...lanes, ...known]) {
    const value = state.nodes.get(node);
    if (value !== undefined) nodes.set(node, value);
  }
  const { replies: _replies, counts: _counts, ...told } = state;
  const rate = (op: "put" | "get" | "delete"): OperationCounts => {
    const recent = state.replies.filter((reply) => reply.op === op && reply.at > at - rateWindowMs).length;
    return { ...state.counts[op], perSecond: (recent * 1000) / rateWindowMs };
  };
  const operations = { put: rate("put"), get: rate("get"), delete: rate("delete") };
  return { ...told, at, nodes, operations };
}

const foldings = new WeakMap<History, Folding>();

/** The model at a moment; null for the end of the history, which is now while it is live. */
export function modelAt(history: History, at: TimeMs | null): SessionModel {
  let folding = foldings.get(history);
  if (folding === undefined) {
    folding = new Folding(history);
    foldings.set(history, folding);
  }
  return folding.modelAt(at);
}
