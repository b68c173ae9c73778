/**
 * Consistent hashing: which nodes own a key, decided alike by everyone who knows the same members.
 *
 * Placing a key by `hash mod n` moves nearly every key when a node joins: with four nodes and one more, four fifths of
 * them. On a ring each node owns the arcs that end at its points, so a new node takes its arcs and nothing else moves:
 * one fifth, all of it towards the new node. One point a node would make arcs of very unequal length; many points
 * (virtual nodes) even them out, and spread the load of a lost node over all the others.
 *
 * Guarantees: owners are distinct nodes (P12); a node that rejoins has its points once (P13); the ring depends on the
 * set of nodes only, not on the order in which they came; equal positions are ordered by node.
 *
 * Source: Karger et al. 1997, "Consistent Hashing and Random Trees", §4; DeCandia et al. 2007, "Dynamo", §4.2 and 4.3.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { Key, NodeId } from "../ids.ts";

/** Positions on the ring: 0 to ringSize - 1. */
export const ringSize = 2 ** 32;
const defaultVirtualNodes = 150;

/** Positions remembered, so that a busy key is hashed once. */
const positionsMax = 10_000;

export interface RingPoint {
  readonly position: number;
  readonly node: NodeId;
}

/** The first four bytes of the SHA-256 of `text`, big endian. */
function ringPosition(text: string): number {
  const digest = sha256(utf8ToBytes(text));
  return ((digest[0]! << 24) | (digest[1]! << 16) | (digest[2]! << 8) | digest[3]!) >>> 0;
}

function pointsOf(node: NodeId, virtualNodes: number): RingPoint[] {
  return Array.from({ length: virtualNodes }, (_, i) => ({ position: ringPosition(`${node}#${i}`), node }));
}

const inRingOrder = (a: RingPoint, b: RingPoint) =>
  a.position - b.position || (a.node < b.node ? -1 : a.node > b.node ? 1 : 0);

/** Immutable: joining and leaving give a new ring. */
export class Ring {
  readonly virtualNodes: number;
  /** Sorted by name. */
  readonly nodes: readonly NodeId[];
  /** All virtual nodes, clockwise. */
  readonly points: readonly RingPoint[];
  /** Owner lists found so far: by number of owners, then by the point the walk starts from. */
  readonly #walks = new Map<number, (readonly NodeId[] | undefined)[]>();
  readonly #starts: Uint32Array;
  /** Positions of keys do not depend on the nodes, so rings grown from each other share them. */
  readonly #positions: Map<string, number>;

  private constructor(points: readonly RingPoint[], virtualNodes: number, positions: Map<string, number>) {
    this.virtualNodes = virtualNodes;
    this.points = points;
    this.nodes = [...new Set(points.map((point) => point.node))].sort();
    this.#starts = Uint32Array.from(points, (point) => point.position);
    this.#positions = positions;
  }

  static of(nodes: readonly NodeId[], virtualNodes = defaultVirtualNodes): Ring {
    if (!Number.isInteger(virtualNodes) || virtualNodes < 1) {
      throw new RangeError(`a node needs at least one virtual node, not ${virtualNodes}`);
    }
    const points = [...new Set(nodes)].flatMap((node) => pointsOf(node, virtualNodes));
    return new Ring(points.sort(inRingOrder), virtualNodes, new Map());
  }

  /** This ring and one more node. A node that is on it already is not added again (P13). */
  with(node: NodeId): Ring {
    if (this.nodes.includes(node)) return this;
    const points = [...this.points, ...pointsOf(node, this.virtualNodes)].sort(inRingOrder);
    return new Ring(points, this.virtualNodes, this.#positions);
  }

  without(node: NodeId): Ring {
    if (!this.nodes.includes(node)) return this;
    const points = this.points.filter((point) => point.node !== node);
    return new Ring(points, this.virtualNodes, this.#positions);
  }

  /** Where a key lies. */
  position(key: Key): number {
    const known = this.#positions.get(key);
    if (known !== undefined) return known;
    if (this.#positions.size >= positionsMax) this.#positions.clear();
    const position = ringPosition(key);
    this.#positions.set(key, position);
    return position;
  }

  /**
   * The preference list of a key: the first `n` distinct nodes met walking clockwise from its position; fewer when the
   * ring has fewer. The same array for the same walk: two lookups and a binary search.
   */
  owners(key: Key, n: number): readonly NodeId[] {
    const wanted = Math.min(n, this.nodes.length);
    if (wanted === 0) return [];
    const start = this.#firstPointAt(this.position(key));
    let walks = this.#walks.get(wanted);
    if (!walks) this.#walks.set(wanted, (walks = []));
    return (walks[start] ??= this.#walk(start, wanted));
  }

  /** The part of all positions, 0 to 1, whose first owner is `node`. */
  share(node: NodeId): number {
    const { points } = this;
    if (this.nodes.length <= 1) return this.nodes.includes(node) ? 1 : 0;
    let owned = 0;
    for (const [index, point] of points.entries()) {
      if (point.node !== node) continue;
      const before = points.at(index - 1)!.position;
      owned += (point.position - before + ringSize) % ringSize;
    }
    return owned / ringSize;
  }

  /** Index of the first point at or after `position`, the first of all when there is none. */
  #firstPointAt(position: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#starts[middle]! < position) low = middle + 1;
      else high = middle;
    }
    return low === this.#starts.length ? 0 : low;
  }

  #walk(start: number, wanted: number): readonly NodeId[] {
    const { points } = this;
    const found: NodeId[] = [];
    for (let step = 0; found.length < wanted; step++) {
      const { node } = points[(start + step) % points.length]!;
      if (!found.includes(node)) found.push(node);
    }
    return Object.freeze(found);
  }
}
