import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Version } from "../../../shared/clock/dotted.ts";
import { compareStamps, compareTimes, HybridClock, stampLeadMax } from "../../../shared/clock/hybrid.ts";
import { asNodeId } from "../../../shared/ids.ts";

const hour = 3_600_000;

const anyVersion = fc.record({
  dot: fc.record({ node: fc.constantFrom("a", "b").map(asNodeId), counter: fc.integer({ min: 1, max: 2 }) }),
  value: fc.constantFrom(null, "", "x"),
  at: fc.nat(2),
  tick: fc.nat(1),
});

describe("a hybrid clock", () => {
  it("follows its wall while that is ahead, and counts while it stands or runs back", () => {
    const clock = new HybridClock();
    const stamps = [1_000.7, 1_000.9, 900, 1_001].map((wall) => clock.next(wall));
    expect(stamps).toEqual([
      { at: 1_000, tick: 0 },
      { at: 1_000, tick: 1 },
      { at: 1_000, tick: 2 },
      { at: 1_001, tick: 0 },
    ]);
  });

  it("gives nothing at or below what it has met, whatever the walls show (the condition of clocks)", () => {
    const act = fc.record({ node: fc.nat(2), from: fc.nat(2), wall: fc.integer({ min: 0, max: 5_000 }) });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 50 }), (acts) => {
        const clocks = [0, 1, 2].map(() => ({ clock: new HybridClock(), latest: { at: -1, tick: 0 } }));
        for (const { node, from, wall } of acts) {
          const here = clocks[node]!;
          const { latest } = clocks[from]!;
          if (compareTimes(latest, here.latest) > 0) here.latest = latest;
          here.clock.met(latest, wall);
          const stamp = here.clock.next(wall);
          expect(compareTimes(stamp, here.latest)).toBeGreaterThan(0);
          expect(stamp.at).toBeLessThanOrEqual(5_000);
          here.latest = stamp;
        }
      }),
    );
  });

  it("does not follow a stamp of the year 9999", () => {
    const clock = new HybridClock();
    const wall = 1_700_000_000_000;
    clock.met({ at: 253_370_764_800_000, tick: 0 }, wall);
    expect(clock.next(wall)).toEqual({ at: wall, tick: 0 });
    clock.met({ at: wall + stampLeadMax, tick: 3 }, wall);
    expect(clock.next(wall)).toEqual({ at: wall + stampLeadMax, tick: 4 });
  });

  it("comes back when its own wall had been set far ahead by mistake", () => {
    const clock = new HybridClock();
    clock.next(100 * 24 * hour);
    expect(clock.next(hour)).toEqual({ at: hour, tick: 0 });
  });
});

const version = (node: string, value: string | null, at: number, tick?: number): Version => ({
  dot: { node: asNodeId(node), counter: 1 },
  value,
  at,
  ...(tick === undefined ? {} : { tick }),
});

describe("the order of versions", () => {
  it("P5: decides equal stamps by node and then by value, not by who asks", () => {
    expect(compareStamps(version("a", "x", 5), version("b", "x", 5))).toBeLessThan(0);
    expect(compareStamps(version("a", "x", 5), version("a", "y", 5))).toBeLessThan(0);
    expect(compareStamps(version("a", null, 5), version("a", "", 5))).toBeLessThan(0);
    expect(compareStamps(version("a", "x", 5, 1), version("b", "y", 5))).toBeGreaterThan(0);
    expect(compareStamps(version("a", "x", 6), version("b", "y", 5, 9))).toBeGreaterThan(0);
  });

  it("P5: is total: only versions that are equal in everything are equal", () => {
    fc.assert(
      fc.property(anyVersion, anyVersion, anyVersion, (a, b, c) => {
        const [ab, ba] = [Math.sign(compareStamps(a, b)), Math.sign(compareStamps(b, a))];
        expect(ab + ba).toBe(0);
        expect(ab === 0).toBe(JSON.stringify(a) === JSON.stringify(b));
        if (ab <= 0 && compareStamps(b, c) <= 0) expect(compareStamps(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
