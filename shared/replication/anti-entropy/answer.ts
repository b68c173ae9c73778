/** What a node answers when another compares with it: from what it holds at that moment, remembering nothing. */
import type { Key, NodeId } from "../../ids.ts";
import { emptyHash } from "../../merkle/tree.ts";
import type { AntiEntropyMessage, KeyDigest } from "./messages.ts";
import type { KeyRanges } from "./ranges.ts";
import type { Unsized } from "./wire.ts";

export type Question = Extract<AntiEntropyMessage, { kind: "COMPARE" | "COMPARE_KEYS" }>;

/** The trees must be up to date. */
export function answer(ranges: KeyRanges, from: NodeId, question: Question): Unsized {
  const { exchange, step, range } = question;
  if (question.ring !== ranges.fingerprint) return { kind: "DECLINE", exchange, step, reason: "ring" };
  if (question.kind === "COMPARE") {
    const { level } = question;
    const differ = level < 2 ? compareRanges(ranges, from, question) : compareNodes(ranges, question);
    return { kind: "COMPARED", exchange, step, level, range, differ };
  }
  return { kind: "COMPARED_KEYS", exchange, step, range, differ: compareKeys(ranges, question) };
}

type Asked = Extract<Question, { kind: "COMPARE" }>;
type Differing = [name: string, hash: string, isLeaf: boolean];

function compareRanges(ranges: KeyRanges, from: NodeId, { level, nodes }: Asked): Differing[] {
  const shared = ranges.sharedWith(from);
  if (level === 0) {
    const root = ranges.rootOver(shared);
    return nodes[0]?.[1] === root ? [] : [["", root, false]];
  }
  const asked = new Map(nodes);
  // Ranges in which the asker has no key are not among those it asks about.
  for (const range of shared) if (!asked.has(range)) asked.set(range, emptyHash);
  return [...asked]
    .filter(([range, hash]) => ranges.root(range) !== hash)
    .map(([range]) => [range, ranges.root(range), ranges.isLeaf(range, "")]);
}

function compareNodes(ranges: KeyRanges, { range, nodes }: Asked): Differing[] {
  const differ: Differing[] = [];
  for (const [prefix, hash] of nodes) {
    const own = ranges.hash(range, prefix);
    if (own !== hash) differ.push([prefix, own, ranges.isLeaf(range, prefix)]);
  }
  return differ;
}

function compareKeys(
  ranges: KeyRanges,
  { range, prefixes, keys, again }: Extract<Question, { kind: "COMPARE_KEYS" }>,
): [Key, asked: string, own: string][] {
  const asked = new Map(keys);
  const own = again ? keys.map(([key]) => ownDigest(ranges, key)) : keysUnder(ranges, range, prefixes);
  const differ: [Key, string, string][] = [];
  for (const [key, digest] of own) {
    const theirs = asked.get(key) ?? emptyHash;
    if (theirs !== digest) differ.push([key, theirs, digest]);
    asked.delete(key);
  }
  // What is left over is held by the asker only.
  for (const [key, digest] of asked) if (digest !== emptyHash) differ.push([key, digest, emptyHash]);
  return differ;
}

export const ownDigest = (ranges: KeyRanges, key: Key): KeyDigest => [
  key,
  ranges.forest.digest(key) ?? emptyHash,
];

export const keysUnder = (ranges: KeyRanges, range: string, prefixes: readonly string[]): KeyDigest[] =>
  prefixes.flatMap((prefix) => ranges.forest.tree(range)?.keysUnder(prefix) ?? []);
