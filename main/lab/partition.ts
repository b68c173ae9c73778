/**
 * Partitions as a shorthand for the link table: a kind and a few names become a set of ordered pairs to block.
 *
 * Real networks do not only split in two. A switch fails so that one node still reaches both sides (bridge); routing
 * breaks so that every node sees a majority but no two see the same one (majorities ring); a firewall drops one
 * direction only (one-way). Protocols that survive a clean split often fail on these.
 *
 * Guarantee: a plan names only nodes that exist, never a link of a node to itself, and always cuts something.
 *
 * Source: Kingsbury, Jepsen, `jepsen.nemesis`: bisect, split-one, bridge, majorities-ring.
 */
import { LabError } from "../../shared/contract/errors.ts";
import type { PartitionKind } from "../../shared/contract/state.ts";

export interface PartitionPlan {
  /** The sides; for the majorities ring, what each node still hears. */
  readonly groups: readonly (readonly string[])[];
  /** Ordered pairs to block, "a>b": a's messages to b die. */
  readonly cut: readonly string[];
}

export interface PartitionRequest {
  readonly kind: PartitionKind;
  readonly node?: string | undefined;
  readonly groups?: readonly (readonly string[])[] | undefined;
}

export const pairName = (from: string, to: string) => `${from}>${to}`;

/** What to block among `nodes`, in their order. Throws LabError when the request makes no sense for them. */
export function planPartition(nodes: readonly string[], request: PartitionRequest): PartitionPlan {
  for (const named of [request.node ?? [], ...(request.groups ?? [])].flat()) {
    if (!nodes.includes(named))
      throw new LabError("unknown_node", `There is no node "${named}" to partition.`);
  }
  const plan = planOf(nodes, request);
  if (plan.cut.length === 0) {
    throw new LabError(
      "bad_input",
      `A partition of the kind "${request.kind}" cuts nothing among ${nodes.length} nodes: add nodes or choose another.`,
    );
  }
  return plan;
}

function planOf(nodes: readonly string[], { kind, node, groups }: PartitionRequest): PartitionPlan {
  if (kind === "custom" && groups === undefined) {
    throw new LabError("bad_input", "A custom partition needs its sides: give groups of nodes.");
  }
  if (kind === "majorities-ring") return majoritiesRing(groups?.flat() ?? nodes);
  if (groups !== undefined && kind !== "one-way") return between(withTheRest(nodes, groups));
  const chosen = node ?? groups?.[0]?.[0] ?? nodes[0]!;
  const others = nodes.filter((other) => other !== chosen);
  switch (kind) {
    case "halves": {
      const middle = Math.ceil(nodes.length / 2);
      return between([nodes.slice(0, middle), nodes.slice(middle)]);
    }
    case "isolate":
      return between([[chosen], others]);
    case "bridge": {
      const middle = Math.ceil(others.length / 2);
      return between([
        [...others.slice(0, middle), chosen],
        [chosen, ...others.slice(middle)],
      ]);
    }
    case "one-way":
      return { groups: [[chosen], others], cut: others.map((other) => pairName(chosen, other)) };
    case "custom":
      throw new LabError("internal", "A custom partition without groups was refused above.");
  }
}

/** Nodes that no side names stand together on a side of their own. */
function withTheRest(nodes: readonly string[], groups: readonly (readonly string[])[]) {
  const named = new Set(groups.flat());
  const rest = nodes.filter((node) => !named.has(node));
  return rest.length === 0 ? groups : [...groups, rest];
}

/** Blocks every ordered pair that no group holds together: a node in two groups is a bridge. */
function between(groups: readonly (readonly string[])[]): PartitionPlan {
  const nodes = [...new Set(groups.flat())];
  const together = (a: string, b: string) => groups.some((group) => group.includes(a) && group.includes(b));
  return {
    groups: groups.filter((group) => group.length > 0),
    cut: orderedPairs(nodes)
      .filter(([a, b]) => !together(a, b))
      .map(([a, b]) => pairName(a, b)),
  };
}

/**
 * Every node hears itself and its nearest neighbours on a ring, just enough for a majority. Three nodes have no such
 * ring with links that work both ways, so there each hears only its predecessor.
 */
function majoritiesRing(ring: readonly string[]): PartitionPlan {
  const size = ring.length;
  const eachSide = Math.ceil(Math.floor(size / 2) / 2);
  const hears = (to: number, from: number) => {
    const clockwise = (to - from + size) % size;
    if (size === 3) return clockwise <= 1;
    return Math.min(clockwise, size - clockwise) <= eachSide;
  };
  const groups = ring.map((_, to) => ring.filter((_other, from) => hears(to, from)));
  const cut = ring.flatMap((receiver, to) =>
    ring.filter((_, from) => !hears(to, from)).map((sender) => pairName(sender, receiver)),
  );
  return { groups, cut };
}

export function orderedPairs(nodes: readonly string[]): (readonly [string, string])[] {
  return nodes.flatMap((from) => nodes.filter((to) => to !== from).map((to) => [from, to] as const));
}
