/**
 * Trees beside a naive twin, a sorted list of what they hold: equal sets and equal roots are the same thing, whatever
 * the history, deletions and the last bucket included (P7), and a descent finds exactly the naive difference.
 */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asKey, type Key } from "../../../shared/ids.ts";
import { type Digest, digestBytes } from "../../../shared/merkle/digest.ts";
import { Entries } from "../../../shared/merkle/entries.ts";
import { depthMax, emptyHash, fanout, leafMax, MerkleTree } from "../../../shared/merkle/tree.ts";

const last = 0xffffffff;
/** A key's state is a number here; like a real digest it covers the key, too. */
const digest = (key: Key, state: number): Digest => ({
  hash: Uint8Array.from({ length: digestBytes }, (_, i) => (i === 0 ? state : (key.codePointAt(i - 1) ?? 0))),
  size: 10 + (state % 5),
});

/** Positions crowd in a few places, the first and the last of all among them, so that leaves split and merge. */
const position = fc.oneof(
  fc.constantFrom(0, 1, last - 1, last),
  fc.integer({ min: last - 300, max: last }),
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 0xabc00000, max: 0xabc00fff }),
  fc.integer({ min: 0, max: last }),
);
type Held = Map<Key, { position: number; state: number }>;
const keyAt = (position: number, number: number) => asKey(`${position.toString(16)}-${number}`);

/** Everything the two differ in can be asked of it, so nothing of a tree is left unwatched. */
function build(held: Held): MerkleTree {
  const tree = new MerkleTree(new Entries());
  for (const [key, { position, state }] of held) tree.set(key, position, digest(key, state));
  return tree;
}

const naive = (held: Held) =>
  [...held]
    .map(([key, { position, state }]) => `${position} ${key} ${state}`)
    .sort()
    .join("\n");

const change = fc.record({
  position,
  number: fc.integer({ min: 0, max: 1 }),
  state: fc.integer({ min: 0, max: 3 }),
  isRemoval: fc.boolean(),
});
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

function apply(tree: MerkleTree, held: Held, { position, number, state, isRemoval }: Change): void {
  // A removal takes what there is, else it would seldom meet anything.
  const near = isRemoval ? [...held].find(([, other]) => other.position >= position) : undefined;
  const key = near?.[0] ?? keyAt(position, number);
  if (isRemoval) {
    tree.delete(key, near?.[1].position ?? position);
    held.delete(key);
  } else {
    tree.set(key, position, digest(key, state));
    held.set(key, { position, state });
  }
}

/** Compares from the root down, as two nodes do, and returns the keys that differ. */
function descend(mine: MerkleTree, theirs: MerkleTree, prefix = ""): string[] {
  if (mine.hash(prefix) === theirs.hash(prefix)) return [];
  if (mine.isLeaf(prefix) && theirs.isLeaf(prefix)) {
    const other = new Map(theirs.keysUnder(prefix));
    const own = new Map(mine.keysUnder(prefix));
    return [...new Set([...own.keys(), ...other.keys()])].filter((key) => own.get(key) !== other.get(key));
  }
  expect(prefix.length).toBeLessThan(depthMax);
  return Array.from({ length: fanout }, (_, digit) => prefix + digit.toString(16)).flatMap((child) =>
    descend(mine, theirs, child),
  );
}

const held = (max: number) =>
  fc
    .array(fc.tuple(position, fc.integer({ min: 0, max: 3 })), { maxLength: max, size: "max" })
    .map((items): Held => new Map(items.map(([at, state]) => [keyAt(at, 0), { position: at, state }])));

