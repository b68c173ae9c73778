/** The lab as a window sees it: one small value, pushed whole whenever it changes. */
import { z } from "zod";
import { isNodeId } from "../ids.ts";
import { presets } from "../membership/types.ts";
import { storageSettingsSchema } from "./storage.ts";
import type { StudioState } from "./studio.ts";

const nodeIdSchema = z
  .string()
  .refine(
    (text): boolean => isNodeId(text),
    "A node id is 1 to 63 letters, digits, dots, dashes or underscores, and no word like constructor.",
  );

const latencySchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("constant"), ms: z.number().min(0).max(60_000) }),
  z.object({
    kind: z.literal("uniform"),
    minMs: z.number().min(0).max(60_000),
    maxMs: z.number().min(0).max(60_000),
  }),
  z.object({ kind: z.literal("exponential"), meanMs: z.number().min(0).max(60_000) }),
]);
export type Latency = z.infer<typeof latencySchema>;

const share = z.number().min(0).max(1);

/** One ordered link, as the sender's network applies it. All at rest: `restingLink`. */
export const linkSettingsSchema = z.object({
  blocked: z.boolean(),
  latency: latencySchema.nullable(),
  /** Share of messages dropped, 0 to 1. */
  loss: share,
  /** Share of messages delivered twice. */
  duplicate: share,
  /** Share of messages that let later ones overtake them. */
  reorder: share,
});
export type LinkSettings = z.infer<typeof linkSettingsSchema>;
export const restingLink: LinkSettings = { blocked: false, latency: null, loss: 0, duplicate: 0, reorder: 0 };

/** Messages on one ordered link since the sender's process started. */
const linkCountsSchema = z.object({
  sent: z.number(),
  blocked: z.number(),
  lost: z.number(),
  duplicated: z.number(),
  delayed: z.number(),
  reordered: z.number(),
});
export type LinkCounts = z.infer<typeof linkCountsSchema>;

export const clockStoreKinds = ["sqlite", "file", "memory"] as const;
export type ClockStoreKind = (typeof clockStoreKinds)[number];

export const nodeStatuses = [
  "starting",
  "running",
  "paused",
  "stopping",
  /** Ended gracefully. */
  "stopped",
  /** Ended by SIGKILL, from here or from elsewhere. */
  "killed",
  /** Ended by itself; `error` says why. */
  "failed",
] as const;
export type NodeStatus = (typeof nodeStatuses)[number];

const nodeStateSchema = z.object({
  id: nodeIdSchema,
  /** host:port for clients and peers. */
  address: z.string(),
  pid: z.number().nullable(),
  life: z.number().nullable(),
  status: z.enum(nodeStatuses),
  clockStore: z.enum(clockStoreKinds),
  /** How it keeps everything else; of a node that does not run, how it will be started. */
  storage: storageSettingsSchema,
  dataDir: z.string(),
  error: z.string().nullable(),
});
export type NodeState = z.infer<typeof nodeStateSchema>;

const linkStateSchema = z.object({
  from: nodeIdSchema,
  to: nodeIdSchema,
  settings: linkSettingsSchema,
  counts: linkCountsSchema,
});
export type LinkState = z.infer<typeof linkStateSchema>;

export const partitionKinds = [
  "halves",
  "isolate",
  "majorities-ring",
  "bridge",
  "one-way",
  "custom",
] as const;
export type PartitionKind = (typeof partitionKinds)[number];

const partitionStateSchema = z.object({
  id: z.number(),
  kind: z.enum(partitionKinds),
  groups: z.array(z.array(nodeIdSchema)),
  /** Ordered pairs, "node-1>node-2". */
  cut: z.array(z.string()),
});
export type PartitionState = z.infer<typeof partitionStateSchema>;

const sessionInfoSchema = z.object({
  id: z.string(),
  name: z.string(),
  path: z.string(),
  createdAt: z.number(),
  events: z.number(),
  bytes: z.number(),
  /** True for the one session now being recorded. */
  recording: z.boolean(),
});
export type SessionInfo = z.infer<typeof sessionInfoSchema>;

const labStateSchema = z.object({
  version: z.string(),
  cluster: z.object({
    name: z.string(),
    preset: z.enum(presets),
    n: z.number(),
    r: z.number(),
    w: z.number(),
    virtualNodes: z.number(),
  }),
  nodes: z.array(nodeStateSchema),
  /** Every ordered pair of nodes. */
  links: z.array(linkStateSchema),
  partition: partitionStateSchema.nullable(),
  load: z.object({ running: z.boolean(), opsPerSecond: z.number(), ok: z.number(), failed: z.number() }),
  session: sessionInfoSchema,
  /** What Ctrl+Z would take back, in words; null when there is nothing. */
  undo: z.string().nullable(),
});
export type LabState = z.infer<typeof labStateSchema> & {
  /** Scenarios and hunts, beside the cluster that runs. */
  readonly studio: StudioState;
};
export { nodeIdSchema };
