/**
 * What the replica draws from its membership: where everybody is reached, whom a restarted node would look for, whom
 * replication may ask. Brought up to date when membership has changed, and asked at every step.
 *
 * Who is there and who counts are two questions. A dead node keeps its place in the ring, or every crash would move keys
 * that the next restart moves back; a new one gets its place step by step. Both is the business of replication/moves.
 */
import type { NodeId } from "../ids.ts";
import type { Membership } from "../membership/membership.ts";
import type { Claim, Destination, Member } from "../membership/types.ts";
import type { Placements } from "../replication/moves/placements.ts";
import type { Records } from "../replication/moves/records.ts";
import type { ClusterView } from "../replication/types.ts";

export class Topology {
  readonly #node: NodeId;
  #present: readonly NodeId[];
  #inReach: readonly NodeId[] = [];
  #destinations = new Map<NodeId, Destination>();
  /** The members last made durable, as text. */
  #kept = "";

  constructor(node: NodeId) {
    this.#node = node;
    this.#present = [node];
  }

  /** All that have not left, this node included, by name. */
  get present(): readonly NodeId[] {
    return this.#present;
  }

  /** Members alive or suspected but this node, by name. */
  get inReach(): readonly NodeId[] {
    return this.#inReach;
  }

  destination(node: NodeId): Destination | undefined {
    return this.#destinations.get(node);
  }

  /** Members come sorted by name. Returns those that are in reach now and were not before. */
  update(members: readonly Member[]): NodeId[] {
    this.#destinations = new Map(members.map(({ node, address }) => [node, { node, address }]));
    this.#present = members.filter(({ status }) => status !== "left").map(({ node }) => node);
    const before = new Set(this.#inReach);
    this.#inReach = members
      .filter(({ node, status }) => node !== this.#node && (status === "alive" || status === "suspect"))
      .map(({ node }) => node);
    return this.#inReach.filter((node) => !before.has(node));
  }

  /** The members to make durable; null when none came, left or moved since they were last asked for. */
  takeChanged(members: readonly Member[]): Claim[] | null {
    const from = this.#node;
    const others = members.filter(({ node }) => node !== from);
    const text = others.map(({ node, address, status }) => `${node} ${address} ${status === "left"}`).join();
    if (text === this.#kept) return null;
    this.#kept = text;
    return others.map(({ node, address, status, incarnation }) => ({
      node,
      address,
      status,
      incarnation,
      from,
    }));
  }
}

/** The cluster as replication sees it: always that of now. Whoever has a place was met by somebody: no rumour yet. */
export function viewOf(
  membership: Membership,
  records: Records,
  placements: Placements,
  behind: (from: NodeId) => void,
): ClusterView {
  const isAnnounced = (node: NodeId) => (records.get(node)?.phase ?? "left") !== "left";
  return {
    get ring() {
      return placements.everybody;
    },
    placement: (key, n) => placements.of(key, n),
    behind: (_epoch, from) => behind(from),
    status: (node) => membership.member(node)?.status ?? (isAnnounced(node) ? "alive" : undefined),
  };
}
