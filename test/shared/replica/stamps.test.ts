import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { descends, merge, type VectorClock } from "../../../shared/clock/vector-clock.ts";
import { asNodeId, type NodeId } from "../../../shared/ids.ts";
import { Stamps } from "../../../shared/replica/stamps.ts";

const [a, b, c] = ["a", "b", "c"].map(asNodeId) as [NodeId, NodeId, NodeId];

describe("stamps", () => {
  it("leave out the entries that were retired, also those that others bring, and the clock keeps them", () => {
    const stamps = new Stamps(a, { a: 3, b: 5, c: 7 });
    stamps.retire([c]);
    expect(stamps.tick()).toEqual({ a: 4, b: 5 });
    stamps.meet({ b: 6, c: 9 });
    expect(stamps.stamp).toEqual({ a: 4, b: 6 });
    expect(stamps.all).toEqual({ a: 4, b: 6, c: 9 });
  });

  it("P1: have the entry of a node that is back at its highest, so that it learns where its own counter stood", () => {
    const stamps = new Stamps(a, { a: 3, c: 7 });
    stamps.retire([c]);
    stamps.meet({ c: 9 });
    stamps.restore([c]);
    expect(stamps.tick()).toEqual({ a: 4, c: 9 });
    const returned = new Stamps(c, {});
    returned.meet(stamps.stamp);
    expect(returned.tick()).toEqual({ a: 4, c: 10 });
  });

  it("are the same object as the whole clock while nothing was retired, and one object while nothing changes", () => {
    const stamps = new Stamps(a, { a: 1, b: 1 });
    expect(stamps.all).toBe(stamps.stamp);
    stamps.retire([b]);
    expect(stamps.all).toBe(stamps.all);
    const { all } = stamps;
    stamps.tick();
    expect(stamps.all).not.toBe(all);
  });

  it("never lose what was known, whatever is retired and restored", () => {
    const node = fc.constantFrom(b, c);
    const clock = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.integer({ min: 1, max: 50 }));
    const step = fc.oneof(
      clock.map((met) => ({ kind: "meet" as const, met })),
      fc.constant({ kind: "tick" as const }),
      node.map((node) => ({ kind: "retire" as const, node })),
      node.map((node) => ({ kind: "restore" as const, node })),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const stamps = new Stamps(a, {});
        let known: VectorClock = {};
        const retired = new Set<string>();
        for (const each of steps) {
          if (each.kind === "meet") {
            stamps.meet(each.met);
            known = merge(known, each.met);
          } else if (each.kind === "tick") known = merge(known, stamps.tick());
          else if (each.kind === "restore") {
            stamps.restore([each.node]);
            retired.delete(each.node);
          } else if (each.node in stamps.stamp) {
            stamps.retire([each.node]);
            retired.add(each.node);
          }
          expect(stamps.all).toEqual(known);
          expect(descends(known, stamps.stamp)).toBe(true);
          const absent = Object.keys(known).filter((name) => !(name in stamps.stamp));
          expect(absent.sort()).toEqual([...retired].filter((name) => name in known).sort());
        }
      }),
    );
  });
});
