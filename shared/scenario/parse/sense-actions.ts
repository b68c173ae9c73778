/** Whether an act can do what it says. */
import type { Action } from "../schema.ts";
import { type Path, type Problem, subjectOf } from "./problem.ts";
import type { Names } from "./sense-names.ts";

/** What is wrong with one act taken by itself, wherever it stands. `path` leads to the act. */
export function actionProblems(action: Action, path: Path, names: Names): Problem[] {
  const at = (...parts: Path): Path => [...path, action.name, ...parts];
  const known = (field: string, node: string | undefined) => names.unknownNodes([node], at(field));
  switch (action.name) {
    case "kill":
    case "pause":
    case "resume":
    case "stop":
    case "remove":
    case "wipe":
    case "isolate":
      return names.unknownNodes([action.value], at());
    case "put":
    case "get":
    case "delete":
    case "local":
    case "broadcast":
    case "fill":
    case "mint":
    case "old-disk":
    case "clock":
      return known("node", action.value.node);
    case "restart":
      return known("node", action.value.node);
    case "compare": {
      const { node, with: peer } = action.value;
      const problems = [...known("node", node), ...known("with", peer)];
      if (node === peer) problems.push({ path: at("with"), message: `${node} cannot compare with itself` });
      return problems;
    }
    case "tell":
      return [...known("node", action.value.node), ...known("to", action.value.to)];
    case "disk": {
      const { node, ...changes } = action.value;
      return [...known("node", node), ...nothingToDo(changes, at())];
    }
    case "cut":
    case "clog":
    case "flap":
      return [...pairProblems(action.value, at(), names), ...flapProblems(action, at())];
    case "link": {
      const { from, to, ...changes } = action.value;
      return [
        ...pairProblems({ from, to }, at(), names),
        ...nothingToDo(changes, at()),
        ...latencyProblems(changes.latency, at("latency")),
      ];
    }
    case "rule": {
      const { from, to, do: what, by } = action.value;
      const problems = pairProblems({ from, to }, at(), names);
      const isDelay = what === "delay";
      if (isDelay && by === undefined) {
        problems.push({ path: at(), message: `a rule that delays needs "by": how long` });
      } else if (!isDelay && by !== undefined) {
        problems.push({
          path: at("by"),
          message: `"by" is for a rule that delays, and this one says ${what}`,
        });
      }
      return problems;
    }
    case "partition":
      return partitionProblems(action.value.groups, at("groups"), names);
    default:
      return [];
  }
}

interface Pair {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

function pairProblems({ from, to }: Pair, path: Path, names: Names): Problem[] {
  const unknown = [
    ...names.unknownNodes([from], [...path, "from"]),
    ...names.unknownNodes([to], [...path, "to"]),
  ];
  if (from === undefined || from !== to || unknown.length > 0) return unknown;
  return [
    { path: [...path, "to"], message: `a link leads from one node to another, and both are "${from}"` },
  ];
}

function flapProblems(action: Action, path: Path): Problem[] {
  if (action.name !== "flap") return [];
  const { up, down } = action.value;
  return (["up", "down"] as const)
    .filter((side) => ({ up, down })[side] === 0)
    .map((side) => ({
      path: [...path, side],
      message: `"${side}" of a flap must be longer than 0: a link that is ${side} for no time does not flap`,
    }));
}

function nothingToDo(changes: object, path: Path): Problem[] {
  if (Object.values(changes).some((change) => change !== undefined)) return [];
  return [{ path, message: `${subjectOf(path)} changes nothing: say what is to be different` }];
}

type Latency = Extract<Action, { name: "link" }>["value"]["latency"];

export function latencyProblems(latency: Latency, path: Path): Problem[] {
  if (latency?.kind !== "uniform" || latency.minMs <= latency.maxMs) return [];
  return [{ path, message: `${subjectOf(path)} has a "min" above its "max"` }];
}

function partitionProblems(groups: readonly (readonly string[])[], path: Path, names: Names): Problem[] {
  const problems = groups.flatMap((group, index) => names.unknownNodes(group, [...path, index]));
  const seen = new Set<string>();
  for (const [index, group] of groups.entries()) {
    for (const node of group) {
      if (seen.has(node))
        problems.push({ path: [...path, index], message: `"${node}" stands twice in the partition` });
      seen.add(node);
    }
  }
  return problems;
}
