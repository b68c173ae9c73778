/** Every operation of the disk under 500 steps of a workload, in ten lives. */
import { afterAll, describe, it } from "vitest";
import { cutPowerAtEach, failEach, removeEverything } from "./every-io.ts";

afterAll(removeEverything);

describe.each(["sqlite", "file"] as const)("with everything of kind %s", (kind) => {
  const lives = Array.from({ length: 10 }, (_, life) => life);

  it.each(lives)("fails each write, flush and rename of life %i in turn, once and for good", async (life) => {
    console.log(`${kind}, life ${life}: ${await failEach({ kind, life, stepsInLife: 50, every: 1 })} faults`);
  });

  it.each(lives)("loses its power at each operation of life %i", async (life) => {
    const starts = await cutPowerAtEach({ kind, life, stepsInLife: 50, every: 1 });
    console.log(`${kind}, life ${life}: ${starts} starts after a power cut`);
  });
});
