import { randomBytes } from "node:crypto";
import { zstdCompressSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  encodeFrame,
  encodeShortFrame,
  FrameDecoder,
  FrameError,
  frameBytesMax,
} from "../../../main/worker/frames.ts";

describe("frames", () => {
  it("come out whole and in order, however the stream is cut", () => {
    const values = fc.array(fc.jsonValue(), { maxLength: 20 });
    fc.assert(
      fc.property(values, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (values, cuts) => {
        // JSON has no -0, and neither has MessagePack's integer.
        const sent = JSON.parse(JSON.stringify(values)) as unknown[];
        const stream = Buffer.concat(sent.map((value, i) => (i % 2 ? encodeFrame : encodeShortFrame)(value)));
        const decoder = new FrameDecoder();
        const received: unknown[] = [];
        for (let at = 0, cut = 0; at < stream.length; cut++) {
          const end = at + cuts[cut % cuts.length]!;
          received.push(...decoder.push(stream.subarray(at, end)));
          at = end;
        }
        expect(received.map((value) => JSON.stringify(value))).toEqual(
          sent.map((value) => JSON.stringify(value).replaceAll('"__proto__":', '"__proto_":')),
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

  it("that begin with an unknown byte end the stream with an error, and so does what speaks another language", () => {
    expect(() => new FrameDecoder().push(Buffer.from([2, 0, 0, 1, 0xc0]))).toThrow(/begins with 2/);
    expect(() => new FrameDecoder().push(Buffer.from("GET / HTTP/1.1"))).toThrow(FrameError);
  });
});

/** A frame whose header says that its body is compressed. */
function compressedFrame(body: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(body.length);
  header[0] = 1;
  return Buffer.concat([header, body]);
}

describe("frames to peers", () => {
  const text = { value: "all work and no play makes a dull boy ".repeat(500) };

  it("are compressed where that makes them shorter", () => {
    const frame = encodeShortFrame(text);
    expect(frame.length).toBeLessThan(encodeFrame(text).length / 10);
    expect(new FrameDecoder().push(Buffer.concat([frame, frame]))).toEqual([text, text]);
  });

  it("are as they are when they are short, or full of noise", () => {
    for (const value of [{ value: "x".repeat(1_000) }, { value: randomBytes(10_000) }]) {
      expect(encodeShortFrame(value)).toEqual(encodeFrame(value));
    }
  });

  it("carry a value of the largest size either way", () => {
    for (const value of ["x".repeat(1024 * 1024), randomBytes(768 * 1024).toString("base64")]) {
      expect(new FrameDecoder().push(encodeShortFrame({ value }))).toEqual([{ value }]);
    }
    expect(() => encodeShortFrame("x".repeat(frameBytesMax))).toThrow(/over the limit/);
  });

  it("that come to more than a frame may hold are refused, however short they are", () => {
    const bomb = compressedFrame(zstdCompressSync(Buffer.alloc(frameBytesMax + 1)));
    expect(bomb.length).toBeLessThan(10_000);
    expect(() => new FrameDecoder().push(bomb)).toThrow(/comes to more than the limit of 16711680 bytes/);
    const small = compressedFrame(zstdCompressSync(encodeFrame("x".repeat(20_000)).subarray(4)));
    expect(() => new FrameDecoder(10_000).push(small)).toThrow(/comes to more than the limit of 10000/);
  });

  it("that are damaged end the stream with an error", () => {
    const frame = encodeShortFrame(text);
    frame[20]! ^= 0xff;
    expect(() => new FrameDecoder().push(frame)).toThrow(FrameError);
    expect(() => new FrameDecoder().push(compressedFrame(Buffer.from("no zstd")))).toThrow(
      /cannot be decompressed/,
    );
  });

  it("are not taken from strangers: nothing they have to say is that long", () => {
    const short = compressedFrame(zstdCompressSync(encodeFrame("hello").subarray(4)));
    expect(new FrameDecoder().push(short)).toEqual(["hello"]);
    expect(() => new FrameDecoder(4_096).push(short)).toThrow(/compressed and should not be/);
  });
});
