/** A hunt's worker whose simulator throws in every third run, and ends its thread in the seventh. */
import { Simulation } from "../../../shared/simulation/simulation.ts";

let runs = 0;
const result = Object.getOwnPropertyDescriptor(Simulation.prototype, "result")!.value as () => unknown;
Simulation.prototype.result = function (this: Simulation) {
  runs += 1;
  if (runs === 7) process.exit(1);
  if (runs % 3 === 0) throw new TypeError("nothing is no clock");
  return result.call(this);
} as never;

await import("../../../main/hunt/worker.ts");
