/** A node's storage as a window sees it, and what can be done to it on purpose. */
import { z } from "zod";
import { storageSettingsSchema } from "../scenario/schema/storage.ts";

export {
  logKinds,
  type LogKind,
  recoveryModes,
  type RecoveryMode,
  snapshotKinds,
  type SnapshotKind,
  storageDefaults,
  type StorageSettings,
  storageSettingsSchema,
  syncPolicies,
  type SyncPolicy,
} from "../scenario/schema/storage.ts";

const whole = z.number().int().min(0);

/** Faults of a running node's disk. They last until "heal", or the end of the process. */
export const liveDiskFaultSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("fail"),
    operation: z.enum(["write", "sync", "rename"]),
    /** The nth from now, from 1. */
    nth: z.number().int().min(1),
    /** That one, or it and all after it. */
    lasts: z.enum(["once", "always"]),
  }),
  /** Writes that need space fail with ENOSPC. */
  z.object({ kind: z.literal("full") }),
  /** Each write and each flush takes this much longer. */
  z.object({ kind: z.literal("slow"), ms: z.number().min(0).max(60_000) }),
  z.object({ kind: z.literal("heal") }),
  /** The power goes: what was not flushed is lost, and the process with it. */
  z.object({ kind: z.literal("power-cut") }),
]);
export type LiveDiskFault = z.infer<typeof liveDiskFaultSchema>;

/** Damage to files. `file` is relative to the node's data directory. The node may be running: it does not notice at once. */
export const fileDamageSchema = z.discriminatedUnion("kind", [
  /** One bit of a record of the log, by the file (or table) and the offset that `RecordView` gives. */
  z.object({ kind: z.literal("record"), file: z.string(), offset: whole }),
  z.object({
    kind: z.literal("flip-bit"),
    file: z.string(),
    offset: whole,
    bit: z.number().int().min(0).max(7),
  }),
  z.object({ kind: z.literal("truncate"), file: z.string(), bytes: whole }),
  z.object({ kind: z.literal("zero"), file: z.string(), offset: whole, bytes: z.number().int().min(1) }),
  z.object({
    kind: z.literal("swap"),
    file: z.string(),
    offset: whole,
    other: whole,
    bytes: z.number().int().min(1),
  }),
]);
export type FileDamage = z.infer<typeof fileDamageSchema>;

/** A stretch of a log that is not what was written: the fields of `Damage` in main/storage/log. */
const damageViewSchema = z.object({
  kind: z.enum(["torn-tail", "corrupt", "truncated", "gap", "missing-segment", "stale", "bad-header"]),
  file: z.string(),
  offset: z.number(),
  length: z.number(),
  after: z.number(),
  before: z.number().nullable(),
  message: z.string(),
});
export type DamageView = z.infer<typeof damageViewSchema>;

export const storageViewSchema = z.object({
  node: z.string(),
  /** "live": told by the running node. "files": read from its directory. */
  source: z.enum(["live", "files"]),
  dataDir: z.string(),
  kinds: storageSettingsSchema.extend({ clocks: z.string() }),
  log: z.object({
    first: z.number(),
    last: z.number(),
    /** Up to here it survives the loss of power; null when only the running node could tell. */
    durable: z.number().nullable(),
    bytes: z.number(),
    segments: z.array(
      z.object({
        /** File relative to the data directory, or the table. */
        file: z.string(),
        bytes: z.number(),
        first: z.number(),
        last: z.number(),
        records: z.number(),
        sealed: z.boolean(),
      }),
    ),
    damage: z.array(damageViewSchema),
    /** Position of the newest snapshot: a start replays from here. */
    replayFrom: z.number(),
  }),
  snapshots: z.array(
    z.object({
      name: z.string(),
      position: z.number(),
      at: z.number(),
      bytes: z.number(),
      rows: z.number(),
      /** Null: sound as far as its head says. */
      problem: z.string().nullable(),
    }),
  ),
  /** A snapshot that is being written: how many rows of it are; null when none is, or nobody can tell. */
  snapshotting: z.object({ rows: whole, of: whole }).nullable(),
  clock: z.object({
    kind: z.string(),
    /** Null when it lies in the database, or nowhere. */
    file: z.string().nullable(),
    value: z.record(z.string(), z.number()).nullable(),
    problem: z.string().nullable(),
  }),
  /** What was set aside or cut, newest first. */
  setAside: z.array(z.object({ file: z.string(), bytes: z.number(), at: z.number() })),
  /** Faults in force, in words. */
  faults: z.array(z.string()),
  /** What the last start did: one sentence each. */
  recovery: z.array(z.string()),
});
export type StorageView = z.infer<typeof storageViewSchema>;

/** A label becomes a name in the file system. */
export const diskLabelSchema = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]{0,59}$/, "A label is 1 to 60 letters, digits, dots, dashes or underscores.");

/** A data directory as it once was, kept by the lab. */
export interface DiskCopy {
  readonly label: string;
  readonly at: number;
  readonly bytes: number;
}

/** What the lab tells of a node's storage. */
export type NodeStorage = StorageView & {
  /** Newest first. */
  readonly copies: readonly DiskCopy[];
};

/** One record of a log, as it lies there. */
const recordViewSchema = z.object({
  file: z.string(),
  offset: z.number(),
  bytes: z.number(),
  position: z.number(),
  /** Within its transaction, from 0. */
  ordinal: z.number(),
  type: z.string(),
  module: z.string(),
  table: z.string(),
  key: z.string(),
  /** JSON text, cut off when long. */
  row: z.string(),
  clock: z.record(z.string(), z.number()),
  at: z.number(),
  origin: z.string().nullable(),
  replicas: z.array(z.string()),
  term: z.number(),
  index: z.number(),
  /** Null: sound. */
  problem: z.string().nullable(),
});
export type RecordView = z.infer<typeof recordViewSchema>;
