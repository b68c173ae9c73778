/** Demonstrations on real processes: what holds on virtual time must hold here. */
import { join } from "node:path";
import { expect } from "vitest";
import { runScenario } from "../../main/scenario/real-run.ts";
import { type Scenario, scenarioSchema } from "../../shared/scenario/schema.ts";
import { complaints, demonstrations, sourceOf } from "./scenarios.ts";

/** More than half of the time of all: 34 nodes, 10,000 synced writes, hints that are given time to arrive. */
const slow: readonly string[] = [
  "13-hinted-handoff.yaml",
  "15-merkle-anti-entropy.yaml",
  "20-gossip-spreads.yaml",
];

export const slowDemonstrations = demonstrations.filter((file) => slow.includes(file));
export const quickDemonstrations = demonstrations.filter((file) => !slow.includes(file));

const workerEntry = join(import.meta.dirname, "../../main/worker/main.ts");

/** As the file has it, but for patience: a machine that stands still for seconds violates nothing. */
export function patient(file: string): Scenario {
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

export async function expectToHold(scenario: Scenario): Promise<void> {
  const { verdict } = await runScenario({ scenario, seed: 1, workerEntry, version: "test" });
  expect(complaints(verdict)).toEqual([]);
  expect(verdict.verdict).toBe("holds");
}
