/**
 * Makes a failing scenario small: the same expectation still fails, with as few faults, operations, steps and nodes as
 * can be found by taking things away.
 *
 * Storm and load are first written out as a plan, so that taking one fault away leaves all others where they were.
 * Lists are reduced by delta debugging (Zeller and Hildebrandt 2002, "Simplifying and Isolating Failure-Inducing
 * Input", ddmin), so the result is 1-minimal in each list: no single fault, operation or step can be left out. Rounds
 * over all lists repeat until nothing more goes, or the budget is spent.
 */
import type { NodeId } from "../ids.ts";
import { sensible } from "../scenario/parse/sense.ts";
import { expand } from "../scenario/plan.ts";
import type { Action, Expectation, Scenario, Step } from "../scenario/schema.ts";

export interface MinimiseOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Runs the candidate: true when it fails in the same way. It is asked only about scenarios that make sense. */
  fails(candidate: Scenario): boolean;
  /** Candidates to try at most. */
  readonly budget: number;
  /** Called after each attempt; false stops, with what is smallest so far. */
  goOn?(tried: number, smallest: Sizes): boolean;
}

export interface Sizes {
  readonly nodes: number;
  readonly faults: number;
  readonly operations: number;
}

export interface Minimised {
  readonly scenario: Scenario;
  readonly before: Sizes;
  readonly after: Sizes;
  readonly tried: number;
  /** False: the budget or the caller ended it early; still failing, perhaps not minimal. */
  readonly isMinimal: boolean;
}

const faultNames = new Set<Action["name"]>([
  "kill",
  "pause",
  "stop",
  "wipe",
  "old-disk",
  "partition",
  "isolate",
  "cut",
  "flap",
  "link",
  "clog",
  "rule",
  "clock",
  "disk",
  "restart",
  "resume",
  "heal",
]);

/** Storm and load count only where they are written out. */
export function sizesOf(scenario: Scenario): Sizes {
  const planned = scenario.planned ?? { faults: [], operations: [] };
  let faults = planned.faults.length;
  let operations = planned.operations.length;
  for (const { do: actions, repeat } of scenario.steps) {
    for (const { name } of actions) {
      if (faultNames.has(name)) faults += repeat?.times ?? 1;
      else operations += repeat?.times ?? 1;
    }
  }
  return { nodes: scenario.cluster.nodes.length, faults, operations };
}

/** The scenario must fail with this seed, and the budget be 1 at least. Throws RangeError when it does not. */
export function minimise(options: MinimiseOptions): Minimised {
  const whole = expand(options.scenario, options.seed);
  const before = sizesOf(whole);
  const search = new Search(options, before);
  if (!search.isFailing(whole)) {
    throw new RangeError("The expanded scenario does not fail with this seed: nothing to make smaller.");
  }
  const scenario = search.reduce(whole);
  return {
    scenario,
    before,
    after: sizesOf(scenario),
    tried: search.tried,
    isMinimal: !search.isSpent,
  };
}

/**
 * Something must happen, and is missing. With fewer nodes or acts it would be missing because nothing is there to do it,
 * which any core would show: only faults are taken away then.
 */
function isDemand(expectation: Expectation): boolean {
  const range =
    "event" in expectation ? expectation.event : "operations" in expectation ? expectation.operations : null;
  if (range === null) return false;
  const usual = range["at-most"] === undefined ? 1 : 0;
  return (range.count ?? range["at-least"] ?? usual) > 0;
}

class Search {
  tried = 0;
  isSpent = false;
  #smallest: Sizes;
  #hasProgressed = false;
  readonly #options: MinimiseOptions;

  constructor(options: MinimiseOptions, whole: Sizes) {
    this.#options = options;
    this.#smallest = whole;
  }

