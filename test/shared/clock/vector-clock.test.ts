import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compare,
  descends,
  emptyClock,
  format,
  isVectorClock,
  merge,
  tick,
  type VectorClock,
} from "../../../shared/clock/vector-clock.ts";
import { asNodeId } from "../../../shared/ids.ts";

const A = asNodeId("A");
const B = asNodeId("B");
const C = asNodeId("C");
const order = [A, B, C];

const isWithin = (a: ReadonlySet<number>, b: ReadonlySet<number>) => [...a].every((event) => b.has(event));

describe("lesson 1: happens-before", () => {
  const a = tick(emptyClock, A); // A sends m1
  const b = tick(a, A);
  const m1 = b;
  const e = tick(emptyClock, C);
  const c = tick(merge(emptyClock, m1), B); // B receives m1
  const d = tick(c, B); // B sends m2
  const f = tick(merge(e, d), C); // C receives m2
  const g = tick(b, A);

  it("stamps the seven events as the lesson says", () => {
    const stamps = { a, b, c, d, e, f, g };
    const written = Object.entries(stamps).map(([name, clock]) => name + format(clock, order));
    expect(written.join(" ")).toBe("a⟨1,0,0⟩ b⟨2,0,0⟩ c⟨2,1,0⟩ d⟨2,2,0⟩ e⟨0,0,1⟩ f⟨2,2,2⟩ g⟨3,0,0⟩");
  });

  it("finds d and e concurrent, and the past of f without g", () => {
    expect(compare(d, e)).toBe("concurrent");
    const past = Object.entries({ a, b, c, d, e, g }).filter(([, clock]) => compare(clock, f) === "before");
    expect(past.map(([name]) => name)).toEqual(["a", "b", "c", "d", "e"]);
    expect(compare(g, f)).toBe("concurrent");
  });
});

describe("vector clocks against full histories", () => {
  /** A history is the set of all events seen: the naive twin of a clock. */
  type Step = { kind: "local"; at: number } | { kind: "message"; from: number; to: number };
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ kind: fc.constant("local" as const), at: fc.nat(2) }),
    fc.record({ kind: fc.constant("message" as const), from: fc.nat(2), to: fc.nat(2) }),
  );

  it("order events exactly as inclusion of their histories does", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const clocks: VectorClock[] = [emptyClock, emptyClock, emptyClock];
        const histories: ReadonlySet<number>[] = [new Set(), new Set(), new Set()];
        const stamped: { clock: VectorClock; history: ReadonlySet<number> }[] = [];
        const happen = (at: number, clock: VectorClock, history: ReadonlySet<number>) => {
          clocks[at] = tick(clock, order[at]!);
          histories[at] = new Set([...history, stamped.length]);
          stamped.push({ clock: clocks[at], history: histories[at] });
        };
        for (const each of steps) {
          if (each.kind === "local") happen(each.at, clocks[each.at]!, histories[each.at]!);
          else {
            happen(each.from, clocks[each.from]!, histories[each.from]!);
            const { clock, history } = stamped.at(-1)!;
            happen(each.to, merge(clocks[each.to]!, clock), new Set([...histories[each.to]!, ...history]));
          }
        }
        for (const x of stamped) {
          for (const y of stamped) {
            const below = isWithin(x.history, y.history);
            const above = isWithin(y.history, x.history);
            const truth = below ? (above ? "equal" : "before") : above ? "after" : "concurrent";
            expect(compare(x.clock, y.clock)).toBe(truth);
          }
        }
      }),
    );
  });

  const clock = fc.dictionary(fc.constantFrom("A", "B", "C", "D"), fc.integer({ min: 1, max: 4 }));

  it("merge is the least upper bound", () => {
    fc.assert(
      fc.property(clock, clock, clock, (a, b, c) => {
        const joined = merge(a, b);
        expect(joined).toEqual(merge(b, a));
        expect(merge(joined, c)).toEqual(merge(a, merge(b, c)));
        expect(descends(joined, a) && descends(joined, b)).toBe(true);
        if (descends(c, a) && descends(c, b)) expect(descends(c, joined)).toBe(true);
        if (descends(a, b)) expect(joined).toBe(a);
      }),
    );
  });
});

describe("isVectorClock", () => {
  it.each([{}, { "node-1": 42, "node-2": 15 }])("accepts %j", (value) => {
    expect(isVectorClock(value)).toBe(true);
  });

  it.each<unknown>([
    null,
    [],
    "node-1",
    { "node-1": 0 },
    { "node-1": -1 },
    { "node-1": 1.5 },
    { "node-1": 2 ** 53 },
    { "node-1": "3" },
    { constructor: 1 },
    { "no node": 1 },
  ])("refuses %j", (value) => {
    expect(isVectorClock(value)).toBe(false);
  });
});
