import { describe, expect, it } from "vitest";
import { copiesWarning, healthOn, keysPerNode } from "../../../renderer/ring/health.ts";
import { asKey, asNodeId } from "../../../shared/ids.ts";
import { Ring } from "../../../shared/ring/ring.ts";

const nodes = ["node-1", "node-2", "node-3", "node-4"];
const ring = Ring.of(nodes.map(asNodeId));
const keys = Array.from({ length: 60 }, (_, index) => asKey(`key-${index}`));
const quorum = { n: 3, r: 2, w: 2 };

describe("keys at risk", () => {
  it("are none while every node runs", () => {
    const [all] = healthOn(keys, ring, quorum, () => true, [nodes]);
    expect([all!.unreadable, all!.unwritable]).toEqual([[], []]);
  });

  it("are those with fewer owners alive than the quorum, each one of them", () => {
    const dead = ["node-1", "node-2"];
    const [all] = healthOn(keys, ring, quorum, (node) => !dead.includes(node), [nodes]);
    const expected = keys.filter(
      (key) => ring.owners(key, 3).filter((owner) => !dead.includes(owner)).length < 2,
    );
    expect(expected.length).toBeGreaterThan(0);
    expect(all!.unwritable).toEqual(expected);
  });

  it("are counted on each side of a cut by itself", () => {
    const sides = [["node-1"], ["node-2", "node-3", "node-4"]];
    const [alone, others] = healthOn(keys, ring, quorum, () => true, sides);
    expect(alone!.unreadable).toEqual(keys);
    expect(others!.unreadable).toEqual([]);
  });

  it("may be writable where they cannot be read", () => {
    const [all] = healthOn(keys, ring, { n: 3, r: 3, w: 1 }, (node) => node !== "node-4", [nodes]);
    expect(all!.unreadable.length).toBeGreaterThan(0);
    expect(all!.unwritable).toEqual([]);
  });

  it("have fewer copies than wanted when there are fewer nodes", () => {
    expect(copiesWarning(3, 3)).toBeNull();
    expect(copiesWarning(2, 3)).toMatch(/3 copies, but there are only 2 nodes/);
    expect(copiesWarning(1, 2)).toMatch(/only 1 is kept/);
  });
});

describe("load", () => {
  it("counts each key once as first owner and n times in all", () => {
    const counts = [...keysPerNode(keys, ring, 3).values()];
    expect(counts.reduce((sum, { first }) => sum + first, 0)).toBe(keys.length);
    expect(counts.reduce((sum, { any }) => sum + any, 0)).toBe(keys.length * 3);
  });
});
