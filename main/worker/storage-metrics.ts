/** What `/metrics` tells of the log, the snapshots and the start. */
import { gauge, type Metric } from "./metrics.ts";
import type { NodeStorage } from "./node-storage.ts";

export function storageMetrics({ store, recoveryMs }: NodeStorage): Metric[] {
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
    gauge("lightcone_recovery_seconds", "From the start to the data being there.", recoveryMs / 1000),
  ];
}
