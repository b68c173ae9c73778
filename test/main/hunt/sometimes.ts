/** A scenario that fails under some seeds, and what a hunt of it must find: a run of every seed, one after the other. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FinishedBatch, FoundFailure } from "../../../main/hunt/ledger.ts";
import { nativeHasher } from "../../../main/scenario/native-hasher.ts";
import { parseScenario } from "../../../shared/scenario/parse.ts";
import { simulate } from "../../../shared/simulation/simulate.ts";

/** Messages are lost now and then, so now and then nobody knows whether a put was done. */
export const sometimes = `name: sometimes
cluster: { nodes: [A, B, C], n: 2, r: 1, w: 2 }
network: { loss: 0.01 }
load: { clients: 2, rate: 10, for: 1s, keys: 2, mix: { put: 1, get: 1 } }
end: 1s
expect:
  - operations: { f: put, at-least: 0 }
  - operations: { f: put, outcome: unknown, count: 0 }
`;

/** The verdict of one run with rare paths. */
export const verdictOf = (text: string, seed: number) =>
  simulate({
    scenario: parseScenario(text, "sometimes.yaml"),
    seed,
    version: "test",
    buggify: true,
    hasher: nativeHasher(),
  }).verdict;

/** The seeds of the range that are violated, in order. */
export function violatedSeeds(text: string, from: number, to: number): number[] {
  const all = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  return all.filter((seed) => verdictOf(text, seed).verdict === "violated");
}

interface LedgerLines {
  readonly batches: readonly FinishedBatch[];
  readonly failures: readonly FoundFailure[];
}

/** The whole lines of a ledger, read without the code that is tested. */
export function ledgerOf(folder: string): LedgerLines {
  const lines = readFileSync(join(folder, "ledger.jsonl"), "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { kind: string; batch?: FinishedBatch; failure?: FoundFailure });
  return {
    batches: lines.flatMap(({ batch }) => (batch === undefined ? [] : [batch])),
    failures: lines.flatMap(({ failure }) => (failure === undefined ? [] : [failure])),
  };
}

/** Every seed of the batches, in order, as often as it was done. */
export const seedsDone = ({ batches }: LedgerLines, of = 1): number[] =>
  batches
    .flatMap(({ first, last }) => Array.from({ length: (last - first) / of + 1 }, (_, i) => first + i * of))
    .sort((a, b) => a - b);
