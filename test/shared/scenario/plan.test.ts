import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expand, planOf } from "../../../shared/scenario/plan.ts";
import { type Action, faultKinds, type Plan } from "../../../shared/scenario/schema.ts";
import { scenario, seeds, weathers } from "./scenarios.ts";

/** What is wrong at the end of a plan: faults that began and did not end. */
function leftOver(faults: Plan["faults"]): string[] {
  const wrong = new Set<string>();
  for (const { do: action } of faults) {
    for (const over of endedBy(action, wrong)) wrong.delete(over);
    const begun = begunBy(action);
    if (begun !== null) wrong.add(begun);
  }
  return [...wrong];
}

function begunBy({ name, value }: Action): string | null {
  switch (name) {
    case "kill":
      return `down ${value}`;
    case "pause":
      return `paused ${value}`;
    case "partition":
    case "isolate":
    case "cut":
    case "flap":
      return "cut";
    case "clog":
      return "clogged";
    case "link": {
      const { from, to, ...settings } = value;
      const isAtRest = Object.values(settings).every((setting) => setting === 0 || setting === null);
      return isAtRest ? null : `${from} ${to} ${Object.keys(settings).join(" ")}`;
    }
    case "clock":
      return value.offset === 0 && value.drift === 0 ? null : `clock ${value.node}`;
    case "disk":
      return value.slow === undefined || value.slow === 0 ? null : `disk ${value.node}`;
    default:
      return null;
  }
}

function endedBy({ name, value }: Action, wrong: ReadonlySet<string>): string[] {
  switch (name) {
    case "restart":
      return [`down ${value.node}`];
    case "resume":
      return [`paused ${value}`];
    case "heal":
      return value === "cuts" ? ["cut"] : [...wrong].filter((one) => !/^(down|paused|clock|disk)/.test(one));
    case "link": {
      const { from, to, ...settings } = value;
      return [`${from} ${to} ${Object.keys(settings).join(" ")}`];
    }
    case "clock":
    case "disk":
      return [`${name} ${value.node}`];
    default:
      return [];
  }
}

