/** What membership says to other nodes, what it tells its owner, and what it needs of it. */
import type { NodeId, TimeMs } from "../ids.ts";
import type { MemberStatus } from "../trace/names.ts";

/** One node as another node believes it to be. */
export interface Member {
  readonly node: NodeId;
  /** host:port, one address for peers and clients. */
  readonly address: string;
  readonly status: MemberStatus;
  /** Highest incarnation ever heard for this node, whatever its status (P14). */
  readonly incarnation: number;
  /** When `status` last changed here. */
  readonly changedAt: TimeMs;
  /** When a message of it last arrived here; 0 when never. */
  readonly lastSeen: TimeMs;
  /** Messages of it received here. */
  readonly heartbeat: number;
  /** Consecutive failed probes from here: the health check of D7. 0 while healthy. */
  readonly failures: number;
}

/** What is said about a member: the unit of gossip and of the full exchange at a join. */
export interface Claim {
  readonly node: NodeId;
  readonly address: string;
  readonly status: MemberStatus;
  readonly incarnation: number;
  /** Who says so: counts confirmers of a suspicion (never the originator twice, P21). */
  readonly from: NodeId;
}

/** A claim on its way through the cluster, as GET /gossip/rumors shows it. */
export interface Rumour {
  readonly claim: Claim;
  /** Times it has been sent from here. */
  readonly transmissions: number;
  /** Sends after which it is dropped: retransmitMult × ⌈log10(members + 1)⌉. */
  readonly limit: number;
}

/** Every kind carries rumours piggybacked. Sequence numbers are the sender's own. */
export type MembershipMessage =
  | { readonly kind: "PING"; readonly sequence: number; readonly rumours: readonly Claim[] }
  | { readonly kind: "ACK"; readonly sequence: number; readonly rumours: readonly Claim[] }
  /** Please probe `target` for me and answer with an ACK (or a NACK before my time is up) to `sequence`. */
  | {
      readonly kind: "PING_REQ";
      readonly sequence: number;
      readonly target: NodeId;
      readonly address: string;
      readonly rumours: readonly Claim[];
    }
  | { readonly kind: "NACK"; readonly sequence: number; readonly rumours: readonly Claim[] }
  | { readonly kind: "GOSSIP"; readonly rumours: readonly Claim[] }
  /** Full exchange of views: at a join, then rarely with a random member, a dead one included (P17). */
  | { readonly kind: "JOIN"; readonly members: readonly Claim[] }
  | { readonly kind: "JOIN_REPLY"; readonly members: readonly Claim[] };

/** All times in milliseconds. The names are memberlist's where it has one. */
export interface MembershipConfig {
  readonly probeInterval: TimeMs;
  readonly probeTimeout: TimeMs;
  readonly gossipInterval: TimeMs;
  readonly gossipNodes: number;
  /** Members asked to probe for us when a direct probe fails. */
  readonly indirectProbes: number;
  /** Suspicion lasts suspicionMult × max(1, log10(members)) × probeInterval when fully confirmed … */
  readonly suspicionMult: number;
  /** … and at most this many times longer when nobody confirms (Lifeguard's LHA-Suspicion). */
  readonly suspicionMaxTimeoutMult: number;
  readonly retransmitMult: number;
  /** Upper end of Lifeguard's local health multiplier. */
  readonly awarenessMax: number;
  /** Period of the full exchange with a random member. */
  readonly pushPullInterval: TimeMs;
  /** How often a dead member is tried again (P17). */
  readonly reconnectInterval: TimeMs;
  /** A member that left is forgotten after this long (P23). */
  readonly forgetLeftAfter: TimeMs;
  /** Retry period of a join that found no seed. */
  readonly joinRetryInterval: TimeMs;
}

export const presets = ["lab", "lan", "classroom"] as const;
export type Preset = (typeof presets)[number];

/** A place to send to: a known node, or a bare address while its name is still unknown (a seed). */
export interface Destination {
  readonly node: NodeId | null;
  readonly address: string;
}

/** What membership asks of the replica it is part of. The replica stamps, traces, and hands on to its host. */
export interface MembershipEffects {
  send(to: Destination, message: MembershipMessage): void;
  /** Emits a "member" event (shared/trace/names). */
  changed(member: Member, previous: MemberStatus | null): void;
  /** Makes the own incarnation durable before anything else of this step leaves (P16). */
  persistIncarnation(incarnation: number): void;
  /** Emits a "refute" event. */
  refuted(incarnation: number, was: MemberStatus): void;
}

/** Uniform in [0, 1), from the replica's seed: the only source of chance in the core. */
export type Random = () => number;
