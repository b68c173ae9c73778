import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  crossedPairs,
  cutCalls,
  describeCut,
  groupsAfter,
  pairName,
  pairsOf,
  planCut,
} from "../../../renderer/cluster/cut.ts";
import { placesOnCircle } from "../../../renderer/cluster/geometry.ts";

const nodes = ["node-1", "node-2", "node-3", "node-4", "node-5"];
const centre = { x: 200, y: 200 };
/** node-1 at the top, then clockwise: 2 right, 3 lower right, 4 lower left, 5 left. */
const map = new Map(placesOnCircle(5, centre, 100).map((place, i) => [nodes[i]!, place]));
const names = (pairs: readonly { a: string; b: string }[]) => pairs.map(({ a, b }) => `${a[5]}${b[5]}`);
const bothWays = (pairs: readonly (readonly [string, string])[]) =>
  new Set(pairs.flatMap(([a, b]) => [pairName(a, b), pairName(b, a)]));

describe("a stroke over the map", () => {
  it("crosses the links between the nodes above it and those below it", () => {
    const stroke = [
      { x: 0, y: 230 },
      { x: 400, y: 230 },
    ];
    expect(names(crossedPairs(stroke, map)).sort()).toEqual(["13", "14", "23", "24", "35", "45"]);
  });

  it("cuts nothing beside the cluster", () => {
    const stroke = [
      { x: 0, y: 10 },
      { x: 400, y: 10 },
    ];
    expect(planCut(nodes, crossedPairs(stroke, map), new Set())).toEqual({ kind: "nothing" });
  });

  it("follows every turn of a bent line", () => {
    const stroke = [
      { x: 120, y: 60 },
      { x: 170, y: 150 },
      { x: 230, y: 150 },
      { x: 280, y: 60 },
    ];
    expect(names(crossedPairs(stroke, map)).sort()).toEqual(["12", "13", "14", "15"]);
  });
});

describe("what a cut means", () => {
  it("is a partition when it separates the nodes into groups", () => {
    const crossed = pairsOf(nodes).filter(({ a, b }) => a > "node-3" !== b > "node-3");
    const plan = planCut(nodes, crossed, new Set());
    expect(plan).toMatchObject({ kind: "partition", groups: [nodes.slice(0, 3), nodes.slice(3)] });
    expect(cutCalls(plan)).toEqual([
      {
        command: "partition.make",
        params: { kind: "custom", groups: [nodes.slice(0, 3), nodes.slice(3)] },
      },
    ]);
    expect(describeCut(plan)).toBe("Splits node-1, node-2, node-3  |  node-4, node-5");
  });

  it("is single links, blocked both ways, while the nodes stay connected", () => {
    const plan = planCut(nodes, [{ a: "node-1", b: "node-2" }], new Set());
    expect(plan.kind).toBe("links");
    expect(cutCalls(plan)).toEqual([
      { command: "link.set", params: { from: "node-1", to: "node-2", settings: { blocked: true } } },
      { command: "link.set", params: { from: "node-2", to: "node-1", settings: { blocked: true } } },
    ]);
  });

  it("adds a third side to a partition and keeps the first cut", () => {
    const first = pairsOf(nodes).filter(({ a, b }) => a > "node-3" !== b > "node-3");
    const blocked = bothWays(first.map(({ a, b }) => [a, b]));
    const crossed = pairsOf(nodes).filter(({ a }) => a === "node-1");
    expect(planCut(nodes, crossed, blocked)).toMatchObject({
      kind: "partition",
      groups: [["node-1"], ["node-2", "node-3"], ["node-4", "node-5"]],
      pairs: [
        { a: "node-1", b: "node-2" },
        { a: "node-1", b: "node-3" },
      ],
    });
  });

  it("touches only the crossed links when others inside a side are cut already", () => {
    const crossed = pairsOf(nodes).filter(({ a, b }) => a > "node-3" !== b > "node-3");
    const plan = planCut(nodes, crossed, new Set([pairName("node-1", "node-2")]));
    expect(plan).toMatchObject({ kind: "links" });
    expect(cutCalls(plan)).toHaveLength(12);
  });

  it("leaves links alone that are cut both ways already", () => {
    const plan = planCut(nodes, [{ a: "node-1", b: "node-2" }], bothWays([["node-1", "node-2"]]));
    expect(plan).toEqual({ kind: "nothing" });
    expect(cutCalls(plan)).toEqual([]);
  });
});

describe("groups", () => {
  it("put every node into exactly one group, none joined by an open link", () => {
    const pairs = pairsOf(nodes);
    fc.assert(
      fc.property(fc.subarray(pairs), (cut) => {
        const isCut = (a: string, b: string) =>
          cut.some((pair) => (pair.a === a && pair.b === b) || (pair.a === b && pair.b === a));
        const groups = groupsAfter(nodes, isCut);
        expect(groups.flat().sort()).toEqual(nodes);
        for (const { a, b } of pairs) {
          const apart = groups.findIndex((g) => g.includes(a)) !== groups.findIndex((g) => g.includes(b));
          if (apart) expect(isCut(a, b)).toBe(true);
        }
      }),
    );
  });
});
