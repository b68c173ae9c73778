import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { duration, elapsed, ticksOf } from "../../../renderer/timeline/ticks.ts";
import {
  blend,
  clampView,
  fitView,
  panView,
  pxOf,
  spanOf,
  valueAt,
  zoomView,
} from "../../../renderer/timeline/view.ts";

const limits = { from: 1_000, to: 61_000, spanMin: 0.5 };

describe("the view", () => {
  it("turns places into px and back", () => {
    const view = { from: 1_000, to: 2_000 };
    expect(pxOf(view, 500, 1_500)).toBe(250);
    expect(valueAt(view, 500, 250)).toBe(1_500);
  });

  it("fits everything with air on both sides", () => {
    const view = fitView(limits);
    expect(view.from).toBeLessThan(limits.from);
    expect(view.to).toBeGreaterThan(limits.to);
    expect(spanOf(fitView({ from: 5, to: 5, spanMin: 2 }))).toBeGreaterThan(0);
  });

  it("keeps what is under the pointer under the pointer while it zooms", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, fc.double({ min: 0.2, max: 5, noNaN: true }), (at, factor) => {
        const view = { from: 10_000, to: 20_000 };
        const value = valueAt(view, 800, at * 800);
        const zoomed = zoomView(view, factor, value, limits);
        expect(pxOf(zoomed, 800, value)).toBeCloseTo(at * 800, 5);
      }),
    );
  });

  it("goes neither nearer than the limit nor farther than everything", () => {
    let view = fitView(limits);
    for (let step = 0; step < 200; step++) view = zoomView(view, 2, 30_000, limits);
    expect(spanOf(view)).toBeCloseTo(limits.spanMin);
    for (let step = 0; step < 200; step++) view = zoomView(view, 0.5, 30_000, limits);
    expect(spanOf(view)).toBeLessThanOrEqual(spanOf(fitView(limits)) + 1e-6);
  });

  it("never loses the session out of sight", () => {
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), (by) => {
        const view = panView({ from: 20_000, to: 30_000 }, by, limits);
        expect(spanOf(view)).toBeCloseTo(10_000);
        expect(view.to).toBeGreaterThan(limits.from);
        expect(view.from).toBeLessThan(limits.to);
      }),
    );
  });

  it("blends from one view into another and ends exactly there", () => {
    const [a, b] = [
      { from: 0, to: 1_000 },
      { from: 400, to: 410 },
    ];
    expect(blend(a, b, 0)).toEqual(a);
    expect(blend(a, b, 1).from).toBeCloseTo(b.from);
    expect(blend(a, b, 1).to).toBeCloseTo(b.to);
    const half = blend(a, b, 0.5);
    expect(spanOf(half)).toBeLessThan(1_000);
    expect(spanOf(half)).toBeGreaterThan(10);
    expect(blend({ from: 0, to: 10 }, { from: 100, to: 110 }, 1)).toEqual({ from: 100, to: 110 });
  });

  it("clamps a view wider than everything", () => {
    expect(spanOf(clampView({ from: -1e9, to: 1e9 }, limits))).toBeCloseTo(spanOf(fitView(limits)));
  });
});

const labels = (from: number, to: number) => ticksOf({ from, to }, 1, 0, 5).map((tick) => tick.label);

describe("the marks of the axis", () => {
  it("tell time since the start, as exactly as the view needs", () => {
    expect(labels(0, 5_000)).toEqual(["0 s", "1 s", "2 s", "3 s", "4 s", "5 s"]);
    expect(labels(12_500, 12_510)).toEqual([
      "12.500 s",
      "12.502 s",
      "12.504 s",
      "12.506 s",
      "12.508 s",
      "12.510 s",
    ]);
    expect(labels(60_000, 180_000)).toEqual(["1:00", "1:30", "2:00", "2:30", "3:00"]);
    expect(labels(0, 1.2)[1]).toMatch(/^0\.000\d+ s$/);
  });

  it("never stand before the start, and are different from each other", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 4e6, noNaN: true }),
        fc.double({ min: 1, max: 1e6, noNaN: true }),
        (from, span) => {
          const ticks = ticksOf({ from: from - 100, to: from + span }, 1, 0, 8);
          expect(ticks.every((tick) => tick.value >= 0)).toBe(true);
          expect(new Set(ticks.map((tick) => tick.label)).size).toBe(ticks.length);
        },
      ),
    );
  });

  it("count whole events on the other axes, from 1", () => {
    expect(ticksOf({ from: -1, to: 6 }, 2, 0, 4).map((tick) => tick.label)).toEqual(["1", "3", "5", "7"]);
  });

  it("say durations and moments in words", () => {
    expect([0.84, 12.4, 3_250, 125_000, 120_000, 0].map(duration)).toEqual([
      "840 µs",
      "12.4 ms",
      "3.25 s",
      "2 min 5 s",
      "2 min",
      "0 ms",
    ]);
    expect(elapsed(3_723_000, 1_000)).toBe("1:02:03");
    expect(elapsed(64_250, 1)).toBe("1:04.250");
    expect(elapsed(119_999.9, 1_000)).toBe("2:00");
  });
});
