/** A scenario simulated from beginning to end. */
import { Simulation } from "./simulation.ts";
import type { SimulationOptions, SimulationResult } from "./types.ts";

/** A run that never ends by itself is ended after this much virtual time, as "unknown". */
const virtualMsMax = 25 * 3_600_000;
const strideMs = 60_000;

export function simulate(options: SimulationOptions): SimulationResult {
  const simulation = new Simulation(options);
  while (simulation.virtualMs < virtualMsMax && simulation.advance(strideMs));
  return simulation.result();
}
