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

export interface RingPoint {
  readonly position: number;
  readonly node: NodeId;
}

/** The first four bytes of the SHA-256 of `text`, big endian. */
function ringPosition(text: string): number {
  const digest = sha256(utf8ToBytes(text));
  return ((digest[0]! << 24) | (digest[1]! << 16) | (digest[2]! << 8) | digest[3]!) >>> 0;
}

/** What was worked out once, up to `max` of it. Results never change, so everyone in the process shares them. */
class Known<Result extends object | number> {
  readonly #max: number;
  readonly #results = new Map<string, Result>();

  constructor(max: number) {
    this.#max = max;
  }

  of(name: string, workOut: () => Result): Result {
    const known = this.#results.get(name);
    if (known !== undefined) return known;
    if (this.#results.size >= this.#max) this.#results.clear();
    const result = workOut();
    this.#results.set(name, result);
    return result;
  }
}

/** Where keys lie: a busy key is hashed once. */
const keyPositions = new Known<number>(10_000);
/** Where the virtual nodes of a node lie: a cluster in one process hashes them once, not once a member. */
const nodePositions = new Known<Float64Array>(2_000);
/** Members that know the same nodes use the same ring. */
const rings = new Known<Ring>(200);

const positionsOf = (node: NodeId, virtualNodes: number) =>
  nodePositions.of(`${virtualNodes} ${node}`, () =>
    Float64Array.from({ length: virtualNodes }, (_, i) => ringPosition(`${node}#${i}`)),
  );

const nobody: readonly NodeId[] = Object.freeze([]);

/** Immutable: joining and leaving give another ring. Its points are worked out when they are first asked for. */
export class Ring {
  readonly virtualNodes: number;
  /** Sorted by name. */
  readonly nodes: readonly NodeId[];
  #points: readonly RingPoint[] | null = null;
  /** Owner lists found so far: by number of owners, then by the point the walk starts from. */
  readonly #walks = new Map<number, (readonly NodeId[] | undefined)[]>();

  private constructor(nodes: readonly NodeId[], virtualNodes: number) {
    this.nodes = nodes;
    this.virtualNodes = virtualNodes;
  }

  static of(nodes: readonly NodeId[], virtualNodes = defaultVirtualNodes): Ring {
    if (!Number.isInteger(virtualNodes) || virtualNodes < 1) {
      throw new RangeError(`a node needs at least one virtual node, not ${virtualNodes}`);
    }
    const sorted = [...new Set(nodes)].sort();
    return rings.of(`${virtualNodes} ${sorted.join(" ")}`, () => new Ring(sorted, virtualNodes));
  }

  /** This ring and one more node. A node that is on it already is not added again (P13). */
  with(node: NodeId): Ring {
    return this.nodes.includes(node) ? this : Ring.of([...this.nodes, node], this.virtualNodes);
  }

  without(node: NodeId): Ring {
    if (!this.nodes.includes(node)) return this;
    return Ring.of(
      this.nodes.filter((other) => other !== node),
      this.virtualNodes,
    );
  }

  /** All virtual nodes, clockwise; of equal positions, by name of the node. */
  get points(): readonly RingPoint[] {
    return (this.#points ??= this.#place());
  }

  /** Where a key lies. */
  position(key: Key): number {
    return keyPositions.of(key, () => ringPosition(key));
  }

  /**
   * The preference list of a key: the first `n` distinct nodes met walking clockwise from its position; fewer when the
   * ring has fewer. The same array for the same walk: two lookups and a binary search.
   */
  owners(key: Key, n: number): readonly NodeId[] {
    return this.ownersAt(this.position(key), n);
  }

  /** The preference list of all keys that lie at `position`. */
  ownersAt(position: number, n: number): readonly NodeId[] {
    const wanted = Math.min(n, this.nodes.length);
    if (wanted === 0) return nobody;
    const start = this.#firstPointAt(position);
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

  /** Position and place of the node in `nodes` make one number each: plain numbers are sorted fastest. */
  #place(): RingPoint[] {
    const { nodes, virtualNodes } = this;
    const packed = new Float64Array(nodes.length * virtualNodes);
    for (const [index, node] of nodes.entries()) {
      const positions = positionsOf(node, virtualNodes);
      for (let i = 0; i < virtualNodes; i++) {
        packed[index * virtualNodes + i] = positions[i]! * nodes.length + index;
      }
    }
    return Array.from(packed.sort(), (point) => ({
      position: Math.floor(point / nodes.length),
      node: nodes[point % nodes.length]!,
    }));
  }

  /** Index of the first point at or after `position`, the first of all when there is none. */
  #firstPointAt(position: number): number {
    const { points } = this;
    let low = 0;
    let high = points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (points[middle]!.position < position) low = middle + 1;
      else high = middle;
    }
    return low === points.length ? 0 : low;
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
