import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ddmin } from "../../../shared/simulation/minimise.ts";

describe("delta debugging", () => {
  it("keeps exactly what is needed when the cause is a set of items", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(60), { maxLength: 40 }), fc.nat(), (items, mask) => {
        const cause = items.filter((_, i) => (mask >> (i % 31)) & 1 && i < 6);
        const fails = (kept: readonly number[]) => cause.every((item) => kept.includes(item));
        expect(ddmin(items, fails)).toEqual(cause);
      }),
    );
  });

  it("ends 1-minimal whatever fails", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 25 }), fc.integer({ min: 1, max: 60 }), (items, sum) => {
        const fails = (kept: readonly number[]) => kept.reduce((total, item) => total + item, 0) >= sum;
        fc.pre(fails(items));
        const kept = ddmin(items, fails);
        expect(fails(kept)).toBe(true);
        for (let i = 0; i < kept.length; i++) expect(fails(kept.toSpliced(i, 1))).toBe(false);
      }),
    );
  });

  it("takes no more than a few hundred attempts for two of a thousand", () => {
    let attempts = 0;
    const items = Array.from({ length: 1_000 }, (_, i) => i);
    const kept = ddmin(items, (some) => {
      attempts += 1;
      return some.includes(17) && some.includes(912);
    });
    expect(kept).toEqual([17, 912]);
    expect(attempts).toBeLessThan(200);
  });
});
