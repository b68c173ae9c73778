/** Writes a scenario as a person would: short forms, durations with their unit, nothing that goes without saying. */
import type { Latency } from "./schema/terms.ts";
import { type Action, parseDuration, type Scenario, type ScenarioSource, type Step } from "./schema.ts";
import { type Tree, yamlOf } from "./write/yaml.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The text of a file that `parseScenario` reads as this very scenario. */
export function scenarioToYaml(scenario: Scenario): string {
  return yamlOf(sourceOf(scenario) as unknown as Tree);
}

function sourceOf(scenario: Scenario): ScenarioSource {
  const { name, about, lesson, predict, cluster, network, load, storm, planned, calm } = scenario;
  const { steps, end, label, expect } = scenario;
  return given({
    name,
    lesson,
    about,
    predict,
    cluster: clusterSource(cluster),
    network: network && linkSource(network),
    load: load && loadSource(load),
    storm: storm && timed(storm, { every: 1_000 }),
    calm: calm === undefined ? undefined : durationText(calm),
    planned: planned && plannedSource(planned),
    steps: isEmpty(steps) ? undefined : steps.map(stepSource),
    end: end === 0 ? undefined : durationText(end),
    label: isEmpty(label) ? undefined : label,
    expect: isEmpty(expect) ? undefined : expect.map(expectationSource),
  }) as unknown as ScenarioSource;
}

function clusterSource({ nodes, ...others }: Scenario["cluster"]): Fields {
  const areNumbered = nodes.every((node, index) => node === `node-${index + 1}`);
  return {
    nodes: areNumbered ? nodes.length : nodes,
    ...timed(
      {
        ...others,
        replication: others.replication && timed(others.replication),
        storage: others.storage && given(others.storage),
      },
      {
        preset: "lab",
        virtualNodes: 150,
        gossip: true,
        requestTimeout: 1_000,
        clocks: "durable",
      },
    ),
  };
}

function loadSource({ mix, ...others }: NonNullable<Scenario["load"]>): Fields {
  const shares = given(mix, { put: 1, get: 1, delete: 0, mint: 0 });
  return {
    ...timed(others, { clients: 3, rate: 20, keys: 3, stick: false }),
    ...(isEmpty(shares) ? {} : { mix: shares }),
  };
}

function plannedSource({ faults, operations, until }: NonNullable<Scenario["planned"]>): Fields {
  return given({
    faults: isEmpty(faults)
      ? undefined
      : faults.map(({ at, do: action }) => ({ at: durationText(at), do: actionSource(action) })),
    operations: isEmpty(operations)
      ? undefined
      : operations.map(({ at, client, do: action }) => ({
          at: durationText(at),
          client,
          do: actionSource(action),
        })),
    until: until === undefined ? undefined : durationText(until),
  });
}

function stepSource({ do: actions, repeat, ...others }: Step): Fields {
  const acts = actions.map(actionSource);
  return {
    ...timed(others),
    do: acts.length === 1 ? acts[0] : acts,
    ...(repeat === undefined ? {} : { repeat: timed(repeat, { every: 0 }) }),
  };
}

function expectationSource(expectation: Scenario["expect"][number]): Fields {
  if ("check" in expectation) return { check: given(expectation.check, { is: "valid" }) };
  if ("spread" in expectation) return { spread: given(expectation.spread, { "s-curve": false }) };
  return expectation;
}

function actionSource(action: Action): Fields {
  return { [action.name]: valueSource(action) };
}

function valueSource(action: Action): unknown {
  switch (action.name) {
    case "restart":
      return action.value.clock === "keep" ? action.value.node : action.value;
    case "link":
      return linkSource(action.value);
    case "broadcast":
      return given(action.value, { order: "unordered" });
    case "clock":
      return timed(action.value, { drift: 0 });
    case "flap":
    case "rule":
      return timed(action.value);
    case "disk": {
      const { fail } = action.value;
      return timed({ ...action.value, fail: fail && given(fail, { nth: 1, lasts: "once" }) });
    }
    default:
      return typeof action.value === "string" ? action.value : given(action.value);
  }
}

function linkSource({ latency, ...others }: { latency?: Latency | null | undefined }): Fields {
  return { ...given(others), ...(latency === undefined ? {} : { latency: latencySource(latency) }) };
}

function latencySource(latency: Latency | null): unknown {
  switch (latency?.kind) {
    case undefined:
      return null;
    case "constant":
      return durationText(latency.ms);
    case "uniform":
      return { min: durationText(latency.minMs), max: durationText(latency.maxMs) };
    case "exponential":
      return { mean: durationText(latency.meanMs) };
  }
}

/** Fields that hold a duration wherever they stand; where they hold something else it is no number. */
const durations: ReadonlySet<string> = new Set([
  "after",
  "at",
  "by",
  "down",
  "every",
  "antiEntropyInterval",
  "for",
  "hintLifetime",
  "offset",
  "requestTimeout",
  "slow",
  "tombstoneLifetime",
  "up",
  "within",
]);

/** What is there and differs from `usual`, with durations in words. */
const timed = (fields: object, usual: Fields = {}): Fields =>
  Object.fromEntries(
    Object.entries(given(fields, usual)).map(([name, value]) => [
      name,
      durations.has(name) && typeof value === "number" ? durationText(value) : value,
    ]),
  );

const given = (fields: object, usual: Fields = {}): Fields =>
  Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => value !== undefined && value !== usual[name]),
  );

const isEmpty = (items: object) => Object.keys(items).length === 0;

const unitsMs = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** In the largest unit that needs no decimals, or else few; a bare number of milliseconds where no text is exact. */
function durationText(ms: number): string | number {
  const sign = ms < 0 ? "-" : "";
  const size = Math.abs(ms);
  for (const [unit, unitMs] of Object.entries(unitsMs)) {
    if (size < unitMs && unit !== "ms") continue;
    const amount = size / unitMs;
    const text = `${amount}${unit}`;
    const isShort =
      Number.isInteger(amount) || (unit === "s" && Number.isInteger(amount * 10)) || unit === "ms";
    if (isShort && parseDuration(text) === size) return `${sign}${text}`;
  }
  return ms;
}
