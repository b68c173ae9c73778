import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asNodeId } from "../../../shared/ids.ts";
import { ProbeOrder } from "../../../shared/membership/probe-order.ts";
import { sample, shuffle } from "../../../shared/membership/random.ts";
import { randomFrom } from "./driver.ts";

const permutations = ["abc", "acb", "bac", "bca", "cab", "cba"];

const sorted = (names: readonly (string | undefined)[]) =>
  names.toSorted((a, b) => String(a).localeCompare(String(b)));

/** Each of the outcomes about equally often: within 10 % of the mean over 12,000 draws. */
function expectEven(outcomes: readonly string[], draw: () => string): void {
  const counts = new Map(outcomes.map((outcome) => [outcome, 0]));
  for (let index = 0; index < 12_000; index += 1) {
    const outcome = draw();
    counts.set(outcome, (counts.get(outcome) ?? Number.NaN) + 1);
  }
  const mean = 12_000 / outcomes.length;
  for (const [outcome, count] of counts) {
    expect(Math.abs(count - mean) / mean, `${outcome}: ${count} times`).toBeLessThan(0.1);
  }
}

const isWanted = (item: number) => item % 7 === 0;

describe("chance", () => {
  it("P20: shuffles into every order equally often", () => {
    const random = randomFrom(3);
    expectEven(permutations, () => {
      const items = ["a", "b", "c"];
      shuffle(items, random);
      return items.join("");
    });
  });

  it("samples every set equally often", () => {
    const random = randomFrom(4);
    const sets = ["ab", "ac", "ad", "bc", "bd", "cd"];
    expectEven(sets, () => sorted(sample(["a", "b", "c", "d"], 2, random)).join(""));
  });

  it("P19: finds all that are wanted, up to the count, however few they are", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(50)), fc.nat(8), fc.integer(), (items, count, seed) => {
        const chosen = sample(items, count, randomFrom(seed), isWanted);
        expect(chosen).toHaveLength(Math.min(count, items.filter(isWanted).length));
        expect(new Set(chosen).size).toBe(chosen.length);
        expect(chosen.every((item) => isWanted(item) && items.includes(item))).toBe(true);
      }),
    );
  });
});

describe("the order of probes", () => {
  const nodes = ["a", "b", "c", "d"].map(asNodeId);
  const orderOf = (seed: number) => {
    const order = new ProbeOrder(randomFrom(seed));
    for (const node of nodes) order.add(node);
    return order;
  };
  const round = (order: ProbeOrder, length = nodes.length) =>
    Array.from({ length }, () => order.next() ?? "nobody");

  it("gives everybody one turn a round, in orders that change", () => {
    const order = orderOf(5);
    const rounds = Array.from({ length: 20 }, () => round(order));
    for (const turns of rounds) expect(sorted(turns)).toEqual(nodes);
    expect(new Set(rounds.map((turns) => turns.join(""))).size).toBeGreaterThan(5);
  });

  it("P20: takes in a newcomer at a random place and costs nobody a turn", () => {
    const places = new Set<number>();
    for (let seed = 1; seed <= 50; seed += 1) {
      const order = orderOf(seed);
      const begun = [order.next(), order.next()];
      order.add(asNodeId("new"));
      const rest = [order.next(), order.next()];
      const members = [...begun, ...rest, order.next()];
      if (members.includes(asNodeId("new"))) places.add(members.indexOf(asNodeId("new")));
      const turns = members.filter((node) => node !== "new").slice(0, 4);
      expect(sorted(turns), `seed ${seed}`).toEqual(nodes);
    }
    expect(places).toEqual(new Set([2, 3, 4]));
  });

  it("gives a suspect the next turn, and the others theirs", () => {
    const order = orderOf(6);
    const first = order.next()!;
    order.promote(first);
    expect(order.next()).toBe(first);
    const others = nodes.filter((node) => node !== first);
    expect(sorted(round(order, 3))).toEqual(others);
  });

  it("skips whoever was taken out", () => {
    const order = orderOf(7);
    order.next();
    order.remove(nodes[2]!);
    expect(round(order, 20)).not.toContain(nodes[2]);
    for (const node of nodes) order.remove(node);
    expect(order.next()).toBeUndefined();
  });
});
