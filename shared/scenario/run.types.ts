/**
 * Between a scenario and the world it is played in. The interpreter (./run.ts) is a state machine like the replica:
 * inputs in, actions out, no clock, no chance but its seed, so the same scenario plays on real processes and in the
 * simulator. Times are milliseconds since the cluster was ready.
 */
import type { Act } from "../broadcast/types.ts";
import type { Outcome } from "../checks/types.ts";
import type { KeyState } from "../clock/dotted.ts";
import type { Key, NodeId, RequestId, TimeMs } from "../ids.ts";
import type { Claim } from "../membership/types.ts";
import type { Consistency, DataOperation, Quorum, Session } from "../replication/types.ts";
import type { VectorClock } from "../clock/vector-clock.ts";
import type { Json, RecordedEvent } from "../trace/event.ts";
import type { Action } from "./schema.ts";

/** A client's request, numbered from 1 in the order of invocation. The world answers it once, with `returned`. */
export interface ClientCall {
  readonly id: number;
  readonly client: string;
  readonly node: NodeId;
  readonly request:
    | {
        readonly kind: "data";
        readonly op: DataOperation;
        readonly key: Key;
        readonly value?: string;
        readonly context?: VectorClock;
        readonly quorum: Partial<Quorum>;
        readonly sloppy?: boolean;
        readonly token?: string;
        readonly consistency?: Consistency;
        /** Of a causal request: what its client was last given, by whichever node; absent in its first one. */
        readonly session?: ClientSession;
      }
    | { readonly kind: "act"; readonly act: Act };
}

/** As its world hands it out: sealed by a real node, plain in the simulator. */
export type ClientSession = Session | string;

export type CallAnswer =
  | {
      readonly ok: true;
      /** Live values of the key. */
      readonly values: readonly string[];
      /** Dots "node:counter" of all versions, tombstones included; of a put or delete: of what was written. */
      readonly dots: readonly string[];
      readonly context: VectorClock;
      /** Of a causal request: the session after it. */
      readonly session?: ClientSession;
      /** It had been carried out before under its token, and was not again. */
      readonly repeated?: true;
      /** Of mint. */
      readonly minted?: string;
      readonly request?: RequestId;
    }
  /** `definite`: it certainly had no effect. A node that is down refuses definitely; a broken connection does not. */
  | { readonly ok: false; readonly definite: boolean; readonly code: string; readonly message: string };

/** Acts of the lab, a flap as the links it turns into, one at a time per id; the world says `done` when it has taken effect, or why it could not. */
export type FaultAction = Exclude<
  Action,
  {
    readonly name:
      | "put"
      | "get"
      | "delete"
      | "fill"
      | "local"
      | "tell"
      | "broadcast"
      | "mint"
      | "snapshot"
      | "flap";
  }
>;

export type RunOutput =
  | { readonly kind: "call"; readonly call: ClientCall }
  | { readonly kind: "fault"; readonly id: number; readonly action: FaultAction }
  /** A step begins; the world records it on the lab's lane as event "step" with these as detail. No answer. */
  | { readonly kind: "step"; readonly number: number; readonly of: number; readonly words: string }
  /** Show all nodes now; answered with `observed`. A simulated world also keeps the disks, under `label`, for old-disk. */
  | { readonly kind: "observe"; readonly id: number; readonly label: string };

export type RunInput =
  | { readonly kind: "tick" }
  /** Everything that is recorded, in the order of id. */
  | { readonly kind: "events"; readonly events: readonly RecordedEvent[] }
  | { readonly kind: "returned"; readonly call: number; readonly answer: CallAnswer }
  | { readonly kind: "done"; readonly id: number; readonly error?: string }
  | { readonly kind: "observed"; readonly id: number; readonly views: readonly NodeView[] }
  /** The world itself has failed; the run is over and its verdict unknown. */
  | { readonly kind: "broken"; readonly why: string };

/** What one node shows when it is asked; not running: only its name. */
export interface NodeView {
  readonly node: NodeId;
  readonly running: boolean;
  readonly members: readonly Pick<Claim, "node" | "status" | "incarnation">[];
  /** Nodes on its ring. */
  readonly ring: readonly NodeId[];
  readonly virtualNodes: number;
  /** Every key it holds. */
  readonly keys: readonly (readonly [Key, KeyState])[];
}

/** One client operation of the run, as it goes into history.jsonl. Outcome "unknown" while under way. */
export interface CallRecord {
  readonly call: ClientCall;
  readonly as: string | null;
  readonly invokedAt: TimeMs;
  /** Positions in the one order of invocations and returns; Infinity while under way. */
  readonly invoked: number;
  readonly returned: number;
  readonly returnedAt: TimeMs | null;
  readonly outcome: Outcome;
  readonly answer: CallAnswer | null;
}

/** All that expectations are judged on. */
export interface RunRecord {
  /** In the order of id. */
  readonly events: readonly RecordedEvent[];
  readonly calls: readonly CallRecord[];
  readonly snapshots: ReadonlyMap<string, readonly NodeView[]>;
  /** As of the end. */
  readonly final: readonly NodeView[];
  /** When each labelled act of the lab was carried out is in the events: its lane is "lab". */
  readonly nodes: readonly NodeId[];
}

export interface ExpectationResult {
  /** The expectation in words: "C receives m2 before m1". */
  readonly words: string;
  readonly verdict: "holds" | "violated" | "unknown";
  /** What was found, one sentence. */
  readonly found: string;
  /** Events that prove it, by id in the record. */
  readonly proof: readonly number[];
  readonly detail?: Json;
}

export interface RunVerdict {
  readonly verdict: "holds" | "violated" | "unknown";
  readonly results: readonly ExpectationResult[];
  /** Why the run ended early; null when it ran to its end. */
  readonly broken: string | null;
}
