import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asNodeId } from "../../../shared/ids.ts";
import { expand } from "../../../shared/scenario/plan.ts";
import { ScenarioRun } from "../../../shared/scenario/run.ts";
import type { Scenario } from "../../../shared/scenario/schema.ts";
import { scenario, seeds, weathers } from "./scenarios.ts";
import { ok, ScriptedWorld } from "./scripted-world.ts";

/** All that a run asks for, with its times. */
function played(made: Scenario, seed: number, isLate = false): ScriptedWorld {
  const world = new ScriptedWorld(made, seed, isLate);
  world.give({ kind: "tick" });
  world.play(3_600_000 * 4);
  expect(world.run.isOver).toBe(true);
  return world;
}

/** A storm beside steps of every kind that does not depend on who runs. */
const stormy = weathers.map((made): Scenario => ({
  ...made,
  steps: scenario({
    steps: [
      { do: { note: "a" }, repeat: { times: 3, every: 700 } },
      {
        background: true,
        do: { get: { node: "A", key: "k", client: "c1" } },
        repeat: { times: 5, every: 90 },
      },
      { at: 3_000, do: { flap: { from: "A", to: "B", up: 40, down: 60 } } },
      { when: { idle: true }, do: { put: { node: "A", key: "k", value: "v" } } },
    ],
  }).steps,
}));

/** A run that waits for its first call. */
const begun = () => {
  const run = new ScenarioRun(scenario({ steps: [{ do: { get: { node: "A", key: "k" } } }] }), 0);
  run.step({ kind: "tick" }, 0);
  return run;
};

