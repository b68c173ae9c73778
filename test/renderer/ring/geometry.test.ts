import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arcsOf, movesBetween, ringSegment, shareOf, walk } from "../../../renderer/ring/geometry.ts";
import { asNodeId } from "../../../shared/ids.ts";
import { Ring, ringSize } from "../../../shared/ring/ring.ts";

const at = (share: number, node: string) => ({ position: share * ringSize, node });

describe("arcs", () => {
  it("run from the virtual node before (exclusive) to the virtual node itself, over the top too", () => {
    const arcs = arcsOf([at(0.25, "a"), at(0.5, "b"), at(0.75, "c")]);
    expect(arcs).toEqual([
      { node: "a", from: -0.25, to: 0.25 },
      { node: "b", from: 0.25, to: 0.5 },
      { node: "c", from: 0.5, to: 0.75 },
    ]);
  });

  it("join neighbouring stretches of one node, over the top too", () => {
    const arcs = arcsOf([at(0.1, "a"), at(0.2, "a"), at(0.6, "b"), at(0.9, "a")]);
    expect(arcs).toEqual([
      { node: "a", from: 0.6 - 1, to: 0.2 },
      { node: "b", from: 0.2, to: 0.6 },
    ]);
  });

  it("are one whole turn when there is one node, and none when there is none", () => {
    expect(arcsOf([at(0.3, "a"), at(0.8, "a")])).toEqual([{ node: "a", from: 0, to: 1 }]);
    expect(arcsOf([])).toEqual([]);
  });

  it("cover the ring exactly once", () => {
    const point = fc.record({
      position: fc.integer({ min: 0, max: ringSize - 1 }),
      node: fc.constantFrom("a", "b", "c"),
    });
    fc.assert(
      fc.property(fc.uniqueArray(point, { minLength: 1, selector: (p) => p.position }), (points) => {
        const arcs = arcsOf(points.sort((p, q) => p.position - q.position));
        expect(arcs.reduce((sum, arc) => sum + arc.to - arc.from, 0)).toBeCloseTo(1, 9);
      }),
    );
  });
});

describe("the clockwise walk", () => {
  const points = [at(0.1, "a"), at(0.2, "b"), at(0.3, "b"), at(0.4, "a"), at(0.5, "c")];

  it("P12: meets each node once as an owner and passes over its other virtual nodes", () => {
    const steps = walk(points, 0.15 * ringSize, 3);
    expect(steps.map(({ node, owner }) => [node, owner])).toEqual([
      ["b", 1],
      ["b", null],
      ["a", 2],
      ["c", 3],
    ]);
  });

  it("goes on from the top", () => {
    expect(walk(points, 0.9 * ringSize, 2).map((step) => step.node)).toEqual(["a", "b"]);
  });

  it("ends when there are fewer nodes than owners wanted", () => {
    expect(walk(points, 0, 9).filter((step) => step.owner !== null)).toHaveLength(3);
    expect(walk([], 0, 3)).toEqual([]);
  });
});

describe("what moves", () => {
  const nodes = ["node-1", "node-2", "node-3", "node-4"].map(asNodeId);

  it("when a node joins goes to that node only, as much as it then owns", () => {
    const before = Ring.of(nodes);
    const joined = asNodeId("node-5");
    const after = before.with(joined);
    const moves = movesBetween(before.points, after.points);
    expect(new Set(moves.map((move) => move.receiver))).toEqual(new Set(["node-5"]));
    expect(shareOf(moves)).toBeCloseTo(after.share(joined), 9);
  });

  it("when a node leaves is what it owned, spread over the others", () => {
    const before = Ring.of(nodes);
    const left = nodes[1]!;
    const moves = movesBetween(before.points, before.without(left).points);
    expect(new Set(moves.map((move) => move.node))).toEqual(new Set([left]));
    expect(new Set(moves.map((move) => move.receiver)).size).toBe(3);
    expect(shareOf(moves)).toBeCloseTo(before.share(left), 9);
  });

  it("is nothing between equal rings", () => {
    expect(movesBetween(Ring.of(nodes).points, Ring.of(nodes).points)).toEqual([]);
  });
});

describe("a ring segment as a path", () => {
  it("takes the long way round only when it is more than half", () => {
    expect(ringSegment({ from: 0, to: 0.25 }, 50, 100)).toMatch(/^M0,-100A100,100 0 0 1 100,/);
    expect(ringSegment({ from: 0, to: 0.75 }, 50, 100)).toMatch(/A100,100 0 1 1 -100,/);
  });

  it("is two circles for the whole ring", () => {
    expect(ringSegment({ from: 0, to: 1 }, 50, 100).match(/Z/g)).toHaveLength(2);
  });
});
