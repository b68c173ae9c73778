/** The demonstrations on real processes: what holds on virtual time must hold here. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { runScenario } from "../../main/scenario/real-run.ts";
import { type Scenario, scenarioSchema } from "../../shared/scenario/schema.ts";
import { complaints, demonstrations, sourceOf } from "./scenarios.ts";

const workerEntry = join(import.meta.dirname, "../../main/worker/main.ts");

/** As the file has it, but for patience: a machine that stands still for seconds violates nothing. */
function patient(file: string): Scenario {
  const source = sourceOf(file);
  const { cluster, steps = [] } = source;
  cluster.requestTimeout ??= "7s";
  for (const step of steps) if (step.when !== undefined) step.within = "60s";
  // The longer a round of gossip, the less of it a stall takes.
  for (const name of ["gossipInterval", "pushPullInterval"] as const) {
    const interval = cluster.membership?.[name];
    if (typeof interval === "number") cluster.membership![name] = interval * 2;
  }
  return scenarioSchema.parse(source);
}

it.each(demonstrations)("%s holds on real processes", async (file) => {
  const { verdict } = await runScenario({ scenario: patient(file), seed: 1, workerEntry, version: "test" });
  expect(complaints(verdict)).toEqual([]);
  expect(verdict.verdict).toBe("holds");
});

it("18-crash-amnesia.yaml holds on real processes that keep nothing at all", async () => {
  const scenario = patient("18-crash-amnesia.yaml");
  const storage = { log: "memory", snapshots: "memory" } as const;
  const forgetful = { ...scenario, cluster: { ...scenario.cluster, storage } };
  const { verdict } = await runScenario({ scenario: forgetful, seed: 1, workerEntry, version: "test" });
  expect(complaints(verdict)).toEqual([]);
  expect(verdict.verdict).toBe("holds");
});
