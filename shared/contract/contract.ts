/**
 * The whole of what a host offers a window: a map of commands and a map of events, a schema for each.
 *
 * Transports only move these; they hold no knowledge of any command. Parameters are validated once, in the lab, on
 * their way in. Results and events come from our own code and are typed, not re-validated.
 */
import { z } from "zod";
import { presets } from "../membership/types.ts";
import { consistency, requestToken } from "../scenario/schema/terms.ts";
import { settingsSchema } from "../replication/settings.ts";
import type { RecordedEvent } from "../trace/event.ts";
import { type StudioResults, studioSchemas } from "./studio.ts";
import {
  diskLabelSchema,
  fileDamageSchema,
  liveDiskFaultSchema,
  type NodeStorage,
  type RecordView,
  storageSettingsSchema,
} from "./storage.ts";
import {
  clockStoreKinds,
  type LabState,
  linkSettingsSchema,
  nodeIdSchema,
  partitionKinds,
  type SessionInfo,
} from "./state.ts";

const empty = z.object({});
const node = z.object({ node: nodeIdSchema });
const textSchema = z
  .string()
  .refine((text) => text.isWellFormed(), "It holds half a character (a lone surrogate): send whole text.");
const keySchema = textSchema.min(1);
const quorum = {
  n: z.number().int().optional(),
  r: z.number().int().optional(),
  w: z.number().int().optional(),
};
const contextSchema = z.record(z.string(), z.number().int().positive());
/** Of any data command. */
const asked = {
  ...quorum,
  sloppy: z.boolean().optional(),
  consistency: consistency.optional(),
  /** Of the answer before, as it was: what a causal request must not fall behind. */
  session: z
    .string()
    .regex(/^[\w.-]+$/, "A session is sent back as an answer gave it.")
    .max(12_000)
    .optional(),
};
/** Of a write. */
const written = { ...asked, context: contextSchema.optional(), token: requestToken.optional() };
const session = z.object({ session: z.string() });
const linkPair = { from: nodeIdSchema, to: nodeIdSchema };

/** Parameters of every command. */
export const commandSchemas = {
  "lab.state": empty,
  /** Ends this cluster and its session and starts a fresh one. */
  "cluster.new": z.object({
    nodes: z.number().int().min(1).max(32),
    preset: z.enum(presets),
    n: z.number().int().min(1).optional(),
    r: z.number().int().min(1).optional(),
    w: z.number().int().min(1).optional(),
    /** Settings of replication that differ from the usual ones; times in milliseconds. */
    replication: settingsSchema(z.number().min(0)).optional(),
    clockStore: z.enum(clockStoreKinds).optional(),
    /** How every node keeps what it knows; what is absent is as the lab was started with. */
    storage: storageSettingsSchema.partial().optional(),
  }),
  "node.kill": node,
  "node.pause": node,
  "node.resume": node,
  "node.stop": node,
  /** Starts a node that is not running; one that runs is killed first. `clock: "lose"` starts it without its clock. */
  "node.restart": z.object({
    node: nodeIdSchema,
    clock: z.enum(["keep", "lose"]).optional(),
    clockStore: z.enum(clockStoreKinds).optional(),
    /** What is absent stays as it was. */
    storage: storageSettingsSchema.partial().optional(),
  }),
  "node.add": empty,
  /** Leaves gracefully when it runs, then is taken out of the cluster and the lab. */
  "node.remove": node,
  /** Deletes the data directory of a node that is not running. Cannot be undone. */
  "node.wipe": node,
  /** Of a node that does not run, it is read from the files, and nothing is changed. */
  "node.storage": node,
  /** Records of one file or table of the log, as `StorageView.log.segments` names it, in the order they lie there. */
  "node.records": z.object({
    node: nodeIdSchema,
    file: z.string(),
    /** Only those at a greater offset, and with the same one a greater ordinal: `next` of the page before. */
    after: z.object({ offset: z.number().int(), ordinal: z.number().int() }).optional(),
    limit: z.number().int().min(1).max(1_000),
  }),
  /** A fault of a running node's disk. "heal" ends those there are; nothing undoes a power cut. */
  "disk.fault": z.object({ node: nodeIdSchema, fault: liveDiskFaultSchema }),
  /** Undo puts the bytes back as long as nobody has written there since. */
  "disk.damage": z.object({ node: nodeIdSchema, damage: fileDamageSchema }),
  /** Keeps the data directory as it is now; a running process stands still meanwhile. */
  "disk.copy": z.object({ node: nodeIdSchema, label: diskLabelSchema.optional() }),
  /** A copy takes the place of the data directory of a node that is not running; what was there is set aside. */
  "disk.putBack": z.object({ node: nodeIdSchema, label: diskLabelSchema }),
  "link.set": z.object({ ...linkPair, settings: linkSettingsSchema.partial() }),
  /**
   * Cuts links. `groups` for custom (each a side) and optional for the others; `node` names the one to isolate, to
   * bridge over, or whose outgoing links go one-way dead. Replaces the partition there is.
   */
  "partition.make": z.object({
    kind: z.enum(partitionKinds),
    node: nodeIdSchema.optional(),
    groups: z.array(z.array(nodeIdSchema)).optional(),
  }),
  /** Unblocks every link. With `all`, latency, loss, duplication and reordering end too. */
  "partition.heal": z.object({ all: z.boolean().optional() }),
  undo: empty,
  "data.put": z.object({
    node: nodeIdSchema,
    key: keySchema,
    value: textSchema,
    ...written,
  }),
  "data.get": z.object({ node: nodeIdSchema, key: keySchema, ...asked }),
  "data.delete": z.object({ node: nodeIdSchema, key: keySchema, ...written }),
  /** `from` compares the keys that it and `to` both own, and repairs what differs, now. */
  "merkle.compare": z.object(linkPair),
  "load.set": z.object({ running: z.boolean(), opsPerSecond: z.number().min(0.1).max(1000).optional() }),
  note: z.object({ text: z.string().min(1).max(1000) }),
  "session.list": empty,
  /** Keeps the recording so far under a name; recording goes on. */
  "session.save": z.object({ name: z.string().min(1).max(100) }),
  "session.open": session,
  "session.delete": session,
  /** Copies a session file from elsewhere on this machine into the lab's folder, after checking it. */
  "session.import": z.object({ path: z.string() }),
  /** Copies a session to a path outside the lab's folder. */
  "session.export": z.object({ session: z.string(), path: z.string() }),
  /** Events with id > after, at most `limit`, in the order of id. */
  "events.page": z.object({
    session: z.string(),
    after: z.number().int().min(0),
    limit: z.number().int().min(1).max(20_000),
  }),
  ...studioSchemas,
} as const;

