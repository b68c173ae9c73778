/** A scenario as a run: the same at one go and in steps, judged at its end, and comparable event by event. */
import { describe, expect, it } from "vitest";
import { nativeHasher } from "../../../main/scenario/native-hasher.ts";
import { type ScenarioSource, scenarioSchema } from "../../../shared/scenario/schema.ts";
import { canonicalLine, firstDifference } from "../../../shared/simulation/canonical.ts";
import { Simulation } from "../../../shared/simulation/simulation.ts";
import { simulate } from "../../../shared/simulation/simulate.ts";
import type { SimulationOptions } from "../../../shared/simulation/types.ts";
import type { RecordedEvent } from "../../../shared/trace/event.ts";

const source: ScenarioSource = {
  name: "a write, a crash, a read",
  cluster: { nodes: ["A", "B", "C"] },
  steps: [
    { do: { put: { node: "A", key: "k", value: "v", as: "write" } } },
    { do: [{ snapshot: "before" }, { kill: "B" }] },
    { after: "1s", do: { get: { node: "C", key: "k", as: "read" } } },
    { do: { restart: "B" } },
    { when: { settled: true }, do: { note: "all are back" } },
  ],
  label: { killed: { action: "kill", node: "B" }, back: { action: "note" } },
  expect: [
    { operations: { f: "get", outcome: "ok", value: "v", count: 1 } },
    { order: ["killed", "back"] },
    { converged: true },
  ],
};

const options = (seed = 7, changed: Partial<SimulationOptions> = {}): SimulationOptions => ({
  scenario: scenarioSchema.parse(source),
  seed,
  version: "test",
  buggify: false,
  hasher: nativeHasher(),
  ...changed,
});

describe("a simulated run", () => {
  it("carries out the steps, records them on the lab's lane, and is judged", () => {
    const { verdict, record, events, virtualMs } = simulate(options());
    expect(verdict).toMatchObject({ verdict: "holds", broken: null });
    expect(record.events).toHaveLength(events);
    expect(record.events.map(({ id }) => id)).toEqual(record.events.map((_, i) => i + 1));
    expect(virtualMs).toBeGreaterThan(1_000);
    const lab = record.events.filter(({ node }) => node === "lab").map(({ name }) => name);
    const names = [
      "cluster",
      ...["A", "B", "C"].map(() => "node-added"),
      ...["A", "B", "C"].map(() => "node-started"),
    ];
    expect(lab.slice(0, 7)).toEqual(names);
    expect(lab.slice(7)).toEqual([
      "step",
      "step",
      "kill",
      "exited",
      "step",
      "step",
      "restart",
      "node-started",
      "step",
      "note",
    ]);
    expect([...record.snapshots.keys()]).toEqual(["before"]);
    expect(record.final.map(({ node, running }) => `${node} ${running}`)).toEqual([
      "A true",
      "B true",
      "C true",
    ]);
  });

  it("is the same in steps of any size, and tells every event once", () => {
    const whole = simulate(options());
    for (const stride of [0.5, 3, 1_000]) {
      const told: RecordedEvent[] = [];
      const simulation = new Simulation(options(7, { onEvents: (events) => told.push(...events) }));
      while (simulation.advance(stride));
      expect(simulation.result().traceSha256, `in steps of ${stride} ms`).toBe(whole.traceSha256);
      expect(told.map(canonicalLine)).toEqual(whole.record.events.map(canonicalLine));
    }
    const few = new Simulation(options());
    let calls = 1;
    for (let before = 0; few.advance(1_000, 3); calls += 1) {
      // One thing that happens makes a few events at most: it stops where it is told to, inside a stride.
      expect(few.events - before).toBeLessThan(100);
      before = few.events;
    }
    expect(calls).toBeGreaterThan(whole.events / 100);
    expect(few.result().traceSha256).toBe(whole.traceSha256);
  });

  it("has the same hash by the portable hasher, and without keeping its events", () => {
    const { hasher: _, ...portable } = options();
    const { traceSha256 } = simulate(options());
    expect(simulate(portable).traceSha256).toBe(traceSha256);
    const thrifty = simulate(options(7, { keepEvents: false }));
    expect(thrifty.traceSha256).toBe(traceSha256);
    expect(thrifty.record.events).toEqual([]);
  });

  it("is the same run when nobody wants its hash", () => {
    const hashed = simulate(options());
    const { traceSha256, ...plain } = simulate(options(7, { hasher: null }));
    expect(traceSha256).toBe("");
    expect(plain).toEqual({ ...hashed, traceSha256: undefined });
    expect(plain.record.events.map(canonicalLine)).toEqual(hashed.record.events.map(canonicalLine));
  });

  it("says at which event a changed scenario first goes another way", () => {
    const changed = structuredClone(source);
    (changed.steps![0]!.do as { put: { value: string } }).put.value = "another";
    const [ours, theirs] = [source, changed].map((each) => {
      return simulate(options(7, { scenario: scenarioSchema.parse(each) })).record.events;
    });
    // The step's own words are the first thing that differs.
    expect(firstDifference(ours!, theirs!)).toMatchObject({
      ours: expect.stringContaining('"step"'),
      theirs: expect.stringContaining("another"),
    });
    expect(firstDifference(ours!, structuredClone(ours!))).toBeNull();
  });

  it("is unknown when it is ended early, and when a condition never comes true", () => {
    const early = new Simulation(options());
    early.advance(500);
    expect(early.result().verdict).toMatchObject({
      verdict: "unknown",
      broken: expect.stringMatching(/ended after 0\.5/),
    });

    const never = scenarioSchema.parse({
      name: "never",
      cluster: { nodes: 2 },
      steps: [{ when: { event: { name: "conflict" } }, within: "2s", do: { note: "so it is" } }],
    });
    const result = simulate(options(1, { scenario: never }));
    expect(result.verdict.verdict).toBe("unknown");
    expect(result.verdict.broken).not.toBeNull();
  });

  it("says why when the cluster never becomes ready", () => {
    const scenario = scenarioSchema.parse({ name: "deaf", cluster: { nodes: 2 }, network: { loss: 1 } });
    const { verdict } = simulate(options(1, { scenario }));
    expect(verdict).toMatchObject({
      verdict: "unknown",
      broken: expect.stringMatching(/not ready after 60 s/),
    });
  });
});

it("begins after the beliefs that made the cluster ready are in the trace", () => {
  for (let seed = 0; seed < 300; seed += 1) {
    const scenario = scenarioSchema.parse({
      name: "ready",
      cluster: { nodes: ["A", "B", "C"] },
      steps: [{ do: { note: "begun" } }],
      end: "10ms",
    } satisfies ScenarioSource);
    const { record } = simulate({ scenario, seed, version: "test", buggify: false, hasher: null });
    const begun = record.events.findIndex(({ name }) => name === "step");
    const late = record.events.slice(begun).filter(({ name }) => name === "member");
    expect(late, `seed ${seed}`).toEqual([]);
  }
});
