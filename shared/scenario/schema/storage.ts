/** How a node keeps what it knows: a part of a scenario, of a cluster in the lab, and flags of `lightcone node`. */
import { z } from "zod";

export const logKinds = ["sqlite", "file", "memory"] as const;
export type LogKind = (typeof logKinds)[number];
export const snapshotKinds = ["sqlite", "file", "memory"] as const;
export type SnapshotKind = (typeof snapshotKinds)[number];

/**
 * What a start does about damage in the middle of the log. A torn tail is none: it is cut in every mode, with a copy kept.
 * - `rebuild`: what is damaged is set aside and the data fetched from the other replicas. Where nobody can be asked,
 *   as `strict`.
 * - `strict`: refuse, and say where.
 * - `truncate`: go on with what stands before the first damage.
 * - `salvage`: go on with all that is sound, and report each gap.
 */
export const recoveryModes = ["rebuild", "strict", "truncate", "salvage"] as const;
export type RecoveryMode = (typeof recoveryModes)[number];

/**
 * When a commit is flushed to the disk. `commit`: before anything of it leaves the node. `group`: likewise, but the node
 * waits a few milliseconds for others to share the flush. `off`: when the system likes; a power cut takes acknowledged
 * writes with it.
 */
export const syncPolicies = ["commit", "group", "off"] as const;
export type SyncPolicy = (typeof syncPolicies)[number];

/** How a node keeps what it knows: flags of `lightcone node` of the same names, and a form in the window. */
export const storageSettingsSchema = z.object({
  log: z.enum(logKinds),
  snapshots: z.enum(snapshotKinds),
  sync: z.enum(syncPolicies),
  recovery: z.enum(recoveryModes),
});
export type StorageSettings = z.infer<typeof storageSettingsSchema>;
export const storageDefaults: StorageSettings = {
  log: "sqlite",
  snapshots: "sqlite",
  sync: "commit",
  recovery: "rebuild",
};
