/** Client operations, what replicas say to each other to serve them, and what the coordinator needs of its owner. */
import type { RarePaths } from "../buggify.ts";
import type { KeyState } from "../clock/dotted.ts";
import type { VectorClock } from "../clock/vector-clock.ts";
import type { Key, MessageId, NodeId, RequestId, TimeMs } from "../ids.ts";
import type { Member } from "../membership/types.ts";
import type { Ring } from "../ring/ring.ts";
import type { TopologyRecord } from "./moves/records.ts";
import type { ReplicationMessage } from "./messages.ts";
import type { ReplicationSettings } from "./settings.ts";

export interface Quorum {
  /** Replicas of a key. */
  readonly n: number;
  /** Replies a read waits for. */
  readonly r: number;
  /** Durable copies a write waits for. */
  readonly w: number;
}

export type DataOperation = "put" | "get" | "delete";

export interface ClientRequest {
  readonly id: RequestId;
  readonly op: DataOperation;
  readonly key: Key;
  /** Present on put: at most valueBytesMax bytes of UTF-8. */
  readonly value?: string;
  /**
   * What the client had read. Absent: whatever the coordinating replica has seen (sequential writes do not conflict).
   * Empty: nothing, a blind write, concurrent with all there is.
   */
  readonly context?: VectorClock;
  readonly quorum?: Partial<Quorum>;
  /** Sloppy or strict for this request only. */
  readonly sloppy?: boolean;
  /** The client's own name for what it wants done: a retry under the same name is not carried out twice. */
  readonly token?: string;
  /** `eventual` when absent. */
  readonly consistency?: Consistency;
  /** Of a causal request: what its client has read and written so far. */
  readonly session?: Session;
  /** How long a causal read may wait for what its session has seen: at most, and when absent, the request time-out. */
  readonly waitFor?: TimeMs;
}

/**
 * - `eventual`: whatever the quorum knows.
 * - `causal`: never less than the client has seen or done, on whichever node.
 * - `strong`: linearizable; needs consensus.
 */
export type Consistency = "eventual" | "causal" | "strong";

/** Per key, the context a client has met: each later read of the key must descend from it. */
export type Session = Readonly<Record<string, VectorClock>>;

/** The reply to a client. Field names follow the HTTP shapes of D9 only at the HTTP boundary. */
export interface OperationResult {
  readonly op: DataOperation;
  readonly key: Key;
  readonly state: KeyState;
  /** What a reader is shown of it, where that is not simply each live version; see {@link valuesShown}. */
  readonly values?: readonly string[];
  /** The node that coordinated: the first live owner the client's node could reach, often itself. */
  readonly coordinator: NodeId;
  /** The owners of the key in ring order: the preference list. */
  readonly replicas: readonly NodeId[];
  readonly successful: readonly NodeId[];
  readonly failed: readonly NodeId[];
  /** The coordinator's vector clock when it replied. */
  readonly clock: VectorClock;
  /** PUT, GET and DELETE operations this coordinator has logged so far. */
  readonly eventCount: number;
  /** SHA-256, hex: covers this operation and, through its parents, its causal past (D4). */
  readonly hash: string;
  /** Of a causal request: the session after it. */
  readonly session?: Session;
  /** True: the request had been carried out before under its token, and was not again. */
  readonly repeated?: true;
}

export type OperationErrorCode =
  | "quorum_not_met"
  | "timed_out"
  | "bad_quorum"
  /** The context cannot have come from this cluster. */
  | "bad_context"
  | "unavailable"
  | "leaving"
  /** Strong consistency was asked for. */
  | "needs_consensus"
  /** A causal read: no replica in reach has seen what the session has. */
  | "not_yet"
  /** A session that holds more keys than one can carry. */
  | "session_too_large"
  /** The value is not one that the key's conflict strategy can take. */
  | "bad_value"
  /** Too much is concurrent under the key already. */
  | "too_large";

export interface OperationError {
  readonly code: OperationErrorCode;
  /** One sentence: what happened and what to do. */
  readonly message: string;
  /** True: the operation certainly had no effect. False: it may have been, or may still be, carried out. */
  readonly definite: boolean;
  readonly replicas: readonly NodeId[];
  readonly successful: readonly NodeId[];
  readonly failed: readonly NodeId[];
}

export type OperationOutcome =
  | { readonly ok: true; readonly result: OperationResult }
  | { readonly ok: false; readonly error: OperationError };

/** One entry of the node's durable log: enough to rebuild the store by applying them in order (H3). */
export interface LogEntry {
  readonly index: number;
  /** Topology or leader term; 0 until something has terms. */
  readonly term: number;
  readonly op: DataOperation | "repair" | "handover" | "hint" | "anti-entropy" | "prune";
  readonly key: Key;
  /** The key's whole state after this entry: replay is replacement. */
  readonly state: KeyState;
  /** The node that coordinated the write. */
  readonly origin: NodeId;
  readonly replicas: readonly NodeId[];
  /** This node's clock at the entry. */
  readonly clock: VectorClock;
  readonly at: TimeMs;
}

