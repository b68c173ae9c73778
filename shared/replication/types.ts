/** Client operations, what replicas say to each other to serve them, and what the coordinator needs of its owner. */
import type { RarePaths } from "../buggify.ts";
import type { KeyState } from "../clock/dotted.ts";
import type { VectorClock } from "../clock/vector-clock.ts";
import type { Key, MessageId, NodeId, RequestId, TimeMs } from "../ids.ts";
import type { Member } from "../membership/types.ts";
import type { Ring } from "../ring/ring.ts";

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
}

/** The reply to a client. Field names follow the HTTP shapes of D9 only at the HTTP boundary. */
export interface OperationResult {
  readonly op: DataOperation;
  readonly key: Key;
  readonly state: KeyState;
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
}

export type OperationErrorCode =
  | "quorum_not_met"
  | "timed_out"
  | "bad_quorum"
  /** The context cannot have come from this cluster. */
  | "bad_context"
  | "unavailable"
  | "leaving";

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

export type ReplicationMessage =
  /** From the node a client spoke to, when it owns no replica of the key, to the first live owner. */
  | { readonly kind: "FORWARD"; readonly request: ClientRequest }
  | {
      readonly kind: "FORWARD_REPLY";
      readonly request: RequestId;
      readonly op: DataOperation;
      readonly key: Key;
      readonly outcome: OperationOutcome;
    }
  /** Merge this state into your copy, make it durable, then acknowledge. */
  | {
      readonly kind: "REPLICATE";
      readonly request: RequestId;
      readonly op: DataOperation;
      readonly key: Key;
      readonly state: KeyState;
      readonly origin: NodeId;
      readonly replicas: readonly NodeId[];
    }
  | {
      readonly kind: "REPLICATE_ACK";
      readonly request: RequestId;
      readonly op: DataOperation;
      readonly key: Key;
    }
  | { readonly kind: "READ"; readonly request: RequestId; readonly key: Key }
  | { readonly kind: "READ_REPLY"; readonly request: RequestId; readonly key: Key; readonly state: KeyState }
  /** Keys that the receiver now owns, pushed when the ring changed. At most `handoverKeysMax` a message. */
  | {
      readonly kind: "HANDOVER";
      readonly batch: number;
      readonly items: readonly (readonly [Key, KeyState])[];
    }
  | { readonly kind: "HANDOVER_ACK"; readonly batch: number };

/** One entry of the node's durable log: enough to rebuild the store by applying them in order (H3). */
export interface LogEntry {
  readonly index: number;
  /** Topology or leader term; 0 until something has terms. */
  readonly term: number;
  readonly op: DataOperation | "repair" | "handover";
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

export interface ReplicationConfig extends Quorum {
  /** A coordinator gives up on its replicas after this long. */
  readonly requestTimeout: TimeMs;
}

/** The cluster as this node believes it to be at this moment. */
export interface ClusterView {
  readonly ring: Ring;
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
  /** Makes a key's new state durable before anything else of this step leaves. */
  append(entry: Omit<LogEntry, "index" | "clock" | "at">): void;
  send(to: NodeId, message: ReplicationMessage, about: About): MessageId;
  /** Answers a client of this node and emits "reply". */
  reply(request: RequestId, about: About, outcome: OperationOutcome): void;
  readonly rare: RarePaths;
  /** One more line of this node's operation log. */
  logged(item: OperationLogItem): void;
}
