import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rowsAt, scrollTo } from "../../../renderer/data/event-window.ts";

describe("the rows that are drawn", () => {
  it("are those in view and a few to spare", () => {
    expect(rowsAt(1000, 200, 20, 500, 2)).toEqual({ first: 48, end: 63, offset: 960, height: 10_000 });
    expect(rowsAt(0, 200, 20, 5, 2)).toEqual({ first: 0, end: 5, offset: 0, height: 100 });
    expect(rowsAt(0, 200, 20, 0)).toMatchObject({ first: 0, end: 0, height: 0 });
  });

  it("reach both ends of a million rows, in content no browser clips", () => {
    const count = 1_000_000;
    const top = rowsAt(0, 600, 24, count);
    expect(top.first).toBe(0);
    expect(top.height).toBeLessThan(16_000_000);
    const bottom = rowsAt(top.height - 600, 600, 24, count);
    expect(bottom.end).toBe(count);
  });

  it("hold the row that was scrolled to, wherever it is", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 40, max: 900 }),
        (count, share, view) => {
          const row = Math.min(count - 1, Math.floor(share * count));
          const { first, end } = rowsAt(scrollTo(row, view, 24, count), view, 24, count);
          expect(row).toBeGreaterThanOrEqual(first);
          expect(row).toBeLessThan(end);
        },
      ),
    );
  });
});
