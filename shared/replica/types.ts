/**
 * The boundary of one node's core: what goes in, what comes out.
 *
 * Duties of every host (a process, a simulator):
 * 1. Give inputs one at a time, each with a `now` that never runs backwards within a life.
 * 2. Make an output's `records` durable, and save the clock, before any of its messages and replies leave, and before
 *    any message or reply of a later output leaves. Many outputs may share one commit.
 * 3. If the commit fails, stop: send nothing more, acknowledge nothing more, and never retry it (P33).
 * 4. Number the events (life, seq) in the order they come, and keep them before the messages leave.
 * 5. Give a `tick` no later than `deadline` asks for; an early or extra tick does no harm.
 * 6. Report a peer that cannot be reached as `unreachable` (P22); it need not be exact, and it is not a verdict. Only
 *    what it lists as undelivered must be so: a write is sent to another coordinator when the first cannot have it.
 */
import type { Act, ActAnswer, BroadcastMessage, BroadcastState } from "../broadcast/types.ts";
import type { RarePaths } from "../buggify.ts";
import type { VectorClock } from "../clock/vector-clock.ts";
import type { Key, MessageId, NodeId, RequestId, TimeMs } from "../ids.ts";
import type { KeyState } from "../clock/dotted.ts";
import type { Claim, Destination, MembershipConfig, MembershipMessage } from "../membership/types.ts";
import type {
  ClientRequest,
  Hint,
  LogEntry,
  OperationLogItem,
  OperationOutcome,
  Quorum,
  ReplicationConfig,
  ReplicationRecord,
} from "../replication/types.ts";
import type { TopologyRecord } from "../replication/moves/records.ts";
import type { ReplicationMessage } from "../replication/messages.ts";
import type { ReplicationSettings } from "../replication/settings.ts";
import type { Module } from "../runtime/module.ts";
import type { Call, CallOutcome } from "../runtime/runtime.ts";
import type { Mutation } from "../runtime/types.ts";
import type { TraceEvent } from "../trace/event.ts";

/** Raised with every change of Envelope or of a message; peers of another version are refused in the handshake. */
export const protocolVersion = 3;

export type MessageBody = MembershipMessage | ReplicationMessage | BroadcastMessage;

/** A message as it travels. `clock` is the sender's stamp of the send event. */
export interface Envelope {
  readonly id: MessageId;
  readonly from: NodeId;
  /** The sender's address, so that a node heard of for the first time can be answered. */
  readonly address: string;
  readonly clock: VectorClock;
  readonly body: MessageBody;
}

export interface OutgoingMessage {
  readonly to: Destination;
  readonly envelope: Envelope;
}

export type Input =
  | { readonly kind: "tick" }
  | { readonly kind: "message"; readonly envelope: Envelope }
  /** `undelivered`: messages that certainly never left for there. Others sent to it may still have arrived. */
  | {
      readonly kind: "unreachable";
      readonly to: Destination;
      readonly undelivered: readonly MessageId[];
    }
  | { readonly kind: "request"; readonly request: ClientRequest }
  /** A client asks something of the application; answered in the output of the same step. */
  | { readonly kind: "act"; readonly request: RequestId; readonly act: Act }
  /** A client calls a reducer of this node; answered in the output of the same step, with its mutations as a record. */
  | ({ readonly kind: "call"; readonly request: RequestId } & Call)
  /**
   * Compare with this peer now, or with the one whose turn it is, and repair what differs (POST /api/v1/anti-entropy).
   * `exchange` names the comparison in the trace; every name is used once.
   */
  | { readonly kind: "compare"; readonly exchange: string; readonly peer: NodeId | null }
  /**
   * The node's wall clock shows `now + offset` from this moment, and `driftPpm` microseconds a second more or less. It
   * goes into stamps only; whatever a node waits for, it waits for by `now`.
   */
  | { readonly kind: "wall"; readonly offset: TimeMs; readonly driftPpm: number }
  /** Join through these addresses (POST /gossip/join); those given in the config are tried by themselves. */
  | { readonly kind: "join"; readonly addresses: readonly string[] }
  /** An operator says that this node is gone for good and will not say so itself (POST /gossip/leave with a node_id). */
  | { readonly kind: "evict"; readonly node: NodeId }
  /** Begin a graceful leave: announce it, hand over what can be handed over. `Replica.hasLeft` tells when to stop. */
  | { readonly kind: "leave" }
  /** The host refused a connection; the core puts it into the trace. */
  | { readonly kind: "stranger"; readonly from: string; readonly reason: string };