describe("a run", () => {
  it("asks the same of the world when storm and load are written out", () => {
    fc.assert(
      fc.property(stormy, seeds, seeds, (made, seed, other) => {
        expect(played(expand(made, seed), other).lines).toEqual(played(made, seed).lines);
      }),
      { numRuns: 40 },
    );
  });

  it("is moved by nothing but inputs: more ticks change nothing", () => {
    fc.assert(
      fc.property(
        stormy,
        seeds,
        fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 20 }),
        (made, seed, times) => {
          const world = new ScriptedWorld(made, seed);
          world.give({ kind: "tick" });
          for (const at of [...times].sort((a, b) => a - b)) {
            world.play(at);
            if (!world.run.isOver) world.give({ kind: "tick" });
          }
          world.play(3_600_000);
          expect(world.lines).toEqual(played(made, seed).lines);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("leaves every node running and every link healed when the calm begins", () => {
    fc.assert(
      fc.property(weathers, seeds, fc.boolean(), (made, seed, isLate) => {
        const world = played(made, seed, isLate);
        const last = world.run.record([]).final;
        expect(last.filter(({ running }) => !running)).toEqual([]);
        expect(world.lines.some((line) => line.endsWith("heal everything"))).toBe(true);
        expect(world.lines.filter((line) => line.includes("Left out"))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it("has at most one call of a client under way, each with its place in one order", () => {
    fc.assert(
      fc.property(weathers, seeds, (made, seed) => {
        const { calls } = played(made, seed).run;
        const places = calls.flatMap(({ invoked, returned }) => [invoked, returned]).sort((a, b) => a - b);
        expect(places).toEqual(places.map((_, index) => index + 1));
        const free = new Map<string, number>();
        for (const { call, invoked, returned, invokedAt, returnedAt } of calls) {
          expect(invoked).toBeGreaterThan(free.get(call.client) ?? 0);
          expect(returnedAt!).toBeGreaterThanOrEqual(invokedAt);
          free.set(call.client, returned);
        }
        expect(calls.map(({ call: { id } }) => id)).toEqual(calls.map((_, index) => index + 1));
      }),
      { numRuns: 40 },
    );
  });

  it.each([true, false])(
    "sees the newcomer it asked for, whenever the lab's events come (late: %s)",
    (isLate) => {
      const steps = [{ do: { add: "D" } }, { when: { settled: true as const }, do: { note: "settled" } }];
      const world = new ScriptedWorld(scenario({ steps }), 0, isLate);
      world.give({ kind: "tick" });
      world.play(100);
      expect(world.lines).toEqual(["0 step 1 of 2: add D", "0 act 1: add D"]);
      for (const node of ["A", "B", "C"]) {
        world.event(node, "member", { about: "D", status: "alive" });
        world.event("D", "member", { about: node, status: "alive" });
      }
      expect(world.run.progress.step).toBe(2);
    },
  );

  it("does not take a node's beliefs of an earlier life for those of this one", () => {
    const steps = [{ do: { restart: "C" } }, { when: { settled: true as const }, do: { note: "settled" } }];
    const world = new ScriptedWorld(scenario({ steps }), 0, true);
    world.give({ kind: "tick" });
    world.play(100);
    expect(world.run.progress.step).toBe(1);
    world.event("C", "start", {});
    world.event("C", "member", { about: "A", status: "alive" });
    world.event("C", "member", { about: "B", status: "alive" });
    expect(world.run.progress.step).toBe(2);
  });

  it("goes on when a world's clock is a little short of the time asked for", () => {
    const run = new ScenarioRun(scenario({ steps: [{ at: 4.35, do: { note: "now" } }] }), 0);
    run.step({ kind: "tick" }, 0);
    const outputs = run.step({ kind: "tick" }, 4.35 - 1e-9);
    expect(outputs.map(({ kind }) => kind)).toEqual(["step", "fault"]);
  });

  it("tells how far it has come", () => {
    const world = new ScriptedWorld(
      scenario({ steps: [{ do: { kill: "A" } }, { after: "1s", do: { restart: "A" } }] }),
    );
    expect(world.run.progress).toEqual({ step: 0, of: 2, words: "" });
    world.give({ kind: "tick" });
    expect(world.run.progress).toEqual({ step: 1, of: 2, words: "kill A" });
    world.play(5_000);
    expect(world.run.progress).toEqual({ step: 2, of: 2, words: "restart A" });
    expect(world.run.deadline).toBeNull();
  });

  it("is told when a world answers what was not asked", () => {
    expect(() => begun().step({ kind: "returned", call: 2, answer: ok() }, 1)).toThrow(
      "Call 2 is not under way",
    );
    expect(() => begun().step({ kind: "done", id: 7 }, 1)).toThrow("Act 7 is not under way");
    expect(() => begun().step({ kind: "observed", id: 7, views: [] }, 1)).toThrow(
      "Observation 7 was not asked for",
    );
  });

  it("gives up an act that nothing came of", () => {
    const run = new ScenarioRun(scenario({ steps: [{ do: { kill: "A" } }] }), 0);
    run.step({ kind: "tick" }, 0);
    expect(run.step({ kind: "tick" }, 59_000)).toEqual([]);
    expect(run.step({ kind: "tick" }, 60_000)).toMatchObject([{ kind: "observe", label: "end" }]);
    expect(run.broken).toBe(
      'Step 1 (kill A) could not be carried out: nothing came of "kill A" within 60 s.',
    );
    // Too late, but no mistake.
    run.step({ kind: "done", id: 1 }, 60_001);
    run.step({ kind: "observed", id: 2, views: [] }, 60_002);
    expect(run.isOver).toBe(true);
  });

  it("records the nodes that came and the snapshots that were taken", () => {
    const world = played(
      scenario({ steps: [{ do: [{ kill: "C" }, { snapshot: "without C" }, { add: "D" }] }] }),
      0,
    );
    const record = world.run.record(world.events);
    expect(record.nodes).toEqual(["A", "B", "C", "D"].map(asNodeId));
    const running = (name: string) =>
      record.snapshots
        .get(name)!
        .filter((view) => view.running)
        .map((view) => view.node);
    expect(running("without C")).toEqual(["A", "B"]);
    expect(record.final.filter((view) => view.running).map((view) => view.node)).toEqual(["A", "B", "D"]);
    expect(record.events).toBe(world.events);
  });
});
