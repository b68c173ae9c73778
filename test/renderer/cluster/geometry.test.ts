import { describe, expect, it } from "vitest";
import {
  distance,
  distanceToSegment,
  placesOnCircle,
  segmentsCross,
  shifted,
  trimmed,
} from "../../../renderer/cluster/geometry.ts";

const segment = (x1: number, y1: number, x2: number, y2: number) => ({
  from: { x: x1, y: y1 },
  to: { x: x2, y: y2 },
});

describe("segments", () => {
  it.each([
    ["cross", segment(0, 0, 10, 10), segment(0, 10, 10, 0), true],
    ["touch at an end", segment(0, 0, 10, 0), segment(10, 0, 10, 10), true],
    ["lie on one another", segment(0, 0, 10, 0), segment(5, 0, 20, 0), true],
    ["are parallel", segment(0, 0, 10, 0), segment(0, 1, 10, 1), false],
    ["would cross further on", segment(0, 0, 4, 4), segment(0, 10, 10, 0), false],
    ["lie on one line apart", segment(0, 0, 4, 0), segment(5, 0, 9, 0), false],
  ])("%s", (_, a, b, expected) => {
    expect(segmentsCross(a, b)).toBe(expected);
    expect(segmentsCross(b, a)).toBe(expected);
  });

  it("are trimmed to the rims of the nodes, and left alone when too short", () => {
    expect(trimmed(segment(0, 0, 100, 0), 10)).toEqual(segment(10, 0, 90, 0));
    expect(trimmed(segment(0, 0, 15, 0), 10)).toEqual(segment(0, 0, 15, 0));
  });

  it("move aside by the offset, a link and its way back to different sides", () => {
    expect(shifted(segment(0, 0, 10, 0), 3)).toEqual(segment(0, 3, 10, 3));
    expect(shifted(segment(10, 0, 0, 0), 3).from.y).toBe(-3);
  });

  it("measure how far a point is away", () => {
    expect(distanceToSegment({ x: 5, y: 4 }, segment(0, 0, 10, 0))).toBe(4);
    expect(distanceToSegment({ x: 13, y: 4 }, segment(0, 0, 10, 0))).toBe(5);
  });
});

describe("places on the circle", () => {
  it("start at the top, run clockwise, and are equally far apart", () => {
    const places = placesOnCircle(4, { x: 50, y: 50 }, 40);
    expect(places.map(({ x, y }) => [Math.round(x), Math.round(y)])).toEqual([
      [50, 10],
      [90, 50],
      [50, 90],
      [10, 50],
    ]);
    const many = placesOnCircle(32, { x: 0, y: 0 }, 100);
    const gaps = many.map((place, i) => distance(place, many[(i + 1) % 32]!));
    for (const gap of gaps) expect(gap).toBeCloseTo(gaps[0]!, 8);
  });

  it("put a single node in the middle", () => {
    expect(placesOnCircle(1, { x: 50, y: 50 }, 40)).toEqual([{ x: 50, y: 50 }]);
  });
});
