/** Disks of real processes, broken by a scenario as those of the simulator are. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { runScenario } from "../../../main/scenario/real-run.ts";
import { parseScenario } from "../../../shared/scenario/parse.ts";
import type { RunVerdict } from "../../../shared/scenario/run.types.ts";
import { simulate } from "../../../shared/simulation/simulate.ts";
import type { RecordedEvent } from "../../../shared/trace/event.ts";

const workerEntry = join(import.meta.dirname, "../../../main/worker/main.ts");

/** What is done to disks here and there must come to the same. */
const brokenDisks = `
  name: Disks
  cluster: { nodes: [A, B, C], n: 3, r: 2, w: 3 }
  steps:
    - do:
        - put: { node: A, key: k, value: one }
        - put: { node: A, key: other, value: one }
    - do: { snapshot: before }
    - do:
        - disk: { node: B, slow: 20ms }
        - put: { node: A, key: k, value: two }
        - disk: { node: B, slow: 0 }
        - kill: C
        - old-disk: { node: C, of: before }
        - restart: C
    - when: { settled: true }
      within: 60s
      do:
        - get: { node: C, key: k, r: 3, as: reread }
        - put: { node: C, key: third, value: one }
        - disk: { node: B, tear: true }
        - kill: B
        - restart: B
    - when: { settled: true }
      within: 60s
      do:
        - disk: { node: C, rot: 1 }
        - restart: C
    - when: { event: { node: C, name: move, detail: { about: C, kind: rebuild, phase: done } } }
      within: 60s
      do:
        - disk: { node: A, full: true }
        - put: { node: B, key: k, value: three, w: 2, as: without A }
    - when: { event: { name: exited, detail: { node: A, expected: false } } }
      within: 60s
      do:
        - disk: { node: A, full: false }
        - restart: A
    - when: { settled: true }
      within: 60s
      do:
        - disk: { node: B, fail: { operation: sync, lasts: always } }
        - put: { node: A, key: k, value: four, w: 2, as: without B }
    - when: { event: { name: exited, detail: { node: B, expected: false } } }
      within: 60s
      do: { restart: B }
    - when: { settled: true }
      within: 60s
      do: { get: { node: A, key: k, r: 3, as: last } }
  expect:
    - operations: { as: reread, outcome: ok, value: two, count: 1 }
    - operations: { as: without A, outcome: ok, count: 1 }
    - operations: { as: without B, outcome: ok, count: 1 }
    - operations: { as: last, outcome: ok, value: four, count: 1 }
    - event: { name: exited, detail: { code: 1, expected: false }, count: 2 }
    - no-lost-writes: true
    - settled: true
`;

/** Shows what does not hold. */
function expectHolds({ verdict, results, broken }: RunVerdict): void {
  expect(results.filter((result) => result.verdict !== "holds")).toEqual([]);
  expect({ verdict, broken }).toEqual({ verdict: "holds", broken: null });
}

/** What the lab did to disks and processes; copies are named differently. */
const actsIn = (events: readonly RecordedEvent[]) =>
  events
    .filter(({ op, name }) => op === "lab" && ["disk", "old-disk", "restart"].includes(name))
    .map(({ name, detail }) => [name, name === "old-disk" ? detail!["node"] : detail]);

it.each(["sqlite", "file"] as const)(
  "they break, tear, fill up and rot, with logs in %s, and it comes to the same",
  async (kind) => {
    const scenario = parseScenario(brokenDisks, "test.yaml");
    const storage = { log: kind, snapshots: kind, clocks: kind };
    // The usual second is soon over on a machine that does much else.
    const cluster = { ...scenario.cluster, requestTimeout: 7_000, storage };
    const real = await runScenario({
      scenario: { ...scenario, cluster },
      seed: 1,
      workerEntry,
      version: "0.0.0",
    });
    expectHolds(real.verdict);
    const simulated = simulate({ scenario, seed: 1, version: "0.0.0", buggify: false });
    expectHolds(simulated.verdict);
    expect(actsIn(real.record.events)).toEqual(actsIn(simulated.record.events));
  },
);