describe("a Merkle tree", () => {
  it("depends on what it holds and on nothing else: any history equals a fresh build", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 400, size: "max" }), (changes) => {
        const [tree, kept]: [MerkleTree, Held] = [new MerkleTree(new Entries()), new Map()];
        for (const each of changes) {
          apply(tree, kept, each);
          // Hashes asked for in between are remembered, and must be forgotten again.
          if (each.state === 0) tree.hash("");
        }
        const fresh = build(new Map([...kept].toReversed()));
        expect(tree.count).toBe(kept.size);
        expect(tree.size).toBe(fresh.size);
        expect(descend(tree, fresh)).toEqual([]);
        expect(tree.hash("")).toBe(fresh.hash(""));
        for (const prefix of ["0", "f", "abc", "ffffffff", "00000000", "abc00f"]) {
          expect(tree.keysUnder(prefix)).toEqual(fresh.keysUnder(prefix));
          expect(tree.isLeaf(prefix)).toBe(fresh.isLeaf(prefix));
        }
      }),
      { numRuns: 60 },
    );
  });

  it("has the same root exactly when it holds the same", () => {
    fc.assert(
      fc.property(held(200), fc.array(change, { maxLength: 3 }), (base, changes) => {
        const [mine, theirs] = [build(base), build(base)];
        const other: Held = new Map(base);
        for (const each of changes) apply(theirs, other, each);
        expect(mine.hash("") === theirs.hash("")).toBe(naive(base) === naive(other));
      }),
      { numRuns: 300 },
    );
  });

  it("shows by descent exactly the keys that differ", () => {
    fc.assert(
      fc.property(held(2_000), fc.array(change, { maxLength: 40 }), fc.boolean(), (base, changes, isBare) => {
        const mine = build(base);
        const theirs = isBare ? new MerkleTree(new Entries()) : build(base);
        const other: Held = new Map(isBare ? [] : base);
        for (const each of changes) apply(theirs, other, each);
        const expected = [...new Set([...base.keys(), ...other.keys()])].filter(
          (key) => base.get(key)?.state !== other.get(key)?.state,
        );
        expect(descend(mine, theirs).sort()).toEqual(expected.sort());
        expect(descend(theirs, mine).sort()).toEqual(expected.sort());
      }),
      { numRuns: 40 },
    );
  });

  it("covers the first and the last position of all (P7)", () => {
    for (const edge of [0, last]) {
      for (const others of [0, 10, 5_000]) {
        const base: Held = new Map();
        for (let i = 0; i < others; i++) {
          const at = Math.imul(i, 0x9e3779b1) >>> 0;
          base.set(keyAt(at, 0), { position: at, state: 1 });
        }
        const tree = build(base);
        const before = tree.hash("");
        const key = keyAt(edge, 1);
        tree.set(key, edge, digest(key, 1));
        expect(tree.hash("")).not.toBe(before);
        expect(descend(tree, build(base))).toEqual([key]);
        tree.delete(key, edge);
        expect(tree.hash("")).toBe(before);
      }
    }
  });

  it("tells keys apart that share a position, however many they are", () => {
    const tree = new MerkleTree(new Entries());
    for (let i = 0; i < 3 * leafMax; i++) tree.set(keyAt(last, i), last, digest(keyAt(last, i), i));
    expect(tree.count).toBe(3 * leafMax);
    expect(tree.isLeaf("")).toBe(false);
    expect(tree.isLeaf("f".repeat(depthMax))).toBe(true);
    for (let i = 0; i < 3 * leafMax; i++) tree.delete(keyAt(last, i), last);
    expect(tree.hash("")).toBe(emptyHash);
    expect(tree.count).toBe(0);
  });

  it("is a leaf by count alone: what an insertion splits, a removal merges", () => {
    const tree = new MerkleTree(new Entries());
    for (let i = 0; i < leafMax; i++) tree.set(keyAt(i, 0), i * 0x1000000, digest(keyAt(i, 0), i));
    expect(tree.isLeaf("")).toBe(true);
    const full = tree.hash("");
    tree.set(keyAt(99, 0), 99, digest(keyAt(99, 0), 99));
    expect(tree.isLeaf("")).toBe(false);
    tree.delete(keyAt(99, 0), 99);
    expect(tree.isLeaf("")).toBe(true);
    expect(tree.hash("")).toBe(full);
  });

  it("answers nonsense with nothing", () => {
    const tree = build(
      new Map(Array.from({ length: 100 }, (_, i) => [keyAt(i, 0), { position: i, state: 1 }])),
    );
    for (const prefix of ["g", "-1", "zzz", "000000000000", "__proto__"]) {
      expect(() => [tree.hash(prefix), tree.isLeaf(prefix), tree.keysUnder(prefix)]).not.toThrow();
    }
  });
});
