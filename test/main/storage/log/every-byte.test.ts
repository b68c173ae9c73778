/** A dense sample of a thousand records' bits; all of them, and each length: every-byte.long.test.ts. */
import { expect, it } from "vitest";
import { headBytes } from "../../../../main/storage/log/segment-head.ts";
import { bitsIn, cutAt, flipBit, flipBitAndReadAll, segmentOfAThousand } from "./every-byte.ts";

const segment = segmentOfAThousand();

it("reads it whole when nothing is changed", () => {
  cutAt(segment, segment.bytes.length);
  expect(segment.transactions.length).toBeGreaterThan(500);
});

it("detects and locates flipped bits all over, and gives out nothing that was not written", () => {
  for (let bit = 0; bit < bitsIn(segment); bit += 37) flipBit(segment, bit);
});

it("finds all the others when the whole segment is read", () => {
  for (let bit = 5; bit < bitsIn(segment); bit += 9_973) flipBitAndReadAll(segment, bit);
});

it("gives out a prefix and nothing else wherever it is cut off", () => {
  for (let length = headBytes; length <= segment.bytes.length; length += 1_009) cutAt(segment, length);
  for (let length = segment.starts[7]!; length <= segment.starts[9]!; length++) cutAt(segment, length);
});
