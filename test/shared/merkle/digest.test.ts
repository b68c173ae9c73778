/** P6: equal states have equal digests, however their objects were built; different states have different ones. */
import * as fc from "fast-check";
import { bytesToHex } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import type { KeyState, Version } from "../../../shared/clock/dotted.ts";
import { asKey, asNodeId } from "../../../shared/ids.ts";
import { digestOf } from "../../../shared/merkle/digest.ts";

const hex = (state: KeyState, key = "k") => bytesToHex(digestOf(asKey(key), state).hash);

const node = fc.constantFrom("a", "b", "node-3").map(asNodeId);
const dot = fc.record({ node, counter: fc.integer({ min: 1, max: 5 }) });
const clock = fc.dictionary(fc.constantFrom("a", "b", "node-3"), fc.integer({ min: 1, max: 5 }));
const version: fc.Arbitrary<Version> = fc.record(
  {
    dot,
    value: fc.option(fc.constantFrom("", "red", "null", '"', "a,b")),
    at: fc.constantFrom(1, 1.5, 1e21),
    tick: fc.integer({ min: 1, max: 3 }),
    facts: fc.jsonValue({ maxDepth: 2 }),
    after: fc.dictionary(fc.constantFrom("k", "l", "m"), clock),
  },
  { requiredKeys: ["dot", "value", "at"] },
);
const state: fc.Arbitrary<KeyState> = fc.record(
  {
    context: clock,
    versions: fc.uniqueArray(version, {
      maxLength: 3,
      selector: ({ dot: { node, counter } }) => `${node}:${counter}`,
    }),
    marks: fc.uniqueArray(
      fc.record({ token: fc.string({ maxLength: 3 }), dot, at: fc.integer({ min: 0, max: 3 }) }),
      {
        maxLength: 3,
        selector: ({ dot: { node, counter } }) => `${node}:${counter}`,
      },
    ),
  },
  { requiredKeys: ["context", "versions"] },
);

/** The same, with the properties of each object the other way round and lists of dots in another order. */
function otherwise(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(otherwise);
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, inner]) => [name, otherwise(inner)]),
  );
}

/** An independent account of what makes two states equal. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? 0 : value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => [name, sorted(inner)]);
}
const byDot = (a: { dot: Version["dot"] }, b: { dot: Version["dot"] }) =>
  a.dot.node < b.dot.node ? -1 : a.dot.node > b.dot.node ? 1 : a.dot.counter - b.dot.counter;
const meaning = ({ context, versions, marks = [] }: KeyState) =>
  JSON.stringify([sorted(context), sorted(versions.toSorted(byDot)), sorted(marks.toSorted(byDot))]);

describe("the digest of a key", () => {
  it("is that of what the state says, not of how its objects came about (P6)", () => {
    fc.assert(
      fc.property(state, (built) => {
        const other = otherwise(built) as KeyState;
        const wired = JSON.parse(JSON.stringify(built)) as KeyState;
        expect(hex(other)).toBe(hex(built));
        expect(hex(wired)).toBe(hex(built));
        expect(hex({ ...built, versions: built.versions.toReversed() })).toBe(hex(built));
      }),
    );
  });

  it("differs where the states differ", () => {
    fc.assert(
      fc.property(state, state, (a, b) => {
        expect(hex(a) === hex(b)).toBe(meaning(a) === meaning(b));
      }),
      { numRuns: 500 },
    );
  });

  it("takes absent and empty for the same where they mean the same", () => {
    const plain: KeyState = {
      context: { a: 1 },
      versions: [{ dot: { node: asNodeId("a"), counter: 1 }, value: "x", at: 1 }],
    };
    expect(hex({ ...plain, marks: [] })).toBe(hex(plain));
    expect(hex({ ...plain, versions: [{ ...plain.versions[0]!, tick: 0 }] })).toBe(hex(plain));
  });

  it("covers the key, whatever it is made of", () => {
    const empty: KeyState = { context: {}, versions: [] };
    const keys = ["k", "K", "k ", '"', "\ud800", "\udc00", "\u0000", "é", "é".normalize("NFD")];
    expect(new Set(keys.map((key) => hex(empty, key))).size).toBe(keys.length);
  });

  it("says how long the key and its state are", () => {
    const value = "x".repeat(1_000);
    const long: KeyState = {
      context: { a: 1 },
      versions: [{ dot: { node: asNodeId("a"), counter: 1 }, value, at: 1 }],
    };
    const { size } = digestOf(asKey("k"), long);
    expect(size).toBeGreaterThan(1_000);
    expect(size).toBeLessThan(1_100);
  });
});
