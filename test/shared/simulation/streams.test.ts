import { describe, expect, it } from "vitest";
import { Streams } from "../../../shared/simulation/streams.ts";

const some = (random: () => number) => Array.from({ length: 20 }, random);

describe("streams of chance", () => {
  it("gives the same numbers for the same seed and name, others for others", () => {
    const streams = new Streams(7);
    expect(some(streams.open("disk A"))).toEqual(some(new Streams(7).open("disk A")));
    expect(some(streams.open("disk A"))).not.toEqual(some(streams.open("disk B")));
    expect(some(streams.open("disk A"))).not.toEqual(some(new Streams(8).open("disk A")));
  });

  it("does not shift one stream by drawing from another", () => {
    const [touched, plain] = [new Streams(7), new Streams(7)];
    some(touched.open("network A>B"));
    expect(some(touched.open("clients"))).toEqual(some(plain.open("clients")));
  });

  it("tells seeds and names apart over the whole range", () => {
    const seeds = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    const seen = new Set<number>();
    for (const seed of seeds) {
      for (const name of ["a", "b", "core A 1", "core A 2"]) {
        const made = new Streams(seed).seedOf(name);
        expect(Number.isSafeInteger(made)).toBe(true);
        seen.add(made);
      }
    }
    expect(seen.size).toBe(seeds.length * 4);
  });

  it.each([-1, 0.5, 2 ** 53, Number.NaN])("refuses %d as a seed", (seed) => {
    expect(() => new Streams(seed)).toThrow(/whole number/);
  });
});
