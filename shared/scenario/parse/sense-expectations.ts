/** Whether labels and expectations speak of things that are there. */
import { type ActionName, actionSchemas, type Expectation, type Scenario } from "../schema.ts";
import { type Path, type Problem, suggestion } from "./problem.ts";
import { type Names, undefinedName } from "./sense-names.ts";

/** Acts that the lab's lane does not show under their own name: clients' calls, and what has no single event. */
const unlabelled: ReadonlySet<string> = new Set<ActionName>([
  "put",
  "get",
  "delete",
  "fill",
  "local",
  "tell",
  "broadcast",
  "mint",
  "snapshot",
  "cut",
  "clog",
  "flap",
]);
const labelled = Object.keys(actionSchemas).filter((name) => !unlabelled.has(name));

export function* expectationProblems(scenario: Scenario, names: Names): Generator<Problem> {
  for (const [name, wanted] of Object.entries(scenario.label)) {
    const path = ["label", name];
    if (!("action" in wanted)) {
      yield* names.inMatch(wanted, path);
      continue;
    }
    const { action, node } = wanted;
    yield* names.unknownNodes([node], [...path, "node"]);
    if (labelled.includes(action)) continue;
    const choice = suggestion(action, labelled) || `: choose from ${labelled.join(", ")}`;
    yield {
      path: [...path, "action"],
      message: `the lab has no act "${action}" that a label can mean${choice}`,
    };
  }
  for (const [index, expectation] of scenario.expect.entries()) {
    yield* problemsOf(expectation, ["expect", index], scenario, names);
  }
}

function* problemsOf(
  expectation: Expectation,
  base: Path,
  scenario: Scenario,
  names: Names,
): Generator<Problem> {
  const [name] = Object.keys(expectation) as [string];
  const path = [...base, name];
  const at = (...parts: Path): Path => [...path, ...parts];
  if ("event" in expectation) yield* names.inMatch(expectation.event, path);
  for (const list of ["order", "before", "concurrent"] as const) {
    if (list in expectation) {
      const labels = (expectation as Record<typeof list, string[]>)[list];
      for (const [index, label] of labels.entries()) yield* names.unknownLabels([label], at(index));
    }
  }
  if ("past" in expectation) {
    yield* names.unknownLabels([expectation.past.of], at("of"));
    yield* names.unknownLabels(expectation.past.is, at("is"));
  }
  if ("stamps" in expectation) {
    const { length } = scenario.cluster.nodes;
    for (const [label, stamp] of Object.entries(expectation.stamps)) {
      yield* names.unknownLabels([label], at(label));
      if (stamp.length === length) continue;
      yield {
        path: at(label),
        message: `the stamp of "${label}" has ${stamp.length} numbers, and the cluster has ${length} nodes`,
      };
    }
  }
  if ("earlier-by-wall-clock" in expectation) {
    yield* names.unknownLabels(expectation["earlier-by-wall-clock"], path);
  }
  if ("held" in expectation) yield* names.unknownNodes([expectation.held.node], at("node"));
  if ("operations" in expectation) {
    const { node, as } = expectation.operations;
    yield* names.unknownNodes([node], at("node"));
    yield* undefinedName("operation", as, names.operations, at("as"));
  }
  if ("same-view" in expectation) {
    const { node, about, after } = expectation["same-view"];
    yield* names.unknownNodes([node], at("node"));
    yield* names.unknownNodes([about], at("about"));
    yield* names.unknownLabels(after, at("after"));
  }
  if ("exchange" in expectation) {
    const { node, with: peer, keys, hashes } = expectation.exchange;
    yield* names.unknownNodes([node], at("node"));
    yield* names.unknownNodes([peer], at("with"));
    yield* rangeProblems(keys, at("keys"));
    yield* rangeProblems(hashes, at("hashes"));
  }
  if ("state" in expectation) yield* names.unknownNodes([expectation.state.node], at("node"));
  if ("moved" in expectation) {
    const { from, to, ring, modulo, "gained-only-by": gainer } = expectation.moved;
    yield* undefinedName("snapshot", from, names.snapshots, at("from"));
    yield* undefinedName("snapshot", to, names.snapshots, at("to"));
    yield* names.unknownNodes([gainer], at("gained-only-by"));
    for (const [field, [low, high]] of Object.entries({ ring, modulo })) {
      if (low > high)
        yield { path: at(field), message: `"${field}" goes from ${low} to ${high}, which is nothing` };
    }
  }
  if ("spread" in expectation) {
    yield* names.unknownNodes([expectation.spread.about], at("about"));
    yield* names.unknownLabels([expectation.spread.after], at("after"));
  }
  yield* rangeProblems(Object.values(expectation)[0], path);
  if ("sorted-by" in expectation) {
    yield* rangeProblems(expectation["sorted-by"].reversals, at("reversals"));
  }
}

/** "count", "at-least" and "at-most" that no number can meet. */
function* rangeProblems(value: unknown, path: Path): Generator<Problem> {
  if (typeof value !== "object" || value === null) return;
  const { count, "at-least": least, "at-most": most } = value as Record<string, unknown>;
  if (typeof count === "number" && (least !== undefined || most !== undefined)) {
    yield { path: [...path, "count"], message: `"count" is exact: leave out "at-least" and "at-most"` };
  } else if (typeof least === "number" && typeof most === "number" && least > most) {
    yield { path: [...path, "at-least"], message: `no number is at least ${least} and at most ${most}` };
  }
}
