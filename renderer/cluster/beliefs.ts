/** Who believes what of whom, and where that differs from what the lab knows or from what others believe. */
import type { NodeStatus } from "../../shared/contract/state.ts";
import type { MemberStatus } from "../../shared/trace/names.ts";

/**
 * - `agrees`: the belief fits what the lab knows.
 * - `behind`: the node is gone or stands still and this observer has not convicted it yet.
 * - `wrong`: the node runs, and this observer doubts it or has given it up.
 */
export type Verdict = "agrees" | "behind" | "wrong";

/** A pause cannot be told from a crash by those who wait: suspecting a paused node is no mistake. */
export function verdictOn(truth: NodeStatus, belief: MemberStatus): Verdict {
  switch (truth) {
    case "starting":
    case "running":
      return belief === "alive" ? "agrees" : "wrong";
    case "paused":
    case "stopping":
      return belief === "alive" ? "behind" : "agrees";
    case "stopped":
    case "killed":
    case "failed":
      return belief === "dead" || belief === "left" ? "agrees" : "behind";
  }
}

export function verdictText(verdict: Verdict, belief: MemberStatus): string {
  switch (verdict) {
    case "agrees":
      return "fits the truth";
    case "behind":
      return belief === "suspect" ? "not convicted yet" : "not noticed yet";
    case "wrong":
      return belief === "suspect" ? "suspected though it runs" : `taken for ${belief} though it runs`;
  }
}

/** Two observers that run and differ about one node: a split view. */
export function isSplit(beliefs: readonly MemberStatus[]): boolean {
  return new Set(beliefs).size > 1;
}

export interface Doubt {
  readonly suspect: number;
  readonly dead: number;
}

/** "called dead by 2" ("dead to 2" in short): the worst that is said of a node; null when none of its peers doubts it. */
export function doubtText({ suspect, dead }: Doubt, isShort = false): string | null {
  if (dead > 0) return isShort ? `dead to ${dead}` : `called dead by ${dead}`;
  if (suspect > 0) return isShort ? `doubt of ${suspect}` : `suspected by ${suspect}`;
  return null;
}

/** "0.4 s", "12 s", "3 min": how long ago. */
export function agoText(ms: number): string {
  if (ms < 0) return "0 s";
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 3_600_000)} h`;
}
