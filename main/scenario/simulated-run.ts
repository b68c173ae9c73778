/** The folder of a simulated run whose scenario never was a file: one that a hunt has made smaller. */
import type { Scenario } from "../../shared/scenario/schema.ts";
import type { SimulationResult } from "../../shared/simulation/types.ts";
import { prepareRunFolder, writeRunFolder } from "./run-folder.ts";
import { scenarioText } from "./scenario-text.ts";

/** Throws LabError when the folder cannot be written. */
export function writeSimulatedRun(folder: string, scenario: Scenario, result: SimulationResult): void {
  const { seed, version, verdict, record, traceSha256, virtualMs: ms, reached } = result;
  const { name } = scenario;
  const text = scenarioText(scenario);
  prepareRunFolder(folder);
  writeRunFolder(folder, {
    name,
    text,
    world: "simulated",
    seed,
    version,
    verdict,
    record,
    traceSha256,
    ms,
    reached,
  });
}
