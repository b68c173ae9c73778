/** What `/metrics` tells of the log, the snapshots and the start. */
import { latencyBounds, type MeasuredClockStore } from "../storage/clocks/measured.ts";
import { gauge, type Metric, type Sample } from "./metrics.ts";
import type { NodeStorage } from "./node-storage.ts";

export function storageMetrics({ store, clocks, recoveryMs }: NodeStorage): Metric[] {
  const measures = Object.entries((clocks ?? store.clocks).measures);
  const { log, snapshots } = store;
  const newest = snapshots.list()[0];
  const age = newest === undefined ? [] : [{ value: Math.max(0, Date.now() - newest.at) / 1000 }];
  return [
    gauge("lightcone_log_bytes", "What the transaction log occupies.", log.bytes),
    gauge("lightcone_log_transactions", "Transactions that can be read.", log.count),
    gauge("lightcone_log_first_position", "First transaction that can be read.", log.first),
    gauge("lightcone_log_last_position", "Newest transaction.", log.last),
    gauge(
      "lightcone_log_durable_position",
      "Newest transaction that survives the loss of power.",
      log.durable,
    ),
    gauge("lightcone_snapshots", "Snapshots that are kept.", snapshots.list().length),
    {
      name: "lightcone_snapshot_age_seconds",
      help: "Since the newest snapshot.",
      type: "gauge",
      samples: age,
    },
    {
      name: "lightcone_clock_store_seconds",
      help: "What was asked of the clock store, and how long it took.",
      type: "histogram",
      samples: measures.flatMap(([operation, measure]) => latencies(operation, measure)),
    },
    {
      name: "lightcone_clock_store_errors_total",
      help: "What the clock store failed to do.",
      type: "counter",
      samples: measures.map(([operation, { errors }]) => ({ labels: { operation }, value: errors })),
    },
    gauge("lightcone_recovery_seconds", "From the start to the data being there.", recoveryMs / 1000),
  ];
}

type Measure = MeasuredClockStore["measures"]["save"];

function latencies(operation: string, { count, seconds, latencies: counts }: Measure): Sample[] {
  let below = 0;
  const buckets = [...latencyBounds, "+Inf"].map((bound, index): Sample => {
    below += counts[index]!;
    return { suffix: "_bucket", labels: { operation, le: String(bound) }, value: below };
  });
  const labels = { operation };
  return [...buckets, { suffix: "_sum", labels, value: seconds }, { suffix: "_count", labels, value: count }];
}
