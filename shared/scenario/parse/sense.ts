/** What the shape of a scenario cannot say: whether its names, numbers and times make sense together. */
import type { Scenario } from "../schema.ts";
import type { Problem } from "./problem.ts";
import { actionProblems } from "./sense-actions.ts";
import { clusterProblems } from "./sense-cluster.ts";
import { expectationProblems } from "./sense-expectations.ts";
import { Names } from "./sense-names.ts";
import { stepProblems } from "./sense-steps.ts";

/** Everything in a well-shaped scenario that makes no sense. */
export function sensible(scenario: Scenario): Problem[] {
  const names = new Names(scenario);
  const { faults, operations } = scenario.planned ?? { faults: [], operations: [] };
  return [
    ...clusterProblems(scenario),
    ...stepProblems(scenario, names),
    ...faults.flatMap(({ do: action }, index) =>
      actionProblems(action, ["planned", "faults", index, "do"], names),
    ),
    ...operations.flatMap(({ do: action }, index) =>
      actionProblems(action, ["planned", "operations", index, "do"], names),
    ),
    ...expectationProblems(scenario, names),
  ];
}
