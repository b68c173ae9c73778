/** The names a scenario defines, and whether a name that it uses is one of them. */
import { labLane } from "../../trace/event.ts";
import type { Action, EventMatch, Scenario } from "../schema.ts";
import { type Path, type Problem, subjectOf, suggestion } from "./problem.ts";

/** Every act of the steps, with where it stands. */
export function* actsOf(scenario: Scenario): Generator<{ action: Action; path: Path; step: number }> {
  for (const [step, { do: actions }] of scenario.steps.entries()) {
    for (const [index, action] of actions.entries()) {
      yield { action, path: ["steps", step, "do", index], step };
    }
  }
}

export class Names {
  /** Those of the cluster, and those that steps or planned faults add. Of a plan the part that adds may be left out. */
  readonly nodes: ReadonlySet<string>;
  readonly labels: ReadonlySet<string>;
  readonly snapshots: ReadonlySet<string>;
  readonly operations: ReadonlySet<string>;

  constructor(scenario: Scenario) {
    const nodes = new Set<string>(scenario.cluster.nodes);
    const snapshots = new Set<string>();
    const operations = new Set<string>();
    for (const { action } of actsOf(scenario)) {
      if (action.name === "add") nodes.add(action.value);
      else if (action.name === "snapshot") snapshots.add(action.value);
      const as = asOf(action);
      if (as !== undefined) operations.add(as);
    }
    for (const { do: action } of scenario.planned?.faults ?? []) {
      if (action.name === "add" || action.name === "remove") nodes.add(action.value);
    }
    this.nodes = nodes;
    this.snapshots = snapshots;
    this.operations = operations;
    this.labels = new Set(Object.keys(scenario.label));
  }

  /** A problem for each of these nodes that there never is. */
  unknownNodes(nodes: readonly (string | undefined)[], path: Path): Problem[] {
    return nodes
      .filter((node): node is string => node !== undefined && !this.nodes.has(node))
      .map((node) => {
        const known = [...this.nodes];
        const choice = suggestion(node, known) || `: the nodes are ${shortList(known)}`;
        return { path, message: `${subjectOf(path)} is "${node}", and there is no such node${choice}` };
      });
  }

  unknownLabels(labels: readonly (string | undefined)[], path: Path): Problem[] {
    return labels.flatMap((name) => undefinedName("label", name, this.labels, path));
  }

  /** The lab has a lane of its own. */
  inMatch(match: Omit<EventMatch, "nth">, path: Path): Problem[] {
    const node = match.node === labLane ? undefined : match.node;
    return [
      ...this.unknownNodes([node], [...path, "node"]),
      ...this.unknownNodes([match.peer], [...path, "peer"]),
      ...this.unknownNodes([match.about], [...path, "about"]),
    ];
  }
}

export const asOf = (action: Action): string | undefined =>
  typeof action.value === "object" && "as" in action.value ? action.value.as : undefined;

/** At most one problem: `name` is not among those defined. */
export function undefinedName(
  kind: string,
  name: string | undefined,
  defined: ReadonlySet<string>,
  path: Path,
  where = "",
): Problem[] {
  if (name === undefined || defined.has(name)) return [];
  const choice = suggestion(name, [...defined]);
  return [
    { path, message: `${subjectOf(path)} is "${name}", and no ${kind}${where} has this name${choice}` },
  ];
}

const shortList = (names: readonly string[]) =>
  names.length <= 8 ? names.join(", ") : `${names.slice(0, 7).join(", ")}, … (${names.length})`;
