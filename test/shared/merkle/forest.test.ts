/** The trees of a node beside its data: never behind when read, and built a slice at a time (P8). */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KeyState } from "../../../shared/clock/dotted.ts";
import { asKey, asNodeId, type Key } from "../../../shared/ids.ts";
import { MerkleForest } from "../../../shared/merkle/forest.ts";
import { Ring } from "../../../shared/ring/ring.ts";

const ring = Ring.of([]);
const stateOf = (number: number, value = "v"): KeyState => ({
  context: { a: number },
  versions: [{ dot: { node: asNodeId("a"), counter: number }, value, at: 1 }],
});

/** A range for each first letter; keys that begin with z belong to none. */
function forestOver(keys: ReadonlyMap<Key, KeyState>) {
  const strayed: Key[] = [];
  const forest = new MerkleForest({
    keys,
    place: (key) => ({ position: ring.position(key), range: key.startsWith("z") ? null : key[0]! }),
    strayed: (key) => strayed.push(key),
  });
  return { forest, strayed };
}

function takeAllIn(forest: MerkleForest): number {
  let slices = 0;
  for (; !forest.isUpToDate; slices++) forest.takeIn();
  return slices;
}

const picture = (forest: MerkleForest) =>
  forest.ranges.map((range) => {
    const tree = forest.tree(range)!;
    return [range, tree.hash(""), tree.count, tree.size] as const;
  });

describe("the trees of a node", () => {
  it("are a function of the keys, however they came and went, and whenever they were looked at", () => {
    const change = fc.record({
      key: fc.tuple(fc.constantFrom("a", "b", "z"), fc.nat(60)).map(([letter, i]) => asKey(`${letter}${i}`)),
      number: fc.nat(3),
      act: fc.constantFrom("write", "write", "forget", "look", "rebuild"),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 300, size: "max" }), (changes) => {
        const keys = new Map<Key, KeyState>();
        const { forest } = forestOver(keys);
        for (const { key, number, act } of changes) {
          if (act === "look") {
            takeAllIn(forest);
            picture(forest);
          } else if (act === "rebuild") forest.rebuild();
          else {
            if (act === "write") keys.set(key, stateOf(number));
            else keys.delete(key);
            forest.changed(key);
          }
        }
        takeAllIn(forest);
        const { forest: fresh } = forestOver(new Map([...keys].toReversed()));
        takeAllIn(fresh);
        expect(picture(forest)).toEqual(picture(fresh));
        expect(forest.verify(1_000)).toEqual([]);
      }),
    );
  });

  it("take in no more than a slice of keys, or of bytes, at a time", () => {
    const many = new Map(Array.from({ length: 5_000 }, (_, i) => [asKey(`a${i}`), stateOf(i)] as const));
    expect(takeAllIn(forestOver(many).forest)).toBeGreaterThanOrEqual(10);
    const megabyte = "x".repeat(1024 * 1024);
    const large = new Map(
      Array.from({ length: 5 }, (_, i) => [asKey(`a${i}`), stateOf(i, megabyte)] as const),
    );
    expect(takeAllIn(forestOver(large).forest)).toBeGreaterThanOrEqual(5);
  });

  it("work out a digest once for many writes of a key", () => {
    const keys = new Map<Key, KeyState>();
    const { forest } = forestOver(keys);
    const key = asKey("a");
    for (let i = 1; i <= 10_000; i++) {
      keys.set(key, stateOf(i));
      forest.changed(key);
    }
    expect(forest.backlog).toBe(1);
    expect(takeAllIn(forest)).toBe(1);
  });

  it("leave out what is not owned, and say so", () => {
    const keys = new Map([asKey("a1"), asKey("z1"), asKey("z2")].map((key) => [key, stateOf(1)] as const));
    const { forest, strayed } = forestOver(keys);
    takeAllIn(forest);
    expect(forest.ranges).toEqual(["a"]);
    expect(strayed).toEqual(["z1", "z2"]);
    keys.delete(asKey("z1"));
    forest.changed(asKey("z1"));
    takeAllIn(forest);
    expect(strayed).toHaveLength(2);
    expect(forest.digest(asKey("z2"))).toBeUndefined();
    expect(forest.digest(asKey("a1"))).toMatch(/^[0-9a-f]{32}$/);
  });

  it("are checked against the data, a slice at a time, all of it in turn", () => {
    const keys = new Map(Array.from({ length: 100 }, (_, i) => [asKey(`a${i}`), stateOf(i)] as const));
    const { forest } = forestOver(keys);
    takeAllIn(forest);
    // As if memory had been damaged: nobody was told.
    keys.set(asKey("a42"), stateOf(1_000));
    const found = Array.from({ length: 11 }, () => forest.verify(10)).flat();
    expect(found).toEqual(["a42"]);
    forest.rebuild();
    takeAllIn(forest);
    expect(Array.from({ length: 11 }, () => forest.verify(10)).flat()).toEqual([]);
  });
});