/** A write kept for an owner that could not be reached, by a node that may not even own the key. */
export interface Hint {
  readonly target: NodeId;
  readonly key: Key;
  /** Hints for the same target and key are merged into one. */
  readonly state: KeyState;
  /** By this node's clock for timers: given up after this. */
  readonly expires: TimeMs;
}

/** What replication keeps on disk beside the log. */
export type ReplicationRecord =
  /** Replaces the hint for the same target and key. */
  | { readonly kind: "hint"; readonly hint: Hint }
  | { readonly kind: "hint-done"; readonly target: NodeId; readonly key: Key }
  /** Replaces all that was known of who has which part in the ring. */
  | { readonly kind: "topology"; readonly records: readonly TopologyRecord[] }
  /** Keys whose newest entry has at most this number do not count, until they are dropped or this is null. */
  | { readonly kind: "set-aside"; readonly upTo: number | null }
  /** Others are told that this node's data is gone. */
  | { readonly kind: "rebuild-begun" }
  /** The key is gone from this node, its log entries included: every member has agreed. */
  | { readonly kind: "dropped"; readonly key: Key };

/** One line of GET /api/v1/vector-clock's event log (D4). */
export interface OperationLogItem {
  readonly id: string;
  readonly op: DataOperation;
  readonly key: Key;
  /** What was written, or what a read found: null when nothing, a JSON list when siblings. Long ones are cut off. */
  readonly value: string | null;
  readonly clock: VectorClock;
  readonly hash: string;
  readonly at: TimeMs;
  readonly node: NodeId;
}

export interface ReplicationConfig extends Quorum, ReplicationSettings {
  /** A coordinator gives up on its replicas after this long. */
  readonly requestTimeout: TimeMs;
}

/** Who is asked to keep a key. */
export interface Placement {
  /** The preference list, by the nodes that serve: those whose answers count. */
  readonly owners: readonly NodeId[];
  /**
   * Owners-to-be and owners that were, while the ring moves: each gets every write as well, beyond the quorum, and a
   * write is done only when those in reach have it too (P11). Empty in calm.
   */
  readonly pending: readonly NodeId[];
  /**
   * The preference lists one step of a move away: a write is done when W of each of them have it, too. Between them they
   * name all who are pending. Absent in calm.
   */
  readonly others?: readonly (readonly NodeId[])[];
  /** Owners that lost their data and are being refilled: they take writes and answer no reads. Absent when none is. */
  readonly rebuilding?: readonly NodeId[];
  /** Of the topology this was worked out from; it only grows. 0 until the ring has moved. */
  readonly epoch: number;
}

/** The cluster as this node believes it to be at this moment. */
export interface ClusterView {
  readonly ring: Ring;
  placement(key: Key, n: number): Placement;
  /** `from` has spoken of an epoch that this node has not reached: time to ask for it. */
  behind?(epoch: number, from: NodeId): void;
  /** Undefined for a node never heard of. */
  status(node: NodeId): Member["status"] | undefined;
}

/** Characters of a value that stands in the events of its request and reply; longer ones are left out there. */
export const tracedValueMax = 200;

/** What a message or an event is about: colour, key and request on the timeline. */
export interface About {
  readonly op: DataOperation | "internal" | "membership";
  readonly key?: Key;
  readonly request?: RequestId;
}

/** The detail of an event: names and shapes as in shared/trace/names. */
type EventDetail = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** One part of replication with messages and timers of its own. */
export interface ReplicationPart {
  /** The messages it takes. */
  readonly kinds: readonly ReplicationMessage["kind"][];
  /** No later than the next time something is due; null when nothing waits for time to pass. */
  readonly deadline: TimeMs | null;
  receive(fx: ReplicationEffects, from: NodeId, message: ReplicationMessage, about: About): void;
  tick(fx: ReplicationEffects): void;
}

/** What replication asks of the replica it is part of. The replica stamps, traces, and hands on to its host. */
export interface ReplicationEffects {
  readonly now: TimeMs;
  /** What this node's wall clock shows: for people, never to decide by. */
  readonly wall: TimeMs;
  /** The clock of this node's latest event. */
  readonly clock: VectorClock;
  /** The counter that this node's next event will have, first raised above `floor` if it is not (P1). */
  nextCounter(floor: number): number;
  /** One event of this node by itself. */
  local(name: string, about: About, detail: EventDetail): void;
  /** Number of the newest log entry. */
  readonly logIndex: number;
  /** Makes a key's new state durable before anything else of this step leaves. */
  append(entry: Omit<LogEntry, "index" | "clock" | "at">): void;
  /** Makes this durable likewise. */
  record(record: ReplicationRecord): void;
  send(to: NodeId, message: ReplicationMessage, about: About): MessageId;
  /** Answers a client of this node and emits "reply". */
  reply(request: RequestId, about: About, outcome: OperationOutcome): void;
  readonly rare: RarePaths;
  /** One more line of this node's operation log. */
  logged(item: OperationLogItem): void;
}