export type CommandName = keyof typeof commandSchemas;
export type CommandParams<Name extends CommandName> = z.infer<(typeof commandSchemas)[Name]>;

/** What a data command answers, whatever the HTTP layer between called it. */
export interface DataAnswer {
  readonly key: string;
  /** Live versions: none (absent or deleted), one, or siblings. */
  readonly values: readonly { readonly value: string; readonly dot: string }[];
  /** What a reader is shown of them, where the key's conflict strategy does not show them as they are. */
  readonly shown?: readonly string[];
  /** Why a merge function of one's own made nothing of them. */
  readonly mergeError?: string;
  /** Send this back with the next write to say what was read. */
  readonly context: Readonly<Record<string, number>>;
  readonly coordinator: string;
  readonly replicas: readonly string[];
  readonly successful: readonly string[];
  readonly failed: readonly string[];
  /** Of a causal request: send it back with the next one, through whichever node. */
  readonly session?: string;
  /** It had been carried out before under its token, and was not again. */
  readonly repeated?: true;
  readonly latencyMs: number;
}

type NodeCommand =
  | "node.kill"
  | "node.pause"
  | "node.resume"
  | "node.stop"
  | "node.restart"
  | "node.remove"
  | "node.wipe"
  | "disk.fault"
  | "disk.damage"
  | "disk.putBack";

export interface CommandResults extends Record<NodeCommand, Record<string, never>>, StudioResults {
  "lab.state": LabState;
  "cluster.new": Record<string, never>;
  "node.add": { node: string };
  "node.storage": NodeStorage;
  /** `next` is null after the last record. */
  "node.records": { records: RecordView[]; next: { offset: number; ordinal: number } | null };
  "disk.copy": { label: string };
  "link.set": Record<string, never>;
  "partition.make": Record<string, never>;
  "partition.heal": Record<string, never>;
  /** What was taken back; null when there was nothing. */
  undo: { undone: string | null };
  "data.put": DataAnswer;
  "data.get": DataAnswer;
  "data.delete": DataAnswer;
  /** The exchange that began, by which its events are found; null when the node did not name it. */
  "merkle.compare": { exchange: string | null };
  "load.set": Record<string, never>;
  note: Record<string, never>;
  "session.list": { sessions: SessionInfo[] };
  "session.save": SessionInfo;
  "session.open": SessionInfo;
  "session.delete": Record<string, never>;
  "session.import": SessionInfo;
  "session.export": { path: string };
  "events.page": { events: RecordedEvent[]; /** Highest id in the session now. */ last: number };
}

/** What a host pushes, unasked. */
export interface LabEvents {
  state: LabState;
  /** Newly recorded events of the live session, in the order of id, without gaps for a window that stays connected. */
  events: { session: string; events: RecordedEvent[] };
  /** Something a person should know that is no answer to a command. */
  notice: { level: "info" | "warning" | "error"; text: string };
}
export type LabEventName = keyof LabEvents;

/** The lab, from whichever side of whichever transport. Every transport implements exactly this. */
export interface LabConnection {
  /** Rejects with LabError, "timed_out" included: no wait is without end. */
  call<Name extends CommandName>(name: Name, params: CommandParams<Name>): Promise<CommandResults[Name]>;
  /** Returns the function that ends the subscription. */
  on<Name extends LabEventName>(name: Name, listener: (payload: LabEvents[Name]) => void): () => void;
  /** Called with false when the connection is lost and with true when it is back. */
  onConnected(listener: (connected: boolean) => void): () => void;
  close(): void;
}

/** Frames every message-passing transport carries: structured-clonable and MessagePack-able. */
export type ClientFrame = { readonly id: number; readonly command: CommandName; readonly params: unknown };
export type HostFrame =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { code: string; message: string; definite: boolean } }
  | { readonly event: LabEventName; readonly payload: unknown };
