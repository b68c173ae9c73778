/** What a scenario asks for that no real disk does on demand. */
import type { Action, FaultKind, Scenario } from "../../shared/scenario/schema.ts";
import { actionWords } from "../../shared/scenario/words.ts";

const onlySimulatedActs: ReadonlySet<Action["name"]> = new Set(["disk", "old-disk"]);
const onlySimulatedFaults: ReadonlySet<FaultKind> = new Set(["slow-disk", "tear"]);

/** One sentence about the first of it; null when real processes can play the scenario. */
export function whyOnlySimulated({ steps, planned, storm }: Scenario): string | null {
  const instead = 'only simulated disks do that: run it with "lightcone simulate".';
  for (const [index, step] of steps.entries()) {
    const act = step.do.find(({ name }) => onlySimulatedActs.has(name));
    if (act !== undefined) return `Step ${index + 1} has "${actionWords(act)}"; ${instead}`;
  }
  const fault = planned?.faults.find(({ do: { name } }) => onlySimulatedActs.has(name));
  if (fault !== undefined) return `A planned fault is "${actionWords(fault.do)}"; ${instead}`;
  const kind = storm?.faults.find((name) => onlySimulatedFaults.has(name));
  return kind === undefined ? null : `The storm has "${kind}" among its faults; ${instead}`;
}
