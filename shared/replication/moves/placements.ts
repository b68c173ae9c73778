/**
 * Where keys lie while the ring moves: which owners count, and who else gets every write.
 *
 * Nobody can change the ring everywhere at one moment, so two nodes may differ by one step of a move. What they do must
 * meet nevertheless. For each node on the move there is the ring that counts and the ring it would be without that
 * move or with it done. A write goes to the owners under all of them and is done when W owners of *each* have it;
 * a read asks the owners under the ring that counts. So a read by one who is a step ahead or behind meets every write:
 *
 * ```
 *            writes need W of    reads need R of        O: the owners before, P: those after
 * at rest    O                   O
 * joining    O and P             O                      O → P where the node joins; likewise where it leaves
 * entering   O and P             P
 * serving    P                   P
 * ```
 *
 * Each row meets the one above and below but for two pairs. A write by somebody still at rest and a read by one who
 * sees it entering: the node enters only when, of each O, fewer than W have not both heard that it is joining and
 * brought it all they had; whoever has heard refuses to store for one who has not. And a write by one who sees it
 * serving and a read by one who sees it joining: it serves only when, of each O, fewer than R have not heard
 * that it enters; whoever has refuses to answer one who has not. ./driver counts both.
 *
 * Not covered: quorums of a request with R + W ≤ N; two moves that begin so closely together that neither has heard of
 * the other when it enters (see ./driver); more nodes lost than a quorum may miss.
 *
 * Source: Ongaro, Ousterhout 2014, "In Search of an Understandable Consensus Algorithm", §6 (joint majorities);
 * Cassandra's pending ranges (CASSANDRA-833), which count the same way.
 */
import type { Key, NodeId } from "../../ids.ts";
import { Ring } from "../../ring/ring.ts";
import type { Placement } from "../types.ts";
import { isCounted, isMoving, type Records, type TopologyRecord } from "./records.ts";

const nobody: readonly NodeId[] = Object.freeze([]);
/** Keys whose placements are kept, for each number of replicas. */
const keptMax = 10_000;

interface Rings {
  readonly before: Ring;
  readonly after: Ring;
}

export class Placements {
  readonly #records: Records;
  readonly #virtualNodes: number;
  #revision = -1;
  #ring!: Ring;
  #everybody!: Ring;
  #rebuilding: ReadonlySet<NodeId> = new Set();
  /** The rings that differ by one move from the one that counts. */
  #others: readonly Ring[] = [];
  /** Worked out so far: by number of replicas, then by key. */
  #known = new Map<number, Map<Key, Placement>>();
  /** In calm by the preference list, of which a ring has one for each walk. */
  #calm = new Map<readonly NodeId[], Placement>();

  constructor(records: Records, virtualNodes: number) {
    this.#records = records;
    this.#virtualNodes = virtualNodes;
    this.#refresh();
  }

  /** The nodes that count. */
  get ring(): Ring {
    this.#refresh();
    return this.#ring;
  }

  /** All that have a place or are about to have one, or still to give one up. */
  get everybody(): Ring {
    this.#refresh();
    return this.#everybody;
  }

  of(key: Key, n: number): Placement {
    this.#refresh();
    const replicas = Math.min(n, this.#everybody.nodes.length);
    let known = this.#known.get(replicas);
    if (!known) this.#known.set(replicas, (known = new Map()));
    let placement = known.get(key);
    if (placement) return placement;
    placement = this.#workOut(key, n);
    if (known.size >= keptMax) known.clear();
    known.set(key, placement);
    return placement;
  }

  /** The rings between which a move leads. Twice the same when a node is rebuilt in its place. */
  rings(record: TopologyRecord): Rings {
    const { ring } = this;
    const other = toggled(ring, record);
    const isAhead = record.phase === "joining" || record.phase === "leaving";
    return isAhead ? { before: ring, after: other } : { before: other, after: ring };
  }

  #workOut(key: Key, n: number): Placement {
    const owners = this.#ring.owners(key, n);
    if (this.#others.length > 0) {
      const lists = this.#others.map((ring) => ring.owners(key, n));
      return this.#placement(owners, lists);
    }
    let placement = this.#calm.get(owners);
    if (!placement) this.#calm.set(owners, (placement = this.#placement(owners, [])));
    return placement;
  }

  #placement(owners: readonly NodeId[], lists: readonly (readonly NodeId[])[]): Placement {
    const { epoch } = this.#records;
    const others = distinct(owners, lists);
    const pending = [...new Set(others.flat())].filter((node) => !owners.includes(node));
    const rebuilding = owners.filter((owner) => this.#rebuilding.has(owner));
    return Object.freeze({
      owners,
      pending: pending.length > 0 ? Object.freeze(pending) : nobody,
      epoch,
      ...(others.length > 0 ? { others } : {}),
      ...(rebuilding.length > 0 ? { rebuilding } : {}),
    });
  }

  #refresh(): void {
    const { revision, all } = this.#records;
    if (revision === this.#revision) return;
    this.#revision = revision;
    this.#known = new Map();
    this.#calm = new Map();
    const nodes = all.filter(isCounted).map(({ node }) => node);
    this.#ring = Ring.of(nodes, this.#virtualNodes);
    const present = all.filter(({ phase }) => phase !== "left").map(({ node }) => node);
    this.#everybody = Ring.of(present, this.#virtualNodes);
    this.#others = all.filter(isMoving).map((record) => toggled(this.#ring, record));
    const lost = all.filter(({ phase }) => phase === "rebuilding").map(({ node }) => node);
    this.#rebuilding = new Set(lost);
  }
}

/** The ring with the move undone that has been made, or made that has not. */
function toggled(ring: Ring, { node, phase }: TopologyRecord): Ring {
  switch (phase) {
    case "joining":
    case "exiting":
      return ring.with(node);
    case "entering":
    case "leaving":
      return ring.without(node);
    default:
      return ring;
  }
}

/** Lists of other nodes than `owners`, each once. */
function distinct(
  owners: readonly NodeId[],
  lists: readonly (readonly NodeId[])[],
): readonly (readonly NodeId[])[] {
  if (lists.length === 0) return [];
  const found = new Map([[nameOf(owners), owners]]);
  for (const list of lists) if (list.length > 0) found.set(nameOf(list), list);
  found.delete(nameOf(owners));
  return [...found.values()];
}

export const nameOf = (nodes: readonly NodeId[]) => [...nodes].sort().join(" ");
