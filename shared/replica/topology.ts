/**
 * What the replica draws from its membership: who is on the ring, where everybody is reached, whom a restarted node
 * would look for. Brought up to date when membership has changed, and asked at every step.
 *
 * The ring holds every member that has not left: a dead node keeps its place, or every crash would move keys that the
 * next restart moves back.
 */
import type { NodeId } from "../ids.ts";
import type { Membership } from "../membership/membership.ts";
import type { Claim, Destination, Member } from "../membership/types.ts";
import type { ClusterView } from "../replication/types.ts";
import { Ring } from "../ring/ring.ts";

export class Topology {
  readonly #node: NodeId;
  #ring: Ring;
  #present: readonly NodeId[];
  #destinations = new Map<NodeId, Destination>();
  /** The members last made durable, as text. */
  #kept = "";

  constructor(node: NodeId, members: readonly Claim[], virtualNodes: number) {
    this.#node = node;
    this.#present = [node];
    const onRing = members.filter(({ status }) => status !== "left").map((claim) => claim.node);
    this.#ring = Ring.of([node, ...onRing], virtualNodes);
  }

  get ring(): Ring {
    return this.#ring;
  }

  /** All that have not left, this node included, by name. */
  get present(): readonly NodeId[] {
    return this.#present;
  }

  destination(node: NodeId): Destination | undefined {
    return this.#destinations.get(node);
  }

  /** Members come sorted by name. */
  update(members: readonly Member[]): void {
    this.#destinations = new Map(members.map(({ node, address }) => [node, { node, address }]));
    this.#present = members.filter(({ status }) => status !== "left").map(({ node }) => node);
    const { nodes, virtualNodes } = this.#ring;
    const isSame =
      nodes.length === this.#present.length && nodes.every((node, i) => node === this.#present[i]);
    if (!isSame) this.#ring = Ring.of(this.#present, virtualNodes);
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

const nobody: readonly NodeId[] = Object.freeze([]);

/** The cluster as replication sees it: always that of now. */
export function viewOf(topology: Topology, membership: Membership): ClusterView {
  return {
    get ring() {
      return topology.ring;
    },
    placement: (key, n) => ({ owners: topology.ring.owners(key, n), pending: nobody, epoch: 0 }),
    status: (node) => membership.member(node)?.status,
  };
}
