import * as fc from "fast-check";
import { expect, it } from "vitest";
import { decodeCompactClock, encodeCompactClock } from "../../../../main/storage/clocks/compact-clock.ts";
import { decodeStoredClock, encodeStoredClock } from "../../../../main/storage/clocks/stored-clock.ts";

const name = fc
  .stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/)
  .filter((text) => !(text in Object.prototype));
const counter = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.maxSafeNat().map((value) => Math.max(1, value)),
);
const clock = fc.dictionary(name, counter, { maxKeys: 40, noNullPrototype: true });

const sample = Object.fromEntries(
  Array.from({ length: 100 }, (_, n) => [`node-${n + 1}`, 10_000 + ((n * 7_919) % 90_000)]),
);

it("gives every clock back", () => {
  fc.assert(
    fc.property(clock, (value) => {
      expect(decodeCompactClock(encodeCompactClock(value))).toEqual({ clock: value });
      expect(decodeStoredClock(encodeStoredClock(value))).toEqual({ clock: value });
    }),
  );
});

it("keeps 100 nodes below a kibibyte, and few of them readable", () => {
  expect(encodeStoredClock(sample).length).toBeLessThanOrEqual(1024);
  expect(encodeStoredClock({ "node-1": 42, "node-2": 15 })).toMatch(
    /^\{"node-1":42,"node-2":15,"\$crc32":\d+\}\n$/,
  );
  const furthest = Object.fromEntries(Object.keys(sample).map((node) => [node, 2 ** 40]));
  expect(encodeStoredClock(furthest).length, "also after a trillion events of each").toBeLessThanOrEqual(
    1_200,
  );
});

it("notices each bit that is flipped, and each length it is cut to", () => {
  const bytes = encodeCompactClock(Object.fromEntries(Object.entries(sample).slice(0, 12)));
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = Buffer.from(bytes);
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    expect(decodeCompactClock(damaged), `bit ${bit}`).toHaveProperty("problem");
  }
  for (let length = 0; length < bytes.length; length++) {
    expect(decodeCompactClock(bytes.subarray(0, length)), `${length} bytes`).toHaveProperty("problem");
  }
});

it("says what is wrong", () => {
  const bytes = encodeCompactClock({ "node-1": 1 });
  const newer = Buffer.from(bytes);
  newer[0] = 2;
  expect(decodeCompactClock(newer)).toEqual({ problem: "has format 2, which this Lightcone does not know" });
  expect(decodeCompactClock(bytes.subarray(0, 3))).toEqual({ problem: "is cut off" });
  expect(decodeCompactClock(bytes.subarray(0, -1))).toEqual({ problem: "does not fit its checksum" });
  const wrong = encodeCompactClock({ "node-1": 0 });
  expect(decodeCompactClock(wrong)).toEqual({ problem: "is no clock, although its checksum fits" });
});