  /** Whoever asks goes on with a candidate that fails: it is the smallest so far. */
  isFailing(candidate: Scenario): boolean {
    if (sensible(candidate).length > 0) return false;
    const options = this.#options;
    if (this.tried >= options.budget) this.isSpent = true;
    if (this.isSpent) return false;
    this.tried += 1;
    const isFailing = options.fails(candidate);
    if (isFailing) {
      this.#hasProgressed = true;
      this.#smallest = sizesOf(candidate);
    }
    if (options.goOn && !options.goOn(this.tried, this.#smallest)) this.isSpent = true;
    return isFailing;
  }

  /** A round in which nothing goes any more is the last. */
  reduce(whole: Scenario): Scenario {
    let smallest = whole;
    do {
      this.#hasProgressed = false;
      smallest = this.#withoutSettings(smallest);
      smallest = this.#withFewerFaults(smallest);
      if (whole.expect.some(isDemand)) continue;
      smallest = this.#withFewerOperations(smallest);
      smallest = this.#withFewerSteps(smallest);
      smallest = this.#withShorterSteps(smallest);
      smallest = this.#withFewerNodes(smallest);
    } while (this.#hasProgressed && !this.isSpent);
    return smallest;
  }

  #withFewerFaults(scenario: Scenario): Scenario {
    return this.#fewer(scenario, scenario.planned?.faults ?? [], (faults) => ({
      ...scenario,
      planned: { ...scenario.planned, operations: scenario.planned?.operations ?? [], faults: [...faults] },
    }));
  }

  #withFewerOperations(scenario: Scenario): Scenario {
    return this.#fewer(scenario, scenario.planned?.operations ?? [], (operations) => ({
      ...scenario,
      planned: { ...scenario.planned, faults: scenario.planned?.faults ?? [], operations: [...operations] },
    }));
  }

  #withFewerSteps(scenario: Scenario): Scenario {
    return this.#fewer(scenario, scenario.steps, (steps) => ({ ...scenario, steps: [...steps] }));
  }

  /** Fewer acts in each step, and fewer times. */
  #withShorterSteps(scenario: Scenario): Scenario {
    let smallest = scenario;
    for (const [index, step] of scenario.steps.entries()) {
      const rebuild = (changes: Partial<Step>): Scenario => ({
        ...smallest,
        steps: smallest.steps.with(index, { ...smallest.steps[index]!, ...changes }),
      });
      const isEnough = (acts: readonly Action[]) =>
        acts.length > 0 && this.isFailing(rebuild({ do: [...acts] }));
      if (step.do.length > 1) smallest = rebuild({ do: [...ddmin(step.do, isEnough)] });
      if (step.repeat === undefined) continue;
      for (let times = step.repeat.times; times > 1;) {
        times = Math.floor(times / 2);
        const fewer = rebuild({ repeat: { ...step.repeat, times } });
        if (!this.isFailing(fewer)) break;
        smallest = fewer;
      }
    }
    return smallest;
  }

  #fewer<Item>(scenario: Scenario, items: readonly Item[], rebuild: (items: readonly Item[]) => Scenario) {
    if (items.length === 0) return scenario;
    return rebuild(ddmin(items, (kept) => this.isFailing(rebuild(kept))));
  }

  #withFewerNodes(scenario: Scenario): Scenario {
    let smallest = scenario;
    for (const node of scenario.cluster.nodes.toReversed()) {
      const candidate = withoutNode(smallest, node);
      if (candidate !== null && this.isFailing(candidate)) smallest = candidate;
    }
    return smallest;
  }

  /** The waits stay: in a shorter calm nothing comes right in time, whatever the core. */
  #withoutSettings(scenario: Scenario): Scenario {
    const { network, ...plain } = scenario;
    return network !== undefined && this.isFailing(plain) ? plain : scenario;
  }
}

/** The smallest list found that still fails, in the same order. `fails(items)` is known to be true; `[]` is tried. */
export function ddmin<Item>(
  items: readonly Item[],
  fails: (kept: readonly Item[]) => boolean,
): readonly Item[] {
  if (items.length === 0 || fails([])) return [];
  let kept = items;
  for (let chunk = Math.ceil(kept.length / 2); ;) {
    let start = 0;
    while (start < kept.length && kept.length > 1) {
      const candidate = [...kept.slice(0, start), ...kept.slice(start + chunk)];
      if (candidate.length > 0 && fails(candidate)) kept = candidate;
      else start += chunk;
    }
    if (chunk === 1) return kept;
    chunk = Math.ceil(chunk / 2);
  }
}

/** Without the node and all that is done to it or through it; null when the scenario makes no sense without it. */
function withoutNode(scenario: Scenario, node: NodeId): Scenario | null {
  const nodes = scenario.cluster.nodes.filter((other) => other !== node);
  if (nodes.length === 0) return null;
  const names = (value: unknown): boolean =>
    value === node || (Array.isArray(value) && value.some(names)) || isObjectNaming(value, names);
  if (names(scenario.expect) || names(scenario.label) || names(scenario.steps)) return null;
  const { n } = scenario.cluster;
  if (n !== undefined && n > nodes.length) return null;
  const { faults, operations } = scenario.planned ?? { faults: [], operations: [] };
  const kept = <Item extends { readonly do: Action }>(items: readonly Item[]) =>
    items.filter((item) => !names(item.do.value));
  return {
    ...scenario,
    cluster: { ...scenario.cluster, nodes },
    planned: {
      ...scenario.planned,
      faults: withSides(kept(faults), faults, node),
      operations: kept(operations),
    },
  };
}

type PlannedFault = NonNullable<Scenario["planned"]>["faults"][number];

/** A partition loses the node from its sides and stays, as long as two sides are left. */
function withSides(
  kept: readonly PlannedFault[],
  all: readonly PlannedFault[],
  node: NodeId,
): PlannedFault[] {
  const keptSet = new Set(kept);
  const faults: PlannedFault[] = [];
  for (const fault of all) {
    if (keptSet.has(fault)) faults.push(fault);
    else if (fault.do.name === "partition") {
      const groups = fault.do.value.groups
        .map((group) => group.filter((other) => other !== node))
        .filter((group) => group.length > 0);
      if (groups.length > 1) faults.push({ ...fault, do: { name: "partition", value: { groups } } });
    }
  }
  return faults;
}

function isObjectNaming(value: unknown, names: (value: unknown) => boolean): boolean {
  return typeof value === "object" && value !== null && Object.values(value).some(names);
}
