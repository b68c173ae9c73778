import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeFrame, FrameDecoder, FrameError, frameBytesMax } from "../../../main/worker/frames.ts";

describe("frames", () => {
  it("come out whole and in order, however the stream is cut", () => {
    const values = fc.array(fc.jsonValue(), { maxLength: 20 });
    fc.assert(
      fc.property(values, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (values, cuts) => {
        // JSON has no -0, and neither has MessagePack's integer.
        const sent = JSON.parse(JSON.stringify(values)) as unknown[];
        const stream = Buffer.concat(sent.map(encodeFrame));
        const decoder = new FrameDecoder();
        const received: unknown[] = [];
        for (let at = 0, cut = 0; at < stream.length; cut++) {
          const end = at + cuts[cut % cuts.length]!;
          received.push(...decoder.push(stream.subarray(at, end)));
          at = end;
        }
        expect(received.map((value) => JSON.stringify(value))).toEqual(
          sent.map((value) => JSON.stringify(value).replaceAll('"__proto__"', '"__proto_"')),
        );
        expect(decoder.pendingBytes).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it("keep numbers exactly: counters above 2^32 and times with fractions", () => {
    const value = { life: 1_795_255_249_484, counter: Number.MAX_SAFE_INTEGER, at: 1_795_255_249_484.8896 };
    expect(new FrameDecoder().push(encodeFrame(value))).toEqual([value]);
  });

  it("are refused by their length alone when they are too large", () => {
    const header = Buffer.alloc(4);
    header.writeUInt32BE(frameBytesMax + 1);
    expect(() => new FrameDecoder().push(header)).toThrow(FrameError);
    expect(() => encodeFrame("x".repeat(frameBytesMax))).toThrow(/over the limit/);
    header.writeUInt32BE(101);
    expect(() => new FrameDecoder(100).push(header)).toThrow(/over the limit of 100/);
  });

  it("that are not MessagePack end the stream with an error", () => {
    expect(() => new FrameDecoder().push(Buffer.from([0, 0, 0, 2, 0xc1, 0xc1]))).toThrow(FrameError);
  });
});
