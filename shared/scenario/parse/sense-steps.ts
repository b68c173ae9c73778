/** Whether the steps can be played one after the other. */
import type { Action, Scenario, Step } from "../schema.ts";
import { durationWords } from "../words.ts";
import type { Path, Problem } from "./problem.ts";
import { actionProblems } from "./sense-actions.ts";
import { quorumProblems } from "./sense-cluster.ts";
import { actsOf, asOf, type Names, undefinedName } from "./sense-names.ts";

/** More acts than this are a mistake, and their records would fill the memory. */
const actsMax = 1_000_000;
/** Not the name of an operation: it stands for having seen nothing. */
const blind = "blind";

export function stepProblems(scenario: Scenario, names: Names): Problem[] {
  return [
    ...timeProblems(scenario.steps),
    ...scenario.steps.flatMap((step, index) => conditionProblems(step, ["steps", index], scenario, names)),
    ...orderProblems(scenario),
    ...[...actsOf(scenario)].flatMap(({ action, path }) => actionProblems(action, path, names)),
  ];
}

function* timeProblems(steps: readonly Step[]): Generator<Problem> {
  let [latest, from, acts] = [0, 0, 0];
  for (const [index, { at, do: actions, repeat, when, within }] of steps.entries()) {
    if (at !== undefined && at < latest) {
      yield {
        path: ["steps", index, "at"],
        message: `step ${index + 1} is at ${durationWords(at)}, before step ${from + 1} at ${durationWords(latest)}: steps follow each other in time`,
      };
    } else if (at !== undefined) [latest, from] = [at, index];
    if (within !== undefined && when === undefined) {
      yield {
        path: ["steps", index, "within"],
        message: `"within" of step ${index + 1} limits a "when", and there is none`,
      };
    }
    acts += actions.length * (repeat?.times ?? 1);
    if (acts > actsMax) {
      yield {
        path: ["steps", index, "repeat"],
        message: `with step ${index + 1} the scenario has more than ${actsMax} acts: repeat less`,
      };
      return;
    }
  }
}

function conditionProblems({ when }: Step, path: Path, scenario: Scenario, names: Names): Problem[] {
  if (when === undefined || "idle" in when) return [];
  if ("event" in when) return names.inMatch(when.event, [...path, "when", "event"]);
  const place = [...path, "when", "settled"];
  if (!scenario.cluster.gossip && scenario.cluster.nodes.length > 1) {
    return [
      {
        path: place,
        message: `without gossip the nodes never hear of each other: "settled" cannot come true`,
      },
    ];
  }
  return when.settled === true ? [] : names.unknownNodes(when.settled, place);
}

/** What an act needs of those before it. */
function* orderProblems(scenario: Scenario): Generator<Problem> {
  const { cluster } = scenario;
  const present = new Set<string>(cluster.nodes);
  const operations = new Set<string>();
  const snapshots = new Set<string>();
  const rules = new Set<string>();
  for (const { action, path } of actsOf(scenario)) {
    const at = (...parts: Path): Path => [...path, action.name, ...parts];
    switch (action.name) {
      case "add":
        if (present.has(action.value))
          yield { path: at(), message: `there is a node "${action.value}" already when it is to be added` };
        if (action.value === ("lab" as string))
          yield {
            path: at(),
            message: `"lab" is where the lab writes down its own acts: give the node another name`,
          };
        present.add(action.value);
        break;
      case "remove":
        present.delete(action.value);
        break;
      case "snapshot":
        snapshots.add(action.value);
        break;
      case "rule":
        if (action.value.name !== undefined) rules.add(action.value.name);
        break;
      case "end-rule":
        yield* undefinedName("rule", action.value, rules, at(), " before it");
        break;
      case "old-disk":
        yield* undefinedName("snapshot", action.value.of, snapshots, at("of"), " before it");
        break;
      case "put":
      case "get":
      case "delete": {
        const { context } = action.value;
        if (context !== blind)
          yield* undefinedName("operation", context, operations, at("context"), " before it");
        yield* quorumProblems(action.value, Math.max(cluster.nodes.length, present.size), at(), cluster);
        break;
      }
      default:
    }
    yield* named(action, at("as"), operations);
  }
}

function* named(action: Action, path: Path, operations: Set<string>): Generator<Problem> {
  const as = asOf(action);
  if (as === blind) {
    yield {
      path,
      message: `"${blind}" is the context of one who has seen nothing: give the operation another name`,
    };
  } else if (as !== undefined) operations.add(as);
}
