/** Failing scenarios made small: what comes out still fails, is a scenario, and is never larger. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseScenario } from "../../../shared/scenario/parse.ts";
import type { Scenario } from "../../../shared/scenario/schema.ts";
import { scenarioToYaml } from "../../../shared/scenario/write.ts";
import { minimise, type MinimiseOptions, type Sizes } from "../../../shared/simulation/minimise.ts";
import { simulate } from "../../../shared/simulation/simulate.ts";

const storm = parseScenario(
  `name: storm
cluster: { nodes: 5, n: 3, r: 2, w: 2 }
load: { clients: 2, rate: 10, for: 4s, keys: 2, mix: { put: 1, get: 1 } }
storm: { for: 4s, every: 400ms, faults: [kill, pause, partition, isolate, one-way, loss, delay] }
calm: 2s
steps:
  - at: 1s
    do: { put: { node: node-1, key: k1, value: v } }
    background: true
expect:
  - operations: { f: put, outcome: unknown, count: 0 }
`,
  "storm.yaml",
);

const isViolated = (scenario: Scenario, seed: number) =>
  simulate({ scenario, seed, version: "test", buggify: true }).verdict.verdict === "violated";
const readBack = (scenario: Scenario) => parseScenario(scenarioToYaml(scenario), "small.yaml");

const isNoLarger = (small: Sizes, large: Sizes) =>
  small.nodes <= large.nodes && small.faults <= large.faults && small.operations <= large.operations;

const plannedOf = ({ planned }: Scenario) => planned ?? { faults: [], operations: [] };

const say = (node: string) => `{ broadcast: { node: ${node}, text: t } }`;

/** A failure by its looks alone, so that thousands of candidates cost nothing: which acts and nodes must be there. */
const cause = fc.record({
  faults: fc.uniqueArray(fc.nat(30), { maxLength: 2 }),
  operations: fc.uniqueArray(fc.nat(30), { maxLength: 3 }),
  nodes: fc.integer({ min: 1, max: 5 }),
});

function byLooks(seed: number, wanted: { faults: number[]; operations: number[]; nodes: number }) {
  const whole: { faults: string[]; operations: string[] } = { faults: [], operations: [] };
  const fails = (candidate: Scenario): boolean => {
    const { faults, operations } = plannedOf(candidate);
    const there = {
      faults: faults.map((each) => JSON.stringify(each)),
      operations: operations.map((each) => JSON.stringify(each)),
    };
    // The first that is asked about is the whole.
    if (whole.operations.length === 0) Object.assign(whole, there);
    const has = (kind: "faults" | "operations") =>
      wanted[kind].every((i) => i >= whole[kind].length || there[kind].includes(whole[kind][i]!));
    return has("faults") && has("operations") && candidate.cluster.nodes.length >= wanted.nodes;
  };
  return (options: Partial<MinimiseOptions>) =>
    minimise({ scenario: storm, seed, budget: 5_000, fails, ...options });
}

describe("a failing scenario made small", () => {
  it("fails in the same way when its text is read and simulated afresh", () => {
    const failing = Array.from({ length: 12 }, (_, i) => i).filter((seed) => isViolated(storm, seed));
    expect(failing.length).toBeGreaterThan(0);
    for (const seed of failing.slice(0, 2)) {
      const { scenario, before, after, tried, isMinimal } = minimise({
        scenario: storm,
        seed,
        budget: 150,
        fails: (candidate) => isViolated(candidate, seed),
      });
      expect(isViolated(readBack(scenario), seed)).toBe(true);
      expect(scenario.expect).toEqual(storm.expect);
      expect(isNoLarger(after, before)).toBe(true);
      expect(after.operations).toBeLessThan(before.operations);
      expect(tried).toBeLessThanOrEqual(150);
      expect(isMinimal).toBe(tried < 150);
    }
  });

  it("keeps what is needed, loses every other fault and operation, and is a scenario at each step", () => {
    fc.assert(
      fc.property(fc.nat(1_000), cause, (seed, wanted) => {
        const run = byLooks(seed, wanted);
        const smaller: Sizes[] = [];
        const { scenario, before, after, isMinimal } = run({
          goOn: (_tried, smallest) => smaller.push(smallest) > 0,
        });
        expect(isMinimal).toBe(true);
        expect(readBack(scenario)).toEqual(scenario);
        expect(isNoLarger(after, before)).toBe(true);
        expect(after.faults).toBeLessThanOrEqual(wanted.faults.length);
        expect(after.operations).toBeLessThanOrEqual(wanted.operations.length + 1);
        for (const [i, sizes] of smaller.entries()) {
          expect(isNoLarger(sizes, smaller[i - 1] ?? before)).toBe(true);
        }
        expect(smaller.at(-1)).toEqual(after);
      }),
      { numRuns: 40 },
    );
  });

  it("keeps to its budget, and still fails when that is spent or the caller has enough", () => {
    fc.assert(
      fc.property(fc.nat(1_000), cause, fc.integer({ min: 1, max: 60 }), (seed, wanted, budget) => {
        const { scenario, tried } = byLooks(seed, wanted)({ budget });
        expect(tried).toBeLessThanOrEqual(budget);
        expect(readBack(scenario)).toEqual(scenario);
        const stopped = byLooks(seed, wanted)({ goOn: (attempts) => attempts < budget });
        expect(stopped.tried).toBeLessThanOrEqual(budget);
      }),
      { numRuns: 30 },
    );
  });

  it("never asks about a scenario that a file could not hold", () => {
    const { scenario } = minimise({
      scenario: storm,
      seed: 3,
      budget: 400,
      fails: (candidate) => {
        expect(readBack(candidate)).toEqual(candidate);
        return candidate.cluster.nodes.length >= 3 && plannedOf(candidate).faults.length > 0;
      },
    });
    expect(scenario.cluster.nodes).toHaveLength(3);
    expect(scenario.cluster.nodes).toContain("node-1");
  });

  it("takes acts out of a step, and times out of its repetition", () => {
    const scenario = parseScenario(
      `name: said\ncluster: { nodes: [A, B, C] }\nsteps: [{ do: [${["A", "B", "C"].map(say).join(", ")}], repeat: { times: 40, every: 10ms } }]\nexpect: [{ settled: true }]\n`,
      "said.yaml",
    );
    const small = minimise({
      scenario,
      seed: 1,
      budget: 100,
      fails: ({ steps }) => JSON.stringify(steps).includes('"B"') && steps[0]!.repeat!.times >= 3,
    });
    expect(small.before.operations).toBe(120);
    expect(small.after).toEqual({ nodes: 1, faults: 0, operations: 5 });
    expect(readBack(small.scenario)).toEqual(small.scenario);
  });

  it("leaves acts and nodes where something must happen, or it would fail because nobody is there to do it", () => {
    const demanding = { ...storm, expect: [{ operations: { f: "put", "at-least": 1_000 } as const }] };
    const { scenario, before, after } = minimise({
      scenario: demanding,
      seed: 1,
      budget: 100,
      fails: () => true,
    });
    expect(after).toEqual({ ...before, faults: 0 });
    expect(scenario.calm).toBe(storm.calm);
  });

  it("refuses one that does not fail, and one for which there is no budget", () => {
    expect(() => minimise({ scenario: storm, seed: 1, budget: 10, fails: () => false })).toThrow(RangeError);
    expect(() => minimise({ scenario: storm, seed: 1, budget: 0, fails: () => true })).toThrow(RangeError);
  });
});
