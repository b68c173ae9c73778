import * as fc from "fast-check";
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { asKey, asNodeId, type Key, type NodeId } from "../../../shared/ids.ts";
import { Ring, ringSize } from "../../../shared/ring/ring.ts";

const named = (count: number) => Array.from({ length: count }, (_, i) => asNodeId(`node-${i + 1}`));
const keys = Array.from({ length: 10_000 }, (_, i) => asKey(`user:${i}`));

const hash = (text: string) => createHash("sha256").update(text).digest().readUInt32BE(0);

/** The twin: hashes with Node's own SHA-256, sorts everything, walks the whole ring. */
function naiveOwners(nodes: readonly NodeId[], virtualNodes: number, key: Key, n: number): NodeId[] {
  const points = nodes.flatMap((node) =>
    Array.from({ length: virtualNodes }, (_, i) => ({ node, at: hash(`${node}#${i}`) })),
  );
  const distance = (at: number) => (at - hash(key) + ringSize) % ringSize;
  points.sort((a, b) => distance(a.at) - distance(b.at) || (a.node < b.node ? -1 : 1));
  return [...new Set(points.map((point) => point.node))].slice(0, n);
}

describe("owners", () => {
  it("are those a naive walk finds", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 20 }),
        fc.string({ minLength: 1, unit: "grapheme" }),
        fc.integer({ min: 1, max: 9 }),
        (ids, virtualNodes, key, n) => {
          const nodes = ids.map((id) => asNodeId(`n${id}`));
          const owners = Ring.of(nodes, virtualNodes).owners(asKey(key), n);
          expect(owners).toEqual(naiveOwners(nodes, virtualNodes, asKey(key), n));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("P12: are distinct nodes, as many as asked for or as there are", () => {
    const ring = Ring.of(named(3), 4);
    for (const key of keys.slice(0, 500)) {
      expect(new Set(ring.owners(key, 3)).size).toBe(3);
      expect(ring.owners(key, 9)).toHaveLength(3);
    }
    expect(Ring.of([]).owners(keys[0]!, 3)).toEqual([]);
  });

  it("do not depend on the order in which the nodes came", () => {
    const [a, b, c] = named(3) as [NodeId, NodeId, NodeId];
    const grown = Ring.of([c]).with(a).with(b);
    expect(grown.points).toEqual(Ring.of([a, b, c]).points);
    expect(grown.without(a).points).toEqual(Ring.of([b, c]).points);
  });

  it("P13: a node that rejoins has its points once", () => {
    const ring = Ring.of(named(3));
    expect(ring.with(asNodeId("node-2"))).toBe(ring);
    const back = ring.without(asNodeId("node-2")).with(asNodeId("node-2")).with(asNodeId("node-2"));
    expect(back.points).toEqual(ring.points);
    expect(back.points).toHaveLength(3 * 150);
  });
});

describe("balance", () => {
  it("150 virtual nodes keep every share within a third of the mean, and the shares sum to 1", () => {
    const nodes = named(5);
    const ring = Ring.of(nodes);
    const shares = nodes.map((node) => ring.share(node));
    expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 9);
    for (const share of shares) expect(Math.abs(share - 0.2)).toBeLessThan(0.2 / 3);
    expect(Ring.of(named(1)).share(asNodeId("node-1"))).toBe(1);
    expect(ring.share(asNodeId("stranger"))).toBe(0);
  });

  it("shares are what the keys see", () => {
    const nodes = named(5);
    const ring = Ring.of(nodes);
    for (const node of nodes) {
      const owned = keys.filter((key) => ring.owners(key, 1)[0] === node).length / keys.length;
      expect(Math.abs(owned - ring.share(node))).toBeLessThan(0.02);
    }
  });
});

describe("lesson 16: ring against modulo, four nodes and one more, 10,000 keys", () => {
  const four = named(4);
  const five = named(5);
  const before = Ring.of(four);
  const after = before.with(five[4]!);

  it("on the ring about one fifth moves, all of it to the new node", () => {
    const moved = keys.filter((key) => before.owners(key, 1)[0] !== after.owners(key, 1)[0]);
    expect(moved.length / keys.length).toBeGreaterThan(0.15);
    expect(moved.length / keys.length).toBeLessThan(0.25);
    expect(new Set(moved.map((key) => after.owners(key, 1)[0]))).toEqual(new Set([five[4]]));
  });

  const home = (key: Key, nodes: readonly NodeId[]) => nodes[before.position(key) % nodes.length];

  it("by modulo about four fifths move", () => {
    const moved = keys.filter((key) => home(key, four) !== home(key, five));
    expect(moved.length / keys.length).toBeGreaterThan(0.75);
    expect(moved.length / keys.length).toBeLessThan(0.85);
  });
});
