/** What the events of a stretch of time say about throughput, latency and messages. */
import type { Operation, RecordedEvent } from "../../shared/trace/event.ts";
import type { DataOperation } from "../../shared/replication/types.ts";

export const dataOperations = ["put", "get", "delete"] as const satisfies readonly DataOperation[];

export interface Latencies {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

interface OperationRate {
  readonly perSecond: number;
  readonly failed: number;
  readonly latency: Latencies | null;
}

/** One second of the charts. `at` is where it begins. */
interface Second {
  readonly at: number;
  readonly put: number;
  readonly get: number;
  readonly delete: number;
  readonly failed: number;
  /** Null when nothing was answered in it. */
  readonly p50: number | null;
  readonly p95: number | null;
}

interface MessageRate {
  readonly name: string;
  readonly op: Operation;
  readonly perSecond: number;
  readonly lost: number;
}

interface NodeRate {
  readonly node: string;
  readonly perSecond: number;
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
}

export interface Rates {
  readonly seconds: readonly Second[];
  readonly operations: Readonly<Record<DataOperation, OperationRate>>;
  readonly messages: readonly MessageRate[];
  readonly nodes: readonly NodeRate[];
  readonly conflicts: number;
  readonly events: number;
}

/** The value below which a share of the sorted values lies: the nearest rank, so always a value that occurred. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function latenciesOf(values: readonly number[]): Latencies | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return {
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
    max: sorted.at(-1)!,
  };
}

interface Tally {
  done: number;
  failed: number;
  latencies: number[];
}

const isData = (op: Operation): op is DataOperation => op === "put" || op === "get" || op === "delete";

/** Counts of the whole seconds in [from, to). Events may come in any order; those outside are ignored. */
export function ratesOf(events: Iterable<RecordedEvent>, from: number, to: number): Rates {
  const count = Math.max(1, Math.round((to - from) / 1000));
  const seconds = Array.from({ length: count }, () => ({
    put: 0,
    get: 0,
    delete: 0,
    failed: 0,
    latencies: [] as number[],
  }));
  const tallies: Record<DataOperation, Tally> = { put: tally(), get: tally(), delete: tally() };
  const messages = new Map<string, { op: Operation; sent: number; lost: number }>();
  const nodes = new Map<string, { events: number; sent: number; received: number; lost: number }>();
  const arrived = new Map<string, number>();
  let [conflicts, total] = [0, 0];
  for (const event of events) {
    if (event.at < from || event.at >= to) continue;
    total++;
    if (event.op !== "lab") countNode(nodes, event);
    if (event.type === "send" || event.type === "lost") countMessage(messages, event);
    if (event.name === "conflict") conflicts++;
    if (!isData(event.op) || event.request === undefined) continue;
    if (event.name === "request") arrived.set(event.request, event.at);
    if (event.name !== "reply") continue;
    const second = seconds[Math.min(count - 1, Math.floor((event.at - from) / 1000))]!;
    const operation = tallies[event.op];
    if (event.detail?.["ok"] === false) {
      second.failed++;
      operation.failed++;
    } else {
      second[event.op]++;
      operation.done++;
    }
    const start = arrived.get(event.request);
    if (start === undefined) continue;
    second.latencies.push(event.at - start);
    operation.latencies.push(event.at - start);
  }
  const rate = ({ done, failed, latencies }: Tally): OperationRate => ({
    perSecond: (done + failed) / count,
    failed,
    latency: latenciesOf(latencies),
  });
  return {
    seconds: seconds.map(({ latencies, ...counts }, index) => {
      const spread = latenciesOf(latencies);
      return { at: from + index * 1000, ...counts, p50: spread?.p50 ?? null, p95: spread?.p95 ?? null };
    }),
    operations: { put: rate(tallies.put), get: rate(tallies.get), delete: rate(tallies.delete) },
    messages: [...messages]
      .map(([name, { op, sent, lost }]) => ({ name, op, perSecond: sent / count, lost }))
      .sort((a, b) => b.perSecond - a.perSecond || b.lost - a.lost || (a.name < b.name ? -1 : 1)),
    nodes: [...nodes]
      .map(([node, { events, ...ends }]) => ({ node, perSecond: events / count, ...ends }))
      .sort((a, b) => a.node.localeCompare(b.node, "en", { numeric: true })),
    conflicts,
    events: total,
  };
}

const tally = (): Tally => ({ done: 0, failed: 0, latencies: [] });

function countNode(
  nodes: Map<string, { events: number; sent: number; received: number; lost: number }>,
  event: RecordedEvent,
): void {
  const counts = nodes.get(event.node) ?? { events: 0, sent: 0, received: 0, lost: 0 };
  counts.events++;
  if (event.type === "send") counts.sent++;
  if (event.type === "receive") counts.received++;
  if (event.type === "lost") counts.lost++;
  nodes.set(event.node, counts);
}

function countMessage(
  messages: Map<string, { op: Operation; sent: number; lost: number }>,
  event: RecordedEvent,
): void {
  const counts = messages.get(event.name) ?? { op: event.op, sent: 0, lost: 0 };
  if (event.type === "send") counts.sent++;
  else counts.lost++;
  messages.set(event.name, counts);
}
