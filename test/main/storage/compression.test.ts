import { randomBytes } from "node:crypto";
import { zstdCompressSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compress, compressAboveBytes, decompress } from "../../../main/storage/compression.ts";

describe("compression", () => {
  it("gives back what it was given", () => {
    const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 400 }), (pieces, times) => {
        const bytes = Buffer.concat(Array.from({ length: times }, () => Buffer.concat(pieces)));
        const short = compress(bytes);
        if (short === null) return;
        expect(short.length).toBeLessThan(bytes.length);
        expect(decompress(short, bytes.length)).toEqual(bytes);
      }),
      { numRuns: 200 },
    );
  });

  it("leaves alone what is short, and what would not get shorter", () => {
    expect(compress(Buffer.alloc(compressAboveBytes))).toBeNull();
    expect(compress(Buffer.alloc(compressAboveBytes + 1))).not.toBeNull();
    expect(compress(randomBytes(100_000))).toBeNull();
  });

  it("refuses a few bytes that come to more than was allowed, and damaged ones", () => {
    const bomb = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(10_000);
    expect(() => decompress(bomb, 1024 * 1024)).toThrow(RangeError);
    const damaged = compress(Buffer.from("words and words ".repeat(1_000)))!;
    expect(() => decompress(damaged.subarray(0, damaged.length - 3), 1_000_000)).toThrow();
    for (let at = 0; at < damaged.length; at += 7) {
      const flipped = Buffer.from(damaged);
      flipped[at]! ^= 0x10;
      expect(() => decompress(flipped, 1_000_000), `byte ${at}`).toThrow();
    }
    expect(() => decompress(Buffer.from("no zstd"), 1_000_000)).toThrow();
  });
});
