/**
 * The key ranges of this node and their trees, kept in step with its ring.
 *
 * Ranges follow from the ring: two nodes with different rings cut the keys differently, and would take every key that
 * only one of them counts to a range for a difference. So each comparison names its ring, and one with another is put off.
 */
import type { Key, NodeId } from "../../ids.ts";
import { asKey } from "../../ids.ts";
import { MerkleForest, type Place } from "../../merkle/forest.ts";
import { emptyHash, hashOfHashes } from "../../merkle/tree.ts";
import type { KeyStore } from "../key-store.ts";
import type { ClusterView } from "../types.ts";

export interface KeyRangesOptions {
  readonly node: NodeId;
  /** Replicas of a key. */
  readonly n: number;
  readonly view: ClusterView;
  readonly store: KeyStore;
  /** This key is held and not owned. */
  readonly strayed: (key: Key) => void;
}

/** Any key: all are placed by the same topology. */
const someKey = asKey("");

export class KeyRanges {
  readonly forest: MerkleForest;
  readonly #options: KeyRangesOptions;
  /** The nodes that count, in the order of a walk of the ring: one list for as long as the ring stands. */
  #walk: readonly NodeId[];
  #nodes: readonly NodeId[];
  #fingerprint: string | null = null;
  /** Of each list of owners met, the name of the range; null where this node is none of them. */
  #names = new WeakMap<readonly NodeId[], { readonly range: string | null }>();

  constructor(options: KeyRangesOptions) {
    const { store, strayed } = options;
    this.#options = options;
    this.#walk = this.#presentWalk;
    this.#nodes = this.#walk.toSorted();
    this.forest = new MerkleForest({ keys: store.all, place: (key) => this.#place(key), strayed });
    store.watch((key) => this.forest.changed(key));
  }

  /** Those that own keys, sorted. A node on its way into the ring does not yet. */
  get nodes(): readonly NodeId[] {
    return this.#nodes;
  }

  /** False: the ring has moved and `followRing` not yet been called. */
  get isOnRing(): boolean {
    return this.#presentWalk === this.#walk;
  }

  /** True when the ring has moved since the last call, and every key has to be placed anew. */
  followRing(): boolean {
    if (this.isOnRing) return false;
    this.#walk = this.#presentWalk;
    const nodes = this.#walk.toSorted();
    if (nodes.join() === this.#nodes.join()) return false;
    this.#nodes = nodes;
    this.#fingerprint = null;
    this.#names = new WeakMap();
    this.forest.rebuild();
    return true;
  }

  /** Equal on nodes that place every key alike. */
  get fingerprint(): string {
    const { n, view } = this.#options;
    return (this.#fingerprint ??= hashOfHashes([`${n}`, `${view.ring.virtualNodes}`, ...this.#nodes]));
  }

  /** The ranges that hold keys here and are the peer's as well, sorted. */
  sharedWith(peer: NodeId): string[] {
    return this.forest.ranges.filter((range) => range.split(separator).includes(peer));
  }

  root(range: string): string {
    return this.hash(range, "");
  }

  hash(range: string, prefix: string): string {
    return this.forest.tree(range)?.hash(prefix) ?? emptyHash;
  }

  isLeaf(range: string, prefix: string): boolean {
    return this.forest.tree(range)?.isLeaf(prefix) ?? true;
  }

  /** One hash over several ranges: of those that hold keys, so that it is equal where one side has never met a range. */
  rootOver(ranges: readonly string[]): string {
    if (ranges.length === 0) return emptyHash;
    return hashOfHashes(ranges.flatMap((range) => [range, this.root(range)]));
  }

  get #presentWalk(): readonly NodeId[] {
    const { view } = this.#options;
    return view.placement(someKey, view.ring.nodes.length).owners;
  }

  #place(key: Key): Place {
    const { view, n, node } = this.#options;
    const { owners } = view.placement(key, n);
    let name = this.#names.get(owners);
    if (!name) {
      name = { range: owners.includes(node) ? owners.toSorted().join(separator) : null };
      this.#names.set(owners, name);
    }
    return { position: view.ring.position(key), range: name.range };
  }
}

/** Between the owners that name a range. No node id contains it. */
const separator = ",";
