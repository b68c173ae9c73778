import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asKey, asNodeId, type NodeId } from "../../../../shared/ids.ts";
import { agreementOf, ownersBefore } from "../../../../shared/replication/moves/needs.ts";
import { Placements } from "../../../../shared/replication/moves/placements.ts";
import {
  isCounted,
  type Phase,
  phases,
  Records,
  type TopologyRecord,
} from "../../../../shared/replication/moves/records.ts";
import { Ring } from "../../../../shared/ring/ring.ts";

const names = ["a", "b", "c", "d", "e", "f"].map(asNodeId);
const keys = Array.from({ length: 60 }, (_, i) => asKey(`k${i}`));

const recordOf = (node: NodeId, phase: Phase, version = 1): TopologyRecord => ({
  node,
  address: `${node}:1`,
  phase,
  version,
  by: node,
});
const placementsOf = (parts: Readonly<Record<string, Phase>>) => {
  const records = new Records(Object.entries(parts).map(([node, phase]) => recordOf(asNodeId(node), phase)));
  return { records, placements: new Placements(records, 40) };
};
const phase = fc.constantFrom(...phases);
const topology = fc.record(Object.fromEntries(names.map((node) => [node, phase])));

describe("a placement", () => {
  it("in calm is that of the ring, one object for a walk, with nobody pending", () => {
    const { placements } = placementsOf({ a: "serving", b: "serving", c: "serving", d: "left" });
    const ring = Ring.of(["a", "b", "c"].map(asNodeId), 40);
    for (const key of keys) {
      const placement = placements.of(key, 2);
      expect(placement).toEqual({ owners: ring.owners(key, 2), pending: [], epoch: 4 });
      expect(placements.of(key, 2)).toBe(placement);
    }
  });

  it("P12: never has two replicas of a key on one node, whoever is on the move", () => {
    fc.assert(
      fc.property(topology, fc.integer({ min: 1, max: 6 }), (parts, n) => {
        const { records, placements } = placementsOf(parts);
        const counted = records.all.filter(isCounted).length;
        for (const key of keys.slice(0, 10)) {
          const { owners, pending } = placements.of(key, n);
          expect(owners).toHaveLength(Math.min(n, counted));
          const everybody = [...owners, ...pending];
          expect(new Set(everybody).size).toBe(everybody.length);
        }
      }),
    );
  });

  it("P13: a node that left and joins again has its place once, and the ring it had", () => {
    const { records, placements } = placementsOf({ a: "serving", b: "serving", c: "serving" });
    const before = placements.ring;
    const told: Phase[] = ["leaving", "exiting", "left", "joining", "entering", "serving"];
    for (const [i, part] of told.entries()) {
      records.learn(recordOf(asNodeId("b"), part, i + 2));
      records.learn(recordOf(asNodeId("b"), part, i + 2));
      const { points } = placements.ring;
      expect(new Set(points.map(({ position, node }) => `${node} ${position}`)).size).toBe(points.length);
    }
    expect(placements.ring).toBe(before);
  });

  it("P11: names the lists one step away of every move, and all who are on them and do not count as pending", () => {
    fc.assert(
      fc.property(topology, (parts) => {
        const { records, placements } = placementsOf(parts);
        const counted = records.all.filter(isCounted).map(({ node }) => node);
        for (const key of keys.slice(0, 10)) {
          const { owners, pending, others = [] } = placements.of(key, 3);
          const lists = records.all.flatMap(({ node, phase }) => {
            const isToggled = ["joining", "entering", "leaving", "exiting"].includes(phase);
            if (!isToggled) return [];
            const nodes = counted.includes(node)
              ? counted.filter((each) => each !== node)
              : [...counted, node];
            return [Ring.of(nodes, 40).owners(key, 3)];
          });
          const expected = lists.filter((list) => list.length > 0).map((list) => [...list].sort().join());
          const found = others.map((list) => [...list].sort().join());
          const own = [...owners].sort().join();
          expect(new Set(found)).toEqual(new Set(expected.filter((list) => list !== own)));
          expect(new Set(pending)).toEqual(new Set(lists.flat().filter((node) => !owners.includes(node))));
        }
      }),
    );
  });
});

describe("two nodes that differ by one step of a move", () => {
  const steps = [
    ["joining", "entering", "serving"],
    ["leaving", "exiting", "left"],
  ] as const;

  /** Everything a write may have been acknowledged by: some W of each list. */
  it.each(steps)("read what the other has written: %s, %s, %s", (first, second, third) => {
    for (const [one, other] of [
      [first, second],
      [second, first],
      [second, third],
      [first, first],
      [second, second],
    ] as const) {
      const writer = placementsOf({
        a: "serving",
        b: "serving",
        c: "serving",
        d: "serving",
        e: one,
      }).placements;
      const reader = placementsOf({
        a: "serving",
        b: "serving",
        c: "serving",
        d: "serving",
        e: other,
      }).placements;
      for (const key of keys) {
        const { owners, pending, others = [] } = writer.of(key, 3);
        const asked = subsets(reader.of(key, 3).owners).filter((nodes) => nodes.length === 2);
        for (const written of subsets([...owners, ...pending])) {
          const isDone = [owners, ...others].every(
            (list) => list.filter((each) => written.includes(each)).length >= 2,
          );
          if (!isDone) continue;
          for (const nodes of asked) expect(nodes.some((node) => written.includes(node))).toBe(true);
        }
      }
    }
  });
});

