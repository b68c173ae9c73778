/** What a stroke drawn over the map means for the network. */
import type { CommandParams } from "../../shared/contract/contract.ts";
import { type Point, strokeCrosses } from "./geometry.ts";

/** Two nodes joined by a link in each direction, in the order of the map. */
export interface NodePair {
  readonly a: string;
  readonly b: string;
}

export const pairName = (from: string, to: string): string => `${from}>${to}`;

export function pairsOf(nodes: readonly string[]): NodePair[] {
  return nodes.flatMap((a, i) => nodes.slice(i + 1).map((b) => ({ a, b })));
}

/** The pairs whose links the stroke crosses. */
export function crossedPairs(stroke: readonly Point[], places: ReadonlyMap<string, Point>): NodePair[] {
  return pairsOf([...places.keys()]).filter(({ a, b }) =>
    strokeCrosses(stroke, { from: places.get(a)!, to: places.get(b)! }),
  );
}

/** Groups of nodes that can still reach each other, directly or over others, when `isCut` pairs are gone. */
export function groupsAfter(nodes: readonly string[], isCut: (a: string, b: string) => boolean): string[][] {
  const left = new Set(nodes);
  const groups: string[][] = [];
  for (const first of nodes) {
    if (!left.delete(first)) continue;
    const reached = [first];
    for (const at of reached) {
      for (const other of left) {
        if (isCut(at, other)) continue;
        left.delete(other);
        reached.push(other);
      }
    }
    groups.push(nodes.filter((node) => reached.includes(node)));
  }
  return groups;
}

/**
 * - `partition`: what is cut then is exactly everything between the groups.
 * - `links`: some of the links between nodes that stay connected.
 */
export type CutPlan =
  | { readonly kind: "nothing" }
  | {
      readonly kind: "partition";
      readonly groups: readonly (readonly string[])[];
      readonly pairs: readonly NodePair[];
    }
  | { readonly kind: "links"; readonly pairs: readonly NodePair[] };

/**
 * `blocked` holds every ordered pair "a>b" that is blocked now. Pairs already cut both ways count as cut by this
 * stroke too, so that a second stroke makes a third side and does not heal the first.
 */
export function planCut(
  nodes: readonly string[],
  crossed: readonly NodePair[],
  blocked: ReadonlySet<string>,
): CutPlan {
  const wasCut = (a: string, b: string) => blocked.has(pairName(a, b)) && blocked.has(pairName(b, a));
  const pairs = crossed.filter(({ a, b }) => !wasCut(a, b));
  if (pairs.length === 0) return { kind: "nothing" };
  const nowCut = new Set(pairs.flatMap(({ a, b }) => [pairName(a, b), pairName(b, a)]));
  const isCut = (a: string, b: string) => nowCut.has(pairName(a, b)) || wasCut(a, b);
  const groups = groupsAfter(nodes, isCut);
  const sideOf = new Map(groups.flatMap((group, side) => group.map((node) => [node, side] as const)));
  const isClean = pairsOf(nodes).every(({ a, b }) => {
    if (sideOf.get(a) !== sideOf.get(b)) return true;
    return !isCut(a, b) && !blocked.has(pairName(a, b)) && !blocked.has(pairName(b, a));
  });
  return groups.length > 1 && isClean ? { kind: "partition", groups, pairs } : { kind: "links", pairs };
}

/** One sentence for the line beside the stroke and for screen readers. */
export function describeCut(plan: CutPlan): string {
  switch (plan.kind) {
    case "nothing":
      return "Draw across links to cut them.";
    case "partition":
      return `Splits ${plan.groups.map((group) => group.join(", ")).join("  |  ")}`;
    case "links":
      return plan.pairs.length === 1
        ? `Cuts ${plan.pairs[0]!.a} – ${plan.pairs[0]!.b} both ways`
        : `Cuts ${plan.pairs.length} links both ways; the nodes stay connected`;
  }
}

type Call =
  | { readonly command: "partition.make"; readonly params: CommandParams<"partition.make"> }
  | { readonly command: "link.set"; readonly params: CommandParams<"link.set"> };

/** The commands that carry the plan out. */
export function cutCalls(plan: CutPlan): Call[] {
  switch (plan.kind) {
    case "nothing":
      return [];
    case "partition":
      return [
        {
          command: "partition.make",
          params: { kind: "custom", groups: plan.groups.map((group) => [...group]) },
        },
      ];
    case "links":
      return plan.pairs.flatMap(({ a, b }) => blockBothWays(a, b, true));
  }
}

function blockBothWays(a: string, b: string, blocked: boolean): Call[] {
  return [
    { command: "link.set", params: { from: a, to: b, settings: { blocked } } },
    { command: "link.set", params: { from: b, to: a, settings: { blocked } } },
  ];
}
