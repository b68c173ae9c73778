import { describe, expect, it } from "vitest";
import { createRandom } from "../../../shared/replica/random.ts";

const draw = (seed: number, count: number) => {
  const random = createRandom(seed);
  return Array.from({ length: count }, random);
};

describe("createRandom", () => {
  it("gives the same sequence for the same seed, and others for others", () => {
    expect(draw(7, 100)).toEqual(draw(7, 100));
    const firsts = [0, 1, 2, -1, 2 ** 32, 2 ** 32 + 1, 2 ** 50].map((seed) => draw(seed, 3).join());
    expect(new Set(firsts).size).toBe(7);
  });

  it("is uniform in [0, 1)", () => {
    const numbers = draw(1, 20_000);
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    const buckets = Array.from({ length: 10 }, () => 0);
    for (const number of numbers) buckets[Math.floor(number * 10)]! += 1;
    for (const count of buckets) expect(Math.abs(count - 2_000)).toBeLessThan(200);
  });
});
