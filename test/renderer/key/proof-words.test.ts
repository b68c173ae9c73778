import { describe, expect, it } from "vitest";
import { proofWords } from "../../../renderer/key/proof-words.ts";
import { asKey, asNodeId } from "../../../shared/ids.ts";
import type { Blindness, ConflictProof, Reason } from "../../../shared/trace/conflict.ts";
import type { Write } from "../../../shared/trace/copies.ts";

const write = (node: string, dot: string, at: number, value: string | null = "v"): Write => ({
  dot,
  op: value === null ? "delete" : "put",
  value,
  node: asNodeId(node),
  at,
  stored: at,
  request: at - 1,
});
const apart = (reason: Reason | null, held: readonly string[] = [], heardOfLater = false): Blindness => ({
  kind: "apart",
  held,
  reason,
  heardOfLater,
});

function wordsOf(later: Blindness, changes: Partial<ConflictProof> = {}): string[] {
  const proof: ConflictProof = {
    key: asKey("k"),
    sides: [
      { write: write("node-1", "node-1:4", 2_000, "left"), blindness: apart(null) },
      { write: write("node-2", "node-2:9", 3_500, null), blindness: later },
    ],
    relation: "concurrent",
    events: [],
    ...changes,
  };
  return proofWords(proof, 1_000).map(({ words }) => words);
}

/** Why the later write had not seen the earlier one. */
const third = (blindness: Blindness) => wordsOf(blindness)[2]!;

describe("a proof in words", () => {
  it("tells both writes, what each had seen and so why both stay", () => {
    const cut: Reason = { kind: "cut", event: 7, from: 1_500, to: null };
    expect(wordsOf(apart(cut, ["node-1:1"]))).toEqual([
      "At 1.000 s a client wrote “left”; node-1 made it durable as node-1:4.",
      "At 2.500 s a client deleted the key; node-2 made it durable as node-2:9.",
      "The write node-2:9 had not seen node-1:4: node-2 then had node-1:1. The way from node-1 to node-2 was cut from 0.500 s on.",
      "The write node-1:4 had not seen node-2:9: node-1 then had no copy of the key. node-2:9 was written 1.5 s later.",
      "No chain of messages leads from one to the other: they are concurrent in truth, too. So both stay, until somebody who has read both writes again.",
    ]);
  });

  it("has words for every reason", () => {
    const reason = (kind: Reason["kind"]): Blindness => apart({ kind, event: 7, from: 1_500, to: 4_000 });
    expect(third(reason("down"))).toMatch(/node-2 did not run from 0.500 s to 3.000 s/);
    expect(third(reason("paused"))).toMatch(/node-2 stood still/);
    expect(third(reason("lost"))).toMatch(/was lost at 0.500 s/);
    expect(third(apart({ kind: "late", event: 7, from: 3_504, to: 3_504 }))).toMatch(/4 ms after the write/);
    expect(third({ kind: "unread", context: [] })).toMatch(/was blind/);
    expect(third({ kind: "unread", context: ["node-1:1"] })).toMatch(/had read node-1:1, and no more/);
    expect(third({ kind: "earlier" })).toMatch(/came first/);
    expect(third(apart(null, [], true))).toMatch(/Other word of node-1 had reached node-2/);
  });

  it("says so when one write came after the other and had not read it", () => {
    expect(wordsOf({ kind: "unread", context: [] }, { relation: "before" }).at(-1)).toMatch(
      /One came after the other/,
    );
  });
});
