import { describe, expect, it } from "vitest";
import { asNodeId } from "../../../shared/ids.ts";
import { piggybackMax, Rumours } from "../../../shared/membership/rumours.ts";
import type { Claim } from "../../../shared/membership/types.ts";

const claim = (node: string, incarnation = 1): Claim => ({
  node: asNodeId(node),
  address: `${node}:1`,
  status: "alive",
  incarnation,
  from: asNodeId(node),
});
const someone = asNodeId("someone");
const take = (rumours: Rumours, count = piggybackMax, to = someone) =>
  rumours.take(count, to, 5).map(({ node, incarnation }) => `${node}@${incarnation}`);

describe("rumours", () => {
  it("are told a bounded number of times, growing with the logarithm of the cluster", () => {
    const rumours = new Rumours(4);
    expect([1, 9, 10, 99, 1_000].map((members) => rumours.limit(members))).toEqual([4, 4, 8, 8, 16]);
    rumours.add(claim("x"));
    const told = Array.from({ length: 10 }, () => take(rumours).length);
    expect(told).toEqual([1, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
    expect(rumours.isEmpty).toBe(true);
  });

  it("go out least told first", () => {
    const rumours = new Rumours(4);
    rumours.add(claim("old"));
    take(rumours);
    rumours.add(claim("new"));
    expect(take(rumours, 1)).toEqual(["new@1"]);
    expect(take(rumours, 2)).toEqual(["old@1", "new@1"]);
    expect(rumours.list(5).map(({ claim: { node }, transmissions }) => [node, transmissions])).toEqual([
      ["old", 2],
      ["new", 2],
    ]);
  });

  it("replace what was said of the same member before", () => {
    const rumours = new Rumours(4);
    rumours.add(claim("x", 1));
    take(rumours);
    rumours.add(claim("x", 2));
    expect(take(rumours)).toEqual(["x@2"]);
    expect(rumours.list(5)).toHaveLength(1);
  });

  it("do not go to the one they are about, and end all the same when there is nobody else", () => {
    const rumours = new Rumours(4);
    rumours.add(claim("x"));
    for (let index = 0; index < 4; index += 1) expect(take(rumours, piggybackMax, asNodeId("x"))).toEqual([]);
    expect(rumours.isEmpty).toBe(true);
  });

  it("fill a message up to its bound and no further", () => {
    const rumours = new Rumours(4);
    for (let index = 0; index < 20; index += 1) rumours.add(claim(`n${index}`));
    const seen = new Set([...take(rumours), ...take(rumours), ...take(rumours)]);
    expect(take(rumours)).toHaveLength(piggybackMax);
    expect(seen.size, "everybody once before anybody twice").toBe(20);
  });
});
