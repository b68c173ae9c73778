import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keysToCount, previewOf } from "../../../renderer/ring/preview.ts";
import { asKey, asNodeId } from "../../../shared/ids.ts";
import { Ring } from "../../../shared/ring/ring.ts";

const names = (count: number) => Array.from({ length: count }, (_, index) => asNodeId(`node-${index + 1}`));
const ringOf = (count: number) => Ring.of(names(count));
const { keys } = keysToCount([]);

describe("what would move", () => {
  it("is about one part in n on the ring, and nearly all by a modulus", () => {
    const preview = previewOf(keys, ringOf(4), ringOf(5), 3);
    expect(preview.keys).toBe(10_000);
    expect(preview.ring.moved / preview.keys).toBeGreaterThan(0.15);
    expect(preview.ring.moved / preview.keys).toBeLessThan(0.25);
    expect(preview.modulo.moved / preview.keys).toBeGreaterThan(0.75);
    expect(preview.ring.ways.every(({ to }) => to === "node-5")).toBe(true);
  });

  it("goes from the one who leaves to all the others", () => {
    const preview = previewOf(keys, ringOf(5), ringOf(4), 3);
    expect(preview.ring.ways.every(({ from }) => from === "node-5")).toBe(true);
    expect(new Set(preview.ring.ways.map(({ to }) => to)).size).toBe(4);
  });

  it("counts what looking at each key's owners gives", () => {
    const property = fc.property(
      fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 4 }),
      (drawn, count, n) => {
        const [before, after] = [ringOf(count), ringOf(count + 1)];
        const wanted = drawn.map(asKey);
        const { ring, copies } = previewOf(wanted, before, after, n);
        const moved = wanted.filter((key) => before.owners(key, 1)[0] !== after.owners(key, 1)[0]);
        expect(ring.moved).toBe(moved.length);
        expect(ring.ways.reduce((sum, way) => sum + way.keys, 0)).toBe(moved.length);
        const sent = wanted.flatMap((key) =>
          after.owners(key, n).filter((owner) => !before.owners(key, n).includes(owner)),
        );
        expect(copies.sent).toBe(sent.length);
      },
    );
    fc.assert(property);
  });

  it("is counted on the session's own keys when they are enough", () => {
    const many = Array.from({ length: 200 }, (_, index) => asKey(`k${index}`));
    expect(keysToCount(many)).toEqual({ keys: many, isSample: false });
    expect(keysToCount(many.slice(1)).isSample).toBe(true);
  });
});
