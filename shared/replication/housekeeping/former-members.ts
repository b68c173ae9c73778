/**
 * Entries of nodes that left for good, in this node's own stamps.
 *
 * Unlike those in the context of a key they need nobody's agreement. Nothing is decided by comparing stamps, so one that
 * was cut short can hide no write; it only has to be read rightly (see shared/replica/stamps). An entry goes when its
 * node has not been on the ring for a tombstone's lifetime, and returns with the node.
 */
import type { VectorClock } from "../../clock/vector-clock.ts";
import type { NodeId, TimeMs } from "../../ids.ts";
import type { About, ClusterView, ReplicationConfig, ReplicationEffects, ReplicationPart } from "../types.ts";

/** Entries are looked at so many times in a lifetime, for those that others still bring. */
const looksPerLifetime = 4;

const internal: About = { op: "internal" };

interface StampEntries {
  readonly stamp: VectorClock;
  readonly retired: VectorClock;
  retire(nodes: readonly NodeId[]): void;
  restore(nodes: readonly NodeId[]): void;
}

export interface FormerMembersOptions {
  readonly node: NodeId;
  readonly config: ReplicationConfig;
  readonly view: ClusterView;
  readonly stamps: StampEntries;
  readonly now: TimeMs;
}

export class FormerMembers implements ReplicationPart {
  readonly kinds = [] as const;
  readonly #node: NodeId;
  readonly #view: ClusterView;
  readonly #stamps: StampEntries;
  readonly #lifetime: TimeMs;
  /** Nodes with an entry and without a place on the ring, and since when. */
  readonly #goneSince = new Map<NodeId, TimeMs>();
  #lookAt: TimeMs | null = null;

  constructor({ node, config, view, stamps, now }: FormerMembersOptions) {
    this.#node = node;
    this.#view = view;
    this.#stamps = stamps;
    this.#lifetime = config.tombstoneLifetime;
    this.ringChanged(now);
  }

  /** Null for a node by itself: nobody could bring it an entry. */
  get deadline(): TimeMs | null {
    return this.#lookAt;
  }

  receive(): void {
    throw new Error("nobody writes to this part");
  }

  /** The view's ring has just changed. */
  ringChanged(now: TimeMs): void {
    const { nodes } = this.#view.ring;
    const present = new Set<string>([this.#node, ...nodes]);
    const back = Object.keys(this.#stamps.retired).filter((node) => present.has(node));
    if (back.length > 0) this.#stamps.restore(back as NodeId[]);
    for (const node of this.#goneSince.keys()) if (present.has(node)) this.#goneSince.delete(node);
    for (const name of Object.keys(this.#stamps.stamp)) {
      const node = name as NodeId;
      if (!present.has(node) && !this.#goneSince.has(node)) this.#goneSince.set(node, now);
    }
    const isAlone = nodes.length <= 1 && this.#goneSince.size === 0;
    this.#lookAt = isAlone ? null : now + this.#lifetime / looksPerLifetime;
  }

  tick(fx: ReplicationEffects): void {
    if (this.#lookAt === null || fx.now < this.#lookAt) return;
    this.ringChanged(fx.now);
    const isLong = ([, since]: readonly [NodeId, TimeMs]) => since + this.#lifetime <= fx.now;
    const nodes = [...this.#goneSince].filter(isLong).map(([node]) => node);
    if (nodes.length === 0) return;
    for (const node of nodes) this.#goneSince.delete(node);
    this.#stamps.retire(nodes);
    fx.local("pruned", internal, { nodes: nodes.sort(), keys: [] });
  }
}