describe("who must have agreed", () => {
  const rings = { before: Ring.of(names.slice(0, 4), 40), after: Ring.of(names.slice(0, 5), 40) };
  const joining = recordOf(asNodeId("e"), "joining");

  it("are so many owners of each range that moves that the others are no quorum", () => {
    const lists = ownersBefore(joining, rings, 3);
    for (const key of keys) {
      const isMoved = rings.after.owners(key, 3).includes(asNodeId("e"));
      const owners = [...rings.before.owners(key, 3)].sort().join();
      if (isMoved) expect(lists.map((list) => [...list].sort().join())).toContain(owners);
    }
    const quorum = { n: 3, r: 2, w: 2 };
    const subset = fc.subarray(names.slice(0, 4));
    fc.assert(
      fc.property(subset, (agreed) => {
        const { isEnough, missing } = agreementOf(
          joining,
          lists,
          quorum,
          (node) => agreed.includes(node),
          () => false,
        );
        const silentQuorum = lists.some((list) => list.filter((node) => !agreed.includes(node)).length >= 2);
        expect(isEnough).toBe(!silentQuorum);
        expect(missing.length === 0).toBe(isEnough);
      }),
    );
  });

  it("are waited for by name, those in reach in any case, and nobody out of reach where R + W ≤ N", () => {
    const lists = [["a", "b", "c"].map(asNodeId)];
    const ask = (quorum: { n: number; r: number; w: number }, agreed: string, inReach: string) =>
      agreementOf(
        joining,
        lists,
        quorum,
        (node) => agreed.includes(node),
        (node) => inReach.includes(node),
      );
    expect(ask({ n: 3, r: 2, w: 2 }, "ab", "c")).toEqual({ isEnough: true, missing: ["c"] });
    expect(ask({ n: 3, r: 2, w: 2 }, "ab", "")).toEqual({ isEnough: true, missing: [] });
    expect(ask({ n: 3, r: 2, w: 2 }, "a", "")).toEqual({ isEnough: false, missing: ["b", "c"] });
    expect(ask({ n: 3, r: 1, w: 3 }, "ab", "")).toEqual({ isEnough: false, missing: ["c"] });
    expect(ask({ n: 3, r: 1, w: 1 }, "", "b")).toEqual({ isEnough: true, missing: ["b"] });
    expect(ask({ n: 3, r: 1, w: 1 }, "", "")).toEqual({ isEnough: true, missing: [] });
  });

  it("of a node that is rebuilt are its fellow owners, and of one that had none nobody", () => {
    const rebuilding = recordOf(asNodeId("b"), "rebuilding");
    const ring = Ring.of(names.slice(0, 3), 40);
    const lists = ownersBefore(rebuilding, { before: ring, after: ring }, 3);
    expect(lists.map((list) => [...list].sort())).toEqual([["a", "c"]]);
    const quorum = { n: 3, r: 2, w: 2 };
    expect(
      agreementOf(
        rebuilding,
        lists,
        quorum,
        (node) => node === "a",
        () => false,
      ).isEnough,
    ).toBe(false);
    const alone = Ring.of([asNodeId("b")], 40);
    expect(ownersBefore(rebuilding, { before: alone, after: alone }, 3)).toEqual([]);
  });
});

describe("records", () => {
  const record = fc.record({
    node: fc.constantFrom(...names.slice(0, 3)),
    address: fc.constant("x:1"),
    phase,
    version: fc.integer({ min: 1, max: 4 }),
    by: fc.constantFrom(...names.slice(0, 3)),
  });

  it("come to the same in any order and however often, and the epoch only grows", () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (told, order) => {
        const one = new Records(told);
        const shuffled = [...told, ...told].map((each) => ({ each, at: order.next().value as number }));
        const other = new Records([]);
        let epoch = 0;
        for (const { each } of shuffled.sort((x, y) => x.at - y.at)) {
          other.learn(each);
          expect(other.epoch).toBeGreaterThanOrEqual(epoch);
          ({ epoch } = other);
        }
        expect(other.all).toEqual(one.all);
        expect(other.epoch).toBe(one.all.reduce((sum, { version }) => sum + version, 0));
      }),
    );
  });

  it("that are not sane are dropped", () => {
    const good = recordOf(asNodeId("a"), "serving");
    const bad = [
      { ...good, version: 0 },
      { ...good, version: 1.5 },
      { ...good, version: 2 ** 60 },
      { ...good, phase: "asleep" },
      { ...good, node: "no such name " },
      { ...good, by: 7 },
      { ...good, address: "x".repeat(400) },
    ] as TopologyRecord[];
    expect(new Records(bad).all).toEqual([]);
    expect(new Records([good]).all).toEqual([good]);
  });
});

function subsets<Item>(items: readonly Item[]): Item[][] {
  return items.reduce<Item[][]>((found, item) => [...found, ...found.map((each) => [...each, item])], [[]]);
}
