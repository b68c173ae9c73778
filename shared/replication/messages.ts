/** What replicas say to each other. Each part of replication has a union of its own; a node hands a message to its part. */
import type { KeyState } from "../clock/dotted.ts";
import type { VectorClock } from "../clock/vector-clock.ts";
import type { Key, NodeId, RequestId } from "../ids.ts";
import type { AntiEntropyMessage } from "./anti-entropy/messages.ts";
import type { TopologyRecord } from "./moves/records.ts";
import type { ClientRequest, DataOperation, OperationOutcome } from "./types.ts";

export type ReplicationMessage =
  | CoordinationMessage
  | HandoverMessage
  | TopologyMessage
  | HintMessage
  | HousekeepingMessage
  | AntiEntropyMessage;

/** Between the coordinator of a request and the replicas of its key. */
export type CoordinationMessage =
  /** From the node a client spoke to, when it owns no replica of the key, to the first live owner. */
  | { readonly kind: "FORWARD"; readonly request: ClientRequest; readonly epoch: number }
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
      /** The first `n` owners by the sender's placement of this epoch. */
      readonly replicas: readonly NodeId[];
      readonly n: number;
      readonly epoch: number;
      /** Keep it as a hint for this owner, who cannot be reached: the receiver is its stand-in. */
      readonly hintFor?: NodeId;
    }
  | {
      readonly kind: "REPLICATE_ACK";
      readonly request: RequestId;
      readonly op: DataOperation;
      readonly key: Key;
      readonly hintFor?: NodeId;
    }
  | {
      readonly kind: "READ";
      readonly request: RequestId;
      readonly key: Key;
      readonly replicas: readonly NodeId[];
      readonly n: number;
      readonly epoch: number;
      /** The receiver stands in for this owner: its hints are part of its answer. */
      readonly insteadOf?: NodeId;
    }
  | {
      readonly kind: "READ_REPLY";
      readonly request: RequestId;
      readonly key: Key;
      readonly state: KeyState;
      readonly insteadOf?: NodeId;
      /** Writes that are in no state any more because all members have agreed to forget them; absent when none are. */
      readonly forgotten?: VectorClock;
    }
  /** Not done: the ring has moved, and the sender of the request has not heard of it. `epoch` is that of the answer. */
  | {
      readonly kind: "STALE";
      readonly request: RequestId;
      readonly op: DataOperation;
      readonly key: Key;
      readonly epoch: number;
    };

/** Keys that the receiver is to own, pushed while the ring moves. At most `handoverKeysMax` a message. */
type HandoverMessage =
  | {
      readonly kind: "HANDOVER";
      readonly batch: number;
      readonly items: readonly (readonly [Key, KeyState])[];
    }
  | { readonly kind: "HANDOVER_ACK"; readonly batch: number };

/** Who has which part in the ring, and how far a move is. `epoch`: the sender's. */
export type TopologyMessage =
  | { readonly kind: "TOPOLOGY"; readonly epoch: number; readonly records: readonly TopologyRecord[] }
  /** What was told at epoch `of` is durable here. */
  | { readonly kind: "TOPOLOGY_ACK"; readonly of: number; readonly epoch: number }
  /** To the mover: the sender has brought all it held, with `ring` the nodes that count, and this is all it knows. */
  | {
      readonly kind: "HANDOVER_DONE";
      readonly about: NodeId;
      readonly version: number;
      readonly ring: string;
      readonly epoch: number;
      readonly records: readonly TopologyRecord[];
    }
  | {
      readonly kind: "HANDOVER_DONE_ACK";
      readonly about: NodeId;
      readonly version: number;
      readonly ring: string;
      readonly epoch: number;
    };

/** Hints on their way from a stand-in to the owner that could not be reached when they were written. */
export type HintMessage =
  | {
      readonly kind: "HINTS";
      readonly batch: number;
      readonly items: readonly (readonly [Key, KeyState])[];
      /** Keep them for this node instead: the sender is leaving. */
      readonly target?: NodeId;
    }
  | { readonly kind: "HINTS_ACK"; readonly batch: number };

/** A key and the digest of its state. */
export type KeyDigest = readonly [Key, string];

/** Between the node that would tidy up and all members: see housekeeping. `PRUNE` takes out clock entries, `REAP` keys. */
export type HousekeepingMessage =
  | {
      readonly kind: "REAP_ASK" | "PRUNE_ASK";
      readonly batch: number;
      /** Everybody that has not left, by name: who else thinks so may agree. */
      readonly members: readonly NodeId[];
      readonly items: readonly KeyDigest[];
    }
  | {
      readonly kind: "REAP_ANSWER" | "PRUNE_ANSWER";
      readonly batch: number;
      readonly agreed: readonly Key[];
      /** Those of which the answering node holds another state. */
      readonly differing: readonly Key[];
    }
  /** To who holds another state: what the asking node has. Whoever owned a key once is not told of its writes. */
  | { readonly kind: "CATCH_UP"; readonly items: readonly (readonly [Key, KeyState])[] }
  | {
      readonly kind: "REAP" | "PRUNE";
      readonly members: readonly NodeId[];
      readonly items: readonly KeyDigest[];
    };
