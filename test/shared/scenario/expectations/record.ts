/** Small records made by hand: a trace with an application on it, calls, and views of the nodes. */
import type { KeyState } from "../../../../shared/clock/dotted.ts";
import { merge, tick, type VectorClock } from "../../../../shared/clock/vector-clock.ts";
import { asKey, asNodeId, type NodeId } from "../../../../shared/ids.ts";
import { judge } from "../../../../shared/scenario/expectations/judge.ts";
import type {
  CallRecord,
  ExpectationResult,
  NodeView,
  RunRecord,
  RunVerdict,
} from "../../../../shared/scenario/run.types.ts";
import { scenarioSchema, type ScenarioSource } from "../../../../shared/scenario/schema.ts";
import type { RecordedEvent } from "../../../../shared/trace/event.ts";
import { TraceBuilder } from "../../trace/events.ts";

interface Sent {
  readonly origin: string;
  readonly number: number;
  readonly order: string;
  readonly text: string;
  readonly vector: VectorClock;
  readonly lamport: number;
}

/** A trace and the broadcast application's events on it, with the three stamps the application would give. */
export class ApplicationTrace extends TraceBuilder {
  /** What a node's wall clock is wrong by. */
  readonly offsets = new Map<string, number>();
  #vectors = new Map<string, VectorClock>();
  #lamports = new Map<string, number>();
  #told = new Map<string, Sent>();
  #numbers = new Map<string, number>();

  event(node: string, text: string): RecordedEvent {
    return this.local(node, "event", { detail: { text, ...this.#stamp(node) } });
  }

  tell(from: string, to: string, text: string): RecordedEvent {
    const stamp = this.#stamp(from);
    this.#told.set(text, { origin: from, number: 0, order: "", text, ...stamp });
    return this.send(from, to, text, { name: "TELL", detail: { text, ...stamp } });
  }

  told(node: string, text: string): RecordedEvent {
    return this.receive(node, text, { detail: { text, ...this.#stamp(node, this.#told.get(text)) } });
  }

  /** The broadcast itself and its sends, one for each of `to`. */
  broadcast(origin: string, text: string, order = "unordered", to: readonly string[] = []): Sent {
    const number = (this.#numbers.get(origin) ?? 0) + 1;
    this.#numbers.set(origin, number);
    const stamp = this.#stamp(origin);
    this.local(origin, "broadcast", { detail: { text, order, origin, number, ...stamp } });
    for (const node of to) {
      this.send(origin, node, `${text} for ${node}`, { name: "BROADCAST", detail: { text, ...stamp } });
    }
    return { origin, number, order, text, ...stamp };
  }

  /** Arrives on the network only. */
  arrive(node: string, { text, order, origin, number }: Sent): RecordedEvent {
    return this.receive(node, `${text} for ${node}`, { detail: { text, order, origin, number } });
  }

  hold(node: string, { text, origin, number }: Sent): RecordedEvent {
    return this.local(node, "held", { detail: { text, origin, number, waitsFor: "something" } });
  }

  deliver(node: string, sent: Sent): RecordedEvent {
    const { text, origin, number, order } = sent;
    return this.local(node, "delivered", {
      detail: { text, origin, number, order, ...this.#stamp(node, sent) },
    });
  }

  member(node: string, about: string, status: string): RecordedEvent {
    return this.local(node, "member", { op: "membership", detail: { about, status, incarnation: 1 } });
  }

  #stamp(node: string, cause?: { vector: VectorClock; lamport: number }) {
    const vector = tick(merge(this.#vectors.get(node) ?? {}, cause?.vector ?? {}), asNodeId(node));
    const lamport = Math.max(this.#lamports.get(node) ?? 0, cause?.lamport ?? 0) + 1;
    this.#vectors.set(node, vector);
    this.#lamports.set(node, lamport);
    return { vector, lamport, wall: this.now + (this.offsets.get(node) ?? 0) };
  }
}

interface Parts {
  readonly nodes?: readonly string[];
  readonly events?: readonly RecordedEvent[];
  readonly calls?: readonly CallRecord[];
  readonly snapshots?: Readonly<Record<string, readonly NodeView[]>>;
  readonly final?: readonly NodeView[];
}

function recordOf({
  nodes = ["A", "B", "C"],
  events = [],
  calls = [],
  snapshots = {},
  final = [],
}: Parts): RunRecord {
  return { nodes: nodes.map(asNodeId), events, calls, snapshots: new Map(Object.entries(snapshots)), final };
}

type Label = ScenarioSource["label"];
export type Wanted = NonNullable<ScenarioSource["expect"]>[number];

/** Patience and states without end. */
const noLimits = { states: 1_000_000, isTimeUp: () => false };

/** The verdict on several expectations. */
export function verdictOf(
  wanted: readonly Wanted[],
  parts: Parts,
  label: Label = {},
  cluster: Partial<ScenarioSource["cluster"]> = {},
  limits = noLimits,
): RunVerdict {
  const record = recordOf(parts);
  const nodes = [...record.nodes] as string[];
  const written = { name: "by hand", cluster: { nodes, ...cluster }, label, expect: wanted };
  return judge(scenarioSchema.parse(written), record, limits);
}

/** The result of one expectation on a record. */
export function judged(
  wanted: Wanted,
  ...others: Parameters<typeof verdictOf> extends [unknown, ...infer Rest] ? Rest : never
): ExpectationResult {
  return verdictOf([wanted], ...others).results[0]!;
}

export function viewOf(
  node: string,
  more: Partial<Omit<NodeView, "node" | "keys">> & { keys?: Record<string, KeyState> } = {},
): NodeView {
  const { keys = {}, ...others } = more;
  return {
    node: asNodeId(node),
    running: true,
    members: [],
    ring: [],
    virtualNodes: 150,
    ...others,
    keys: Object.entries(keys).map(([key, state]) => [asKey(key), state] as const),
  };
}

let numbered = 0;

/** A call that was answered "ok", unless `more` says otherwise. */
export function callOf(
  node: string,
  request: CallRecord["call"]["request"],
  more: Partial<CallRecord> & {
    client?: string;
    dots?: readonly string[];
    values?: readonly string[];
    minted?: string;
    context?: VectorClock;
  } = {},
): CallRecord {
  numbered += 1;
  const { client = "client-1", dots = [], values = [], context = {}, minted, ...others } = more;
  return {
    call: { id: numbered, client, node: asNodeId(node), request },
    as: null,
    invokedAt: 2 * numbered,
    invoked: 2 * numbered,
    returned: 2 * numbered + 1,
    returnedAt: 2 * numbered + 1,
    outcome: "ok",
    answer: { ok: true, values, dots, context, ...(minted === undefined ? {} : { minted }) },
    ...others,
  };
}

export const put = (key: string, value: string): CallRecord["call"]["request"] => ({
  kind: "data",
  op: "put",
  key: asKey(key),
  value,
  quorum: {},
});
export const get = (key: string): CallRecord["call"]["request"] => ({
  kind: "data",
  op: "get",
  key: asKey(key),
  quorum: {},
});
export const mint: CallRecord["call"]["request"] = { kind: "act", act: { kind: "mint" } };

export const nodeIds = (...names: string[]): NodeId[] => names.map(asNodeId);