describe("a plan", () => {
  it("is the same for the same seed, and another for another", () => {
    fc.assert(
      fc.property(weathers, seeds, (made, seed) => {
        expect(planOf(made, seed)).toEqual(planOf(made, seed));
      }),
    );
    const made = scenario({ storm: { for: "20s", faults: ["kill", "loss"] }, load: { for: "20s" } });
    const plans = [0, 1, 2 ** 32, Number.MAX_SAFE_INTEGER].map((seed) => JSON.stringify(planOf(made, seed)));
    expect(new Set(plans).size).toBe(4);
  });

  it("ends every fault within the storm, in time order, and leaves nothing wrong", () => {
    fc.assert(
      fc.property(weathers, seeds, (made, seed) => {
        const { faults, until } = planOf(made, seed);
        expect(until).toBe(made.storm!.for);
        const times = faults.map(({ at }) => at);
        expect(times).toEqual([...times].sort((a, b) => a - b));
        expect(times.every((at) => at >= 0 && at <= until!)).toBe(true);
        expect(leftOver(faults)).toEqual([]);
      }),
    );
  });

  it("kills and pauses no node that is down or paused already", () => {
    fc.assert(
      fc.property(weathers, seeds, (made, seed) => {
        const away = new Set<string>();
        for (const { do: action } of planOf(made, seed).faults) {
          if (action.name === "kill" || action.name === "pause") {
            expect(away).not.toContain(action.value);
            away.add(action.value);
          } else if (action.name === "restart") away.delete(action.value.node);
          else if (action.name === "resume") away.delete(action.value);
        }
      }),
    );
  });

  it("moves the ring once at a time, gives a leave its time, and the keys a rest", () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const storm = { for: "5m", every: "300ms", faults: ["join", "leave", "kill"] as const };
      const { faults } = planOf(scenario({ storm: { ...storm, faults: [...storm.faults] } }), seed);
      const moves = faults.filter(({ do: { name } }) => name === "add" || name === "remove");
      expect(moves.length).toBeGreaterThan(20);
      for (const [index, { at, do: action }] of moves.entries()) {
        const before = moves[index - 1];
        const isEnd = index % 2 === 1;
        if (before === undefined) continue;
        if (isEnd) expect(action.value).toBe(before.do.value);
        expect(at - before.at).toBeGreaterThanOrEqual(isEnd && at < 300_000 ? 3_000 : isEnd ? 0 : 2_000);
      }
    }
  });

  it("draws every kind of fault that it may", () => {
    for (const kind of faultKinds) {
      const { faults } = planOf(scenario({ storm: { for: "60s", faults: [kind] } }), 1);
      expect(faults.length, kind).toBeGreaterThan(10);
    }
    const { faults } = planOf(scenario({ storm: { for: "10m", faults: [...faultKinds] } }), 1);
    const names = new Set(faults.map(({ do: { name } }) => name));
    expect([...names].sort()).toEqual([
      "add",
      "clock",
      "clog",
      "cut",
      "disk",
      "flap",
      "heal",
      "isolate",
      "kill",
      "link",
      "partition",
      "pause",
      "remove",
      "restart",
      "resume",
    ]);
  });

  it("makes a load of the size asked for, and writes every value once", () => {
    const asked = { w: 1, sloppy: true, consistency: "causal" } as const;
    const mix = { put: 2, get: 1, delete: 1, mint: 0 };
    const made = scenario({ load: { clients: 4, rate: 100, for: "60s", keys: 5, mix, ...asked } });
    const { operations } = planOf(made, 3);
    expect(operations.length).toBeGreaterThan(5_600);
    expect(operations.length).toBeLessThan(6_400);
    const values = operations.flatMap(({ do: action }) =>
      action.name === "put" ? [action.value.value] : [],
    );
    expect(new Set(values).size).toBe(values.length);
    expect(values.length / operations.length).toBeGreaterThan(0.45);
    expect(values).toContain("c1-17");
    expect(new Set(operations.map(({ client }) => client))).toEqual(new Set(["c1", "c2", "c3", "c4"]));
    expect(operations.every(({ at }) => at >= 0 && at <= 60_000)).toBe(true);
    for (const { do: action } of operations) expect(action.value).toMatchObject(asked);
    const keys = operations.flatMap(({ do: action }) => (action.name === "get" ? [action.value.key] : []));
    expect(new Set(keys)).toEqual(new Set(["k1", "k2", "k3", "k4", "k5"]));
    expect(operations.some(({ do: { name } }) => name === "mint")).toBe(false);
  });

  it("keeps each client to its node where it is told so", () => {
    const { operations } = planOf(scenario({ load: { for: "10s", stick: true, clients: 5 } }), 3);
    const nodes = new Map<string, Set<string>>();
    for (const { client, do: action } of operations) {
      const { node } = action.value as { node: string };
      nodes.set(client, (nodes.get(client) ?? new Set()).add(node));
    }
    expect(nodes.size).toBe(5);
    for (const [, of] of nodes) expect(of.size).toBe(1);
  });

  it("leaves the storm where it was when the load changes", () => {
    const storm = { for: "20s", faults: ["kill", "partition"] } as const;
    const faults = (rate: number) =>
      planOf(scenario({ storm: { ...storm, faults: [...storm.faults] }, load: { for: "20s", rate } }), 5)
        .faults;
    expect(faults(10)).toEqual(faults(50));
  });

  it("brought along, counts alone", () => {
    const planned = { faults: [{ at: "1s", do: { kill: "A" } }] };
    const made = scenario({ planned, storm: { for: "20s", faults: ["pause"] }, load: { for: "5s" } });
    expect(planOf(made, 9)).toEqual({
      faults: [{ at: 1_000, do: { name: "kill", value: "A" } }],
      operations: [],
    });
  });
});

describe("a scenario written out", () => {
  it("has its plan, no storm and no load, and stays as it is under any seed", () => {
    fc.assert(
      fc.property(weathers, seeds, seeds, (made, seed, other) => {
        const { storm, load, planned, ...others } = expand(made, seed);
        const { storm: _storm, load: _load, ...before } = made;
        expect([storm, load]).toEqual([undefined, undefined]);
        expect(others).toEqual(before);
        expect(planned).toEqual(planOf(made, seed));
        expect(planOf(expand(made, seed), other)).toEqual(planned);
      }),
    );
  });
});
