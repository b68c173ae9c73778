/** A seed is a run: the same seed gives the same trace byte for byte, whatever is done to the cluster. */
import { describe, expect, it } from "vitest";
import { storm } from "./storm.ts";

describe("a simulated cluster", () => {
  const seeds = Array.from({ length: 8 }, (_, i) => i * 7 + 1);

  it("does exactly the same again with the same seed, storms and rare paths included", () => {
    for (const seed of seeds) {
      const first = storm({ seed, nodes: 4, stormMs: 1_500, buggify: true }).sha256;
      expect(storm({ seed, nodes: 4, stormMs: 1_500, buggify: true }).sha256, `seed ${seed}`).toBe(first);
    }
  });

  it("does something else with another seed", () => {
    const hashes = seeds.map((seed) => storm({ seed, nodes: 3, stormMs: 500, buggify: false }).sha256);
    expect(new Set(hashes).size).toBe(seeds.length);
  });
});
