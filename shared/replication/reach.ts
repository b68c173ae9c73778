/**
 * Whom a node tries to reach, and who takes the place of those it cannot.
 *
 * Suspects are tried: a suspicion is a question. The dead and those who left are not, which is what lets a coordinator
 * refuse at once what could only time out.
 *
 * A stand-in is the next node on the ring's walk beyond those who are asked anyway. All coordinators that see the same
 * nodes dead choose the same ones, so a sloppy read asks where a sloppy write went. One node stands in for one owner
 * of an operation only: two promises on one disk are one.
 *
 * Source: DeCandia et al. 2007, "Dynamo", §4.6 (sloppy quorum and hinted handoff).
 */
import type { NodeId } from "../ids.ts";
import type { Pending } from "./pending.ts";
import type { ClusterView, Placement } from "./types.ts";

export function isInReach(view: ClusterView, self: NodeId, node: NodeId): boolean {
  if (node === self) return true;
  const status = view.status(node);
  return status === "alive" || status === "suspect";
}

/** Owners and pending owners that there is no use in asking. */
export function outOfReach(view: ClusterView, self: NodeId, { owners, pending }: Placement): NodeId[] {
  const failed = owners.filter((owner) => !isInReach(view, self, owner));
  for (const node of pending) if (!isInReach(view, self, node)) failed.push(node);
  return failed;
}

/** Nodes that could stand in for an owner of this operation, in the order of the walk. */
export function standInsLeft(
  view: ClusterView,
  self: NodeId,
  { request, placement, standIns }: Pick<Pending, "request" | "placement" | "standIns">,
): NodeId[] {
  const walk = view.placement(request.key, view.ring.nodes.length).owners;
  return walk.filter(
    (node) =>
      !placement.owners.includes(node) &&
      !placement.pending.includes(node) &&
      !standIns.some((taken) => taken.node === node) &&
      (node === self || view.status(node) === "alive"),
  );
}
