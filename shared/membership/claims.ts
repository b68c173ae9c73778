/**
 * What a claim is worth: the order in which one belief replaces another.
 *
 * Claims about one node are ordered by incarnation, then by status: alive < suspect < dead < left. A belief is the
 * greatest claim heard, so what a node believes does not depend on the order in which rumours reach it or on how often
 * they do. Only the node itself issues a new incarnation, so only the node itself can refute.
 * A rule that looks at the status first breaks this: dead@1 then dead@10 ignored, then alive@2 accepted (P14).
 *
 * Source: Das, Gupta, Motivala 2002, "SWIM", §4.2, with dead and left revocable by a higher incarnation.
 */
import { isNodeId } from "../ids.ts";
import type { MemberStatus } from "../trace/names.ts";
import type { Claim } from "./types.ts";

/** Above this an incarnation is not believed: no honest node gets there, and counting on must stay exact. */
export const incarnationMax = 2 ** 48;

const addressCharactersMax = 300;

const ranks: Readonly<Record<MemberStatus, number>> = { alive: 0, suspect: 1, dead: 2, left: 3 };

type Standing = Pick<Claim, "status" | "incarnation">;

/** True when `claim` says more than is known; false when it is older, weaker or the same. */
export function supersedes(claim: Standing, known: Standing): boolean {
  if (claim.incarnation !== known.incarnation) return claim.incarnation > known.incarnation;
  return ranks[claim.status] > ranks[known.status];
}

/** True for members that take part: they are probed, asked for help, and counted. */
export function isActive(status: MemberStatus): boolean {
  return status === "alive" || status === "suspect";
}

export function isIncarnation(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= incarnationMax;
}

/** Claims come from other processes: whatever is not sane is dropped. */
export function isSaneClaim(claim: Claim): boolean {
  return (
    typeof claim.node === "string" &&
    isNodeId(claim.node) &&
    typeof claim.from === "string" &&
    isNodeId(claim.from) &&
    typeof claim.address === "string" &&
    claim.address.length > 0 &&
    claim.address.length <= addressCharactersMax &&
    Object.hasOwn(ranks, claim.status) &&
    isIncarnation(claim.incarnation)
  );
}
