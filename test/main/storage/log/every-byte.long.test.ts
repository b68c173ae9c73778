import { it } from "vitest";
import { headBytes } from "../../../../main/storage/log/segment-head.ts";
import { bitsIn, cutAt, flipBit, flipBitAndReadAll, segmentOfAThousand } from "./every-byte.ts";

const segment = segmentOfAThousand();

it("detects and locates every single flipped bit, and gives out nothing that was not written", () => {
  for (let bit = 0; bit < bitsIn(segment); bit++) flipBit(segment, bit);
});

it("finds all the others when the whole segment is read", () => {
  for (let bit = 0; bit < bitsIn(segment); bit += 61) flipBitAndReadAll(segment, bit);
});

it("gives out a prefix and nothing else at whatever length it is cut off", () => {
  for (let length = headBytes; length <= segment.bytes.length; length++) cutAt(segment, length);
});
