/** How large states are taken to be, against what they take on the wire. */
import * as fc from "fast-check";
import { Packr } from "msgpackr";
import { describe, expect, it } from "vitest";
import { frameBytesMax } from "../../../main/worker/frames.ts";
import { absentKey, type KeyState, type Version } from "../../../shared/clock/dotted.ts";
import { asKey, asNodeId, type Key } from "../../../shared/ids.ts";
import { batchBytesMax, sizeOf, stateBytesMax, takeBatch } from "../../../shared/replication/batch.ts";
import { KeyStore } from "../../../shared/replication/key-store.ts";
import { behaviourOf } from "../../../shared/replication/strategies/behaviours.ts";

const packr = new Packr({ useRecords: false, mapsAsObjects: true });
const packed = (value: unknown) => packr.pack(value).length;

const node = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/).map(asNodeId);
const counter = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const clock = fc.dictionary(node, counter, { maxKeys: 20 });
const text = fc.string({ unit: "binary", maxLength: 400 });
const version: fc.Arbitrary<Version> = fc.record(
  {
    dot: fc.record({ node, counter }),
    value: fc.option(text),
    at: counter,
    tick: counter,
    facts: fc.record({
      seen: clock,
      items: fc.array(fc.tuple(node, counter, fc.nat(), text), { maxLength: 5 }),
    }),
    after: fc.dictionary(text, clock, { maxKeys: 3 }),
  },
  { requiredKeys: ["dot", "value", "at"] },
);
const token = fc.stringMatching(/^[\x21-\x7e]{1,100}$/);
const mark = fc.record({ token, dot: fc.record({ node, counter }), at: counter });
const state: fc.Arbitrary<KeyState> = fc.record(
  { context: clock, versions: fc.array(version, { maxLength: 4 }), marks: fc.array(mark, { maxLength: 16 }) },
  { requiredKeys: ["context", "versions"] },
);

const versionOf = (counter: number, value: string): Version => ({
  dot: { node: asNodeId("node-1"), counter },
  value,
  at: counter,
});

describe("the size of a state", () => {
  it("is never less than what it takes in a message, but for the names around it", () => {
    fc.assert(
      fc.property(state, (each) => {
        expect(sizeOf(each) + 40).toBeGreaterThanOrEqual(packed(each));
      }),
      { numRuns: 500 },
    );
  });

  it("follows the value, whatever its script", () => {
    for (const letter of ["a", "é", "漢", "😀"]) {
      const long = { context: { "node-1": 1 }, versions: [versionOf(1, letter.repeat(100_000))] };
      expect(sizeOf(long) - packed(long)).toBeLessThan(200);
    }
  });

  it("lets four coordinators that have not heard of each other fill a key, and what they make fits a frame", () => {
    expect(4 * stateBytesMax).toBeLessThan(frameBytesMax);
  });
});

describe("a batch", () => {
  it("counts what values are made of: a text of short lines is many times as long as it looks", () => {
    const lines = behaviourOf("text").write(absentKey, versionOf(1, "x\n".repeat(9_999)), {}) as KeyState;
    const keys = Array.from({ length: 13 }, (_, i) => asKey(`text-${i}`));
    const store = new KeyStore(keys.map((key) => [key, lines] as const));
    expect(keys.length * lines.versions[0]!.value!.length).toBeLessThan(batchBytesMax);
    expect(takeBatch(keys, store, 100)).toHaveLength(1);
  });

  it("carries what fits, in order, and one key at least", () => {
    const large = { context: { "node-1": 1 }, versions: [versionOf(1, "x".repeat(batchBytesMax * 2))] };
    const small = { context: { "node-1": 1 }, versions: [versionOf(1, "x")] };
    const store = new KeyStore(
      Object.entries({ a: large, b: small, c: small, d: large }).map(
        ([key, each]) => [asKey(key), each] as const,
      ),
    );
    const taken = (keys: string, keysMax: number) =>
      takeBatch(keys.split("") as Key[], store, keysMax)
        .map(([key]) => key)
        .join("");
    expect(taken("abcd", 100)).toBe("a");
    expect(taken("bcd", 100)).toBe("bc");
    expect(taken("bc", 1)).toBe("b");
    expect(taken("", 100)).toBe("");
  });
});
