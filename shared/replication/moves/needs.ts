/**
 * Without whom a move does not go on.
 *
 * Per list of owners as it was before the move, so many must have agreed that those who have not can form neither a
 * write quorum nor a read quorum among themselves: all but fewer than min(R, W). One that is in reach is waited for in
 * any case, unless it stays silent; it only brings more copies.
 *
 * Where R + W ≤ N nobody was promised that a read meets a write, and whoever is out of reach is not waited for.
 */
import type { NodeId } from "../../ids.ts";
import type { Ring } from "../../ring/ring.ts";
import type { Quorum } from "../types.ts";
import { nameOf } from "./placements.ts";
import type { TopologyRecord } from "./records.ts";

export interface Agreement {
  /** Nothing that was acknowledged can be missed. */
  readonly isEnough: boolean;
  /** Who is waited for, by name. */
  readonly missing: readonly NodeId[];
}

/** The owners before the move, of each range that it moves; each list once. Of a rebuilt node, its fellow owners. */
export function ownersBefore(
  { node, phase }: TopologyRecord,
  { before, after }: { readonly before: Ring; readonly after: Ring },
  n: number,
): readonly (readonly NodeId[])[] {
  const lists = new Map<string, readonly NodeId[]>();
  const larger = before.nodes.length > after.nodes.length ? before : after;
  for (const { position } of larger.points) {
    const owners = before.ownersAt(position, n);
    const isMoved = owners.includes(node) || after.ownersAt(position, n).includes(node);
    if (!isMoved) continue;
    const list = phase === "rebuilding" ? owners.filter((owner) => owner !== node) : owners;
    if (list.length > 0) lists.set(nameOf(list), list);
  }
  return [...lists.values()];
}

/** How many of a list must have agreed. */
function enoughOf(list: readonly NodeId[], record: TopologyRecord, { n, r, w }: Quorum): number {
  if (r + w <= n) return 0;
  const owners = record.phase === "rebuilding" ? list.length + 1 : list.length;
  return Math.min(list.length, Math.max(1, owners - Math.min(r, w) + 1));
}

export function agreementOf(
  record: TopologyRecord,
  lists: readonly (readonly NodeId[])[],
  quorum: Quorum,
  hasAgreed: (node: NodeId) => boolean,
  isInReach: (node: NodeId) => boolean,
): Agreement {
  const missing = new Set<NodeId>();
  let isEnough = true;
  for (const list of lists) {
    const silent = list.filter((node) => !hasAgreed(node));
    const isListEnough = list.length - silent.length >= enoughOf(list, record, quorum);
    isEnough &&= isListEnough;
    for (const node of silent) if (!isListEnough || isInReach(node)) missing.add(node);
  }
  return { isEnough, missing: [...missing].sort() };
}
