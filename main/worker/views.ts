/** The read-only answers of the HTTP API: what this node knows and believes, in the shapes of the API. */
import type { Member } from "../../shared/membership/types.ts";
import type { Key, NodeId } from "../../shared/ids.ts";
import { asKey } from "../../shared/ids.ts";
import { formatDot, liveVersions } from "../../shared/clock/dotted.ts";
import type { Replica } from "../../shared/replica/replica.ts";
import type { MemberStatus } from "../../shared/trace/names.ts";
import { membershipOf, type NodeOptions } from "./options.ts";

export interface Subject {
  readonly options: NodeOptions;
  readonly node: NodeId;
  readonly address: string;
  readonly life: number;
  readonly replica: Replica;
}

/** "1s", "300ms", "1.5s". */
function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)}ms` : `${Math.round(ms) / 1000}s`;
}

/** The API's word for a status. */
const apiStatus: Readonly<Record<MemberStatus, string>> = {
  alive: "alive",
  suspect: "suspected",
  dead: "dead",
  left: "left",
};

function countStatuses(members: readonly Member[]): Record<MemberStatus, number> {
  const counts = { alive: 0, suspect: 0, dead: 0, left: 0 };
  for (const { status } of members) counts[status] += 1;
  return counts;
}

export function statusesOf({ replica }: Subject): [string, number][] {
  const counts = countStatuses(replica.members());
  return (Object.keys(counts) as MemberStatus[]).map((status) => [apiStatus[status], counts[status]]);
}

export function gossipStatus({ node, options, replica }: Subject) {
  const members = replica.members();
  const counts = countStatuses(members);
  const config = membershipOf(options);
  const suspicion = config.suspicionMult * Math.max(1, Math.log10(members.length)) * config.probeInterval;
  return {
    gossip_status: {
      current_node: node,
      cluster_size: members.length - counts.left,
      alive_nodes: counts.alive,
      suspected_nodes: counts.suspect,
      dead_nodes: counts.dead,
      left_nodes: counts.left,
      active_rumors: replica.rumours().length,
      incarnation: replica.incarnation,
      local_health: replica.localHealth,
      enabled: options.gossip,
    },
    config: {
      preset: options.preset,
      gossip_interval: duration(config.gossipInterval),
      probe_interval: duration(config.probeInterval),
      probe_timeout: duration(config.probeTimeout),
      suspicion_timeout: duration(suspicion),
    },
  };
}

export function gossipMembers({ replica }: Subject) {
  const members = replica.members();
  return {
    cluster_members: Object.fromEntries(
      members.map((member) => [
        member.node,
        {
          node_id: member.node,
          address: member.address,
          status: apiStatus[member.status],
          last_seen: member.lastSeen === 0 ? null : new Date(member.lastSeen).toISOString(),
          heartbeat_seq: member.heartbeat,
          incarnation: member.incarnation,
          failures: member.failures,
          status_since: new Date(member.changedAt).toISOString(),
        },
      ]),
    ),
    total_members: members.length,
    alive_members: countStatuses(members).alive,
  };
}

export function gossipRumours({ replica }: Subject) {
  const rumours = replica.rumours();
  return {
    active_rumors: rumours.length,
    rumors: rumours.map(({ claim, transmissions, limit }) => ({
      node_id: claim.node,
      address: claim.address,
      status: apiStatus[claim.status],
      incarnation: claim.incarnation,
      from: claim.from,
      transmissions,
      limit,
    })),
  };
}

export function vectorClock({ node, replica }: Subject, limit: number) {
  return {
    node_id: node,
    vector_clock: { clocks: replica.clock },
    event_log: {
      events: replica
        .operations()
        .slice(-limit)
        .map(({ id, op, key, value, clock, hash, at, node }) => ({
          id,
          type: op,
          key,
          value,
          vector_clock: { clocks: clock },
          causal_hash: hash,
          timestamp: Math.floor(at / 1000),
          node_id: node,
        })),
    },
    conflicts: replica.conflicts().map((key) => conflict(replica, key)),
  };
}

function conflict(replica: Replica, key: Key) {
  const state = replica.keys.get(key)!;
  return {
    key,
    values: liveVersions(state).map(({ value }) => value),
    dots: liveVersions(state).map(({ dot }) => formatDot(dot)),
    context: state.context,
  };
}

/** A page of what this node stores, in the order of the keys: each with its whole state, tombstones included. */
export function keys({ node, replica }: Subject, after: string | null, limit: number) {
  const names = [...replica.keys.keys()].filter((key) => after === null || key > after).toSorted(inOrder);
  const shown = names.slice(0, limit);
  return {
    node_id: node,
    keys: shown.map((key) => {
      const { context, versions } = replica.keys.get(key)!;
      return {
        key,
        context,
        versions: versions.map(({ dot, value, at }) => ({ dot: formatDot(dot), value, at })),
      };
    }),
    /** What to ask for next; null at the end. */
    next: names.length > limit ? shown.at(-1)! : null,
  };
}

const inOrder = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** The whole ring; with a key, also where it lies and who owns it. */
export function ring({ node, options, replica }: Subject, key: string | null) {
  const { ring } = replica;
  const located =
    key === null
      ? {}
      : { key, position: ring.position(asKey(key)), responsible_nodes: replica.owners(asKey(key)) };
  return {
    node_id: node,
    virtual_nodes: ring.virtualNodes,
    replication_factor: options.n,
    ...located,
    nodes: Object.fromEntries(
      ring.nodes.map((name) => [name, { virtual_nodes: ring.virtualNodes, share: ring.share(name) }]),
    ),
    points: ring.points.map(({ position, node }) => ({ position, node })),
  };
}

/** Everybody's part in the ring, as this node knows it, and the moves that it carries out itself. */
export function topology({ node, replica }: Subject) {
  const { epoch, nodes, moves } = replica.topology;
  return {
    node_id: node,
    epoch,
    settled: replica.isSettled,
    nodes: Object.fromEntries(
      nodes.map((each) => [each.node, { phase: each.phase, version: each.version, moved_by: each.by }]),
    ),
    moves: moves.map(({ about, kind, phase, keys, waitingFor }) => ({
      about,
      kind,
      phase,
      ...(keys === undefined ? {} : { keys_received: keys }),
      waiting_for: waitingFor,
    })),
  };
}

export function status(subject: Subject) {
  const { node, address, life, options, replica } = subject;
  return {
    node_id: node,
    address,
    cluster: options.cluster,
    status: replica.hasLeft ? "left" : "alive",
    started_at: new Date(life).toISOString(),
    uptime: duration(Date.now() - life),
    pid: process.pid,
    preset: options.preset,
    quorum: { n: options.n, r: options.r, w: options.w },
    clock_store: options.clockStore,
    keys: replica.keys.size,
    conflicts: replica.conflicts().length,
    vector_clock: { clocks: replica.clock },
    members: Object.fromEntries(statusesOf(subject)),
  };
}
