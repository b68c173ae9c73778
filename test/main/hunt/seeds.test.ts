import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSeeds, parseShard, SeedQueue } from "../../../main/hunt/seeds.ts";

const takeAll = (queue: SeedQueue, count: number): number[] => {
  const all: number[] = [];
  for (let seeds = queue.take(count); seeds.length > 0; seeds = queue.take(count)) all.push(...seeds);
  return all;
};

describe("the seeds of a hunt", () => {
  it("are given out once each, those of the shard and no others, less what is done", () => {
    fc.assert(
      fc.property(
        fc.nat(100),
        fc.nat(200),
        fc.integer({ min: 1, max: 7 }),
        fc.nat(6),
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.nat(40), { maxLength: 5 }),
        (from, length, of, place, count, doneBatches) => {
          const shard = { index: (place % of) + 1, of };
          const range = { from, to: from + length, shard };
          const mine = Array.from({ length: length + 1 }, (_, i) => from + i).filter(
            (seed) => seed % of === shard.index - 1,
          );
          const done = doneBatches.flatMap((at) => {
            const seeds = mine.slice(at, at + 3);
            return seeds.length > 0 ? [{ first: seeds[0]!, last: seeds.at(-1)! }] : [];
          });
          const isDone = (seed: number) => done.some(({ first, last }) => first <= seed && seed <= last);
          const queue = new SeedQueue(range, done);
          expect(queue.total).toBe(mine.length);
          expect(takeAll(queue, count)).toEqual(mine.filter((seed) => !isDone(seed)));
        },
      ),
    );
  });

  it("gives out batches without a gap that is not done, so that a batch is its first and last seed", () => {
    const queue = new SeedQueue({ from: 1, to: 20, shard: { index: 1, of: 1 } }, [{ first: 4, last: 9 }]);
    expect(queue.take(100)).toEqual([1, 2, 3]);
    expect(queue.take(2)).toEqual([10, 11]);
  });

  it("takes a range of billions without a list of them", () => {
    const queue = new SeedQueue({ from: 1, to: Number.MAX_SAFE_INTEGER, shard: { index: 3, of: 1_000 } }, [
      { first: 2, last: 5_000_000_002 },
    ]);
    expect(queue.take(2)).toEqual([5_000_001_002, 5_000_002_002]);
  });

  it.each(["", "a", "5..1", "1..", "-1..2", "1.5", "1..99999999999999999999"])("%j is no range", (text) => {
    expect(parseSeeds(text)).toBeNull();
  });

  it("reads ranges and shards", () => {
    expect(parseSeeds("7")).toEqual({ from: 7, to: 7 });
    expect(parseSeeds("1..10000")).toEqual({ from: 1, to: 10_000 });
    expect(parseShard("2/8")).toEqual({ index: 2, of: 8 });
    for (const text of ["0/8", "9/8", "1/0", "1", "a/b"]) expect(parseShard(text)).toBeNull();
  });
});