/** What must be durable before the rest of its output leaves. */
export type DurableRecord =
  | { readonly kind: "entry"; readonly entry: LogEntry }
  | { readonly kind: "incarnation"; readonly incarnation: number }
  /** The members known, so that a restarted node finds the cluster without a seed. */
  | { readonly kind: "members"; readonly members: readonly Claim[] }
  /** The application's clocks and counters. */
  | { readonly kind: "broadcast"; readonly state: BroadcastState }
  /** What a reducer changed: all of them or none. */
  | { readonly kind: "mutations"; readonly mutations: readonly Mutation[] }
  | ReplicationRecord;

/** An event before the host has placed it in its lane. */
export type Emitted = Omit<TraceEvent, "node" | "life" | "seq">;

export interface Output {
  readonly records: readonly DurableRecord[];
  readonly messages: readonly OutgoingMessage[];
  readonly replies: readonly { readonly request: RequestId; readonly outcome: OperationOutcome }[];
  /** To acts. They leave like replies. */
  readonly answers: readonly { readonly request: RequestId; readonly answer: ActAnswer }[];
  /** What became of calls. They leave like replies. */
  readonly calls: readonly { readonly request: RequestId; readonly outcome: CallOutcome }[];
  readonly events: readonly Emitted[];
  /** Operations coordinated here that finished or were stored in this step, for the host to keep (D4). */
  readonly operations: readonly OperationLogItem[];
}

export interface ReplicaConfig {
  readonly node: NodeId;
  readonly address: string;
  /** Start time of this life in whole milliseconds: makes message ids unique over restarts. */
  readonly life: number;
  readonly seeds: readonly string[];
  /** False: a single node that neither probes nor gossips. */
  readonly gossip: boolean;
  readonly virtualNodes: number;
  readonly membership: MembershipConfig;
  /** Settings that are absent are those of `replicationDefaults`. */
  readonly replication: Quorum & Pick<ReplicationConfig, "requestTimeout"> & Partial<ReplicationSettings>;
  /** Name of the host's clock store, shown in the "start" event; "memory" when absent. */
  readonly clockStore?: string;
  /** Seed of the core's only random source. */
  readonly seed: number;
  /** Whose reducers can be called; the built-in ones when absent. */
  readonly modules?: readonly Module[];
  /** `noRarePaths` when absent. Never in a real node. */
  readonly rare?: RarePaths;
}

/** What the host found on disk. A node that starts for the first time gets `nothingRestored`. */
export interface Restored {
  /** Null when the clock store had none. */
  readonly clock: VectorClock | null;
  readonly incarnation: number;
  readonly members: readonly Claim[];
  /** Who has which part in the ring. */
  readonly topology: readonly TopologyRecord[];
  readonly keys: Iterable<readonly [Key, KeyState]>;
  /** Writes kept for others. */
  readonly hints: readonly Hint[];
  readonly logIndex: number;
  /** The newest PUT, GET and DELETE operations of earlier lives, oldest first. */
  readonly operations: readonly OperationLogItem[];
  /** Lives and dies with the clock: null whenever `clock` is. Every host sees to that. */
  readonly broadcast: BroadcastState | null;
  /** When the newest of all this was made durable, by the clock of inputs. Unknown when absent. */
  readonly at?: TimeMs;
  /** Keys that do not count until the core says so, when some were set aside; see replication/moves/set-aside. */
  readonly setAside?: Iterable<readonly [Key, KeyState]>;
  /** Rows that reducers changed, of whatever module. None when absent. */
  readonly tables?: Iterable<Mutation>;
  /**
   * Data was found damaged and dropped; what the node knew of itself was not. It then keeps its place in the ring, and
   * coordinates no write and answers no read until the others have refilled it. False when absent.
   */
  readonly rebuild?: boolean;
}

export const nothingRestored: Restored = {
  clock: null,
  incarnation: 0,
  members: [],
  topology: [],
  keys: [],
  hints: [],
  logIndex: 0,
  operations: [],
  broadcast: null,
};
