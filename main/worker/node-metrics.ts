/** What `/metrics` tells of a node. */
import type { DataOperation, OperationOutcome } from "../../shared/replication/types.ts";
import type { LinkCounts } from "../../shared/contract/state.ts";
import type { Emitted } from "../../shared/replica/types.ts";
import { texts } from "../../shared/trace/detail.ts";
import {
  byLabel,
  counter,
  gauge,
  LatencyHistogram,
  type Metric,
  renderMetrics,
  type Sample,
} from "./metrics.ts";

/** Client operations by kind and outcome, and how long they took. */
export class OperationMetrics {
  readonly #counts = new Map<string, number>();
  readonly #latencies: Readonly<Record<DataOperation, LatencyHistogram>> = {
    put: new LatencyHistogram(),
    get: new LatencyHistogram(),
    delete: new LatencyHistogram(),
  };

  observe(op: DataOperation, outcome: OperationOutcome, milliseconds: number): void {
    const name = `${op} ${outcome.ok ? "ok" : outcome.error.code}`;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    this.#latencies[op].observe(milliseconds / 1000);
  }

  metrics(): Metric[] {
    return [
      {
        name: "lightcone_requests_total",
        help: "Client operations by kind and outcome.",
        type: "counter",
        samples: [...this.#counts].map(([name, value]): Sample => {
          const [op = "", outcome = ""] = name.split(" ");
          return { labels: { op, outcome }, value };
        }),
      },
      {
        name: "lightcone_request_duration_seconds",
        help: "Time from a request's arrival to its reply.",
        type: "histogram",
        samples: Object.entries(this.#latencies).flatMap(([op, histogram]) => histogram.samples({ op })),
      },
    ];
  }
}

/** What replication did, told by its events. */
export class ReplicationMetrics {
  #hintsDelivered = 0;
  #hintsDropped = 0;
  #discarded = 0;
  #repeated = 0;
  #repairs = 0;

  observe({ name, type, op, detail }: Emitted): void {
    switch (name) {
      case "hints-delivered":
        this.#hintsDelivered += texts(detail?.["keys"]).length;
        break;
      case "hints-dropped":
        this.#hintsDropped += texts(detail?.["keys"]).length;
        break;
      case "discarded":
        this.#discarded += 1;
        break;
      case "repeated":
        this.#repeated += 1;
        break;
      case "REPLICATE":
        if (type === "send" && op === "get") this.#repairs += 1;
        break;
    }
  }

  metrics(): Metric[] {
    return [
      counter("lightcone_hints_delivered_total", "Hints made durable by their owner.", this.#hintsDelivered),
      counter("lightcone_hints_dropped_total", "Hints given up.", this.#hintsDropped),
      counter(
        "lightcone_versions_discarded_total",
        "Versions that lost to a concurrent one under last-write-wins.",
        this.#discarded,
      ),
      counter(
        "lightcone_requests_repeated_total",
        "Requests met again under their token and not carried out again.",
        this.#repeated,
      ),
      counter(
        "lightcone_read_repairs_total",
        "Copies sent to replicas that a read found behind.",
        this.#repairs,
      ),
    ];
  }
}

export interface NodeNumbers {
  readonly commits: number;
  readonly flushes: number;
  readonly clockSaves: number;
  readonly clockErrors: number;
  readonly bytesSent: number;
  readonly messagesSent: ReadonlyMap<string, number>;
  readonly messagesReceived: ReadonlyMap<string, number>;
  readonly members: readonly (readonly [string, number])[];
  readonly links: Readonly<Record<string, LinkCounts>>;
  readonly keys: number;
  readonly conflicts: number;
  readonly hints: readonly (readonly [owner: string, keys: number])[];
  readonly rumours: number;
  readonly localHealth: number;
  readonly incarnation: number;
}

export function renderNodeMetrics(
  operations: OperationMetrics,
  replication: ReplicationMetrics,
  storage: readonly Metric[],
  numbers: NodeNumbers,
): string {
  return renderMetrics([
    ...operations.metrics(),
    ...replication.metrics(),
    ...storage,
    {
      name: "lightcone_hints_waiting",
      help: "Keys kept for owners out of reach, by owner.",
      type: "gauge",
      samples: byLabel("owner", numbers.hints),
    },
    counter("lightcone_commits_total", "Transactions on the node's file.", numbers.commits),
    counter(
      "lightcone_fsyncs_total",
      "Transactions flushed to the disk before they were acknowledged.",
      numbers.flushes,
    ),
    counter("lightcone_clock_saves_total", "Vector clocks saved.", numbers.clockSaves),
    counter(
      "lightcone_clock_save_errors_total",
      "Vector clocks that could not be saved.",
      numbers.clockErrors,
    ),
    counter("lightcone_peer_bytes_sent_total", "Bytes written to peers.", numbers.bytesSent),
    {
      name: "lightcone_messages_total",
      help: "Messages between nodes by kind and direction.",
      type: "counter",
      samples: [
        ...withDirection("sent", numbers.messagesSent),
        ...withDirection("received", numbers.messagesReceived),
      ],
    },
    {
      name: "lightcone_members",
      help: "Members as this node believes them to be.",
      type: "gauge",
      samples: byLabel("status", numbers.members),
    },
    {
      name: "lightcone_link_messages_total",
      help: "Messages on outgoing links by receiver and what a fault did to them.",
      type: "counter",
      samples: Object.entries(numbers.links).flatMap(([to, counts]) =>
        Object.entries(counts).map(([effect, value]): Sample => ({ labels: { to, effect }, value })),
      ),
    },
    gauge("lightcone_keys", "Keys in the store, deleted ones included.", numbers.keys),
    gauge("lightcone_conflicts", "Keys with more than one live version.", numbers.conflicts),
    gauge("lightcone_active_rumours", "Rumours still being told.", numbers.rumours),
    gauge("lightcone_local_health", "Lifeguard's multiplier; 0 is healthy.", numbers.localHealth),
    gauge("lightcone_incarnation", "This node's incarnation.", numbers.incarnation),
  ]);
}

const withDirection = (direction: string, counts: ReadonlyMap<string, number>): Sample[] =>
  [...counts].map(([kind, value]) => ({ labels: { direction, kind }, value }));
