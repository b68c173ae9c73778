/** How many writes were lost, and how many reads were stale: what a demonstration that breaks a promise is judged by. */
import { lostWrites } from "../../checks/invariants/durability.ts";
import { staleReads } from "../../checks/invariants/fresh-reads.ts";
import type { Operation } from "../../checks/types.ts";
import { did } from "../../checks/words.ts";
import { accessesOf } from "./checkers.ts";
import { counted, rangeOf, verdictOn } from "./ranges.ts";
import { result, type Judge } from "./subject.ts";
import { isWrite, writtenVersions } from "./writes.ts";

const ofKey = (key: string | undefined) => (key === undefined ? "" : ` of key ${key}`);
const isOf = (key: string | undefined) => (operation: Operation) =>
  key === undefined || operation.key === key;
const shownMax = 3;

/** The first few, in words. */
const inShort = (operations: readonly Operation[]) =>
  operations.length === 0 ? "" : ` ${operations.slice(0, shownMax).map(did).join("; ")}.`;

export const judgeLostWrites: Judge<"lost-writes"> = ({ key, ...numbers }, subject) => {
  const range = rangeOf(numbers);
  const words = `${range.words} acknowledged write${ofKey(key)} lost`;
  const writes = subject.record.calls.filter(isWrite);
  if (!writes.some((call) => call.outcome === "ok")) {
    return result(words, "unknown", "No write was acknowledged.");
  }
  if (subject.running.length === 0) return result(words, "unknown", "No node was running at the end.");
  const lost = lostWrites(writtenVersions(subject), subject.running).filter(isOf(key));
  const found = `${counted(lost.length, "acknowledged write")} lost.${inShort(lost)}`;
  return result(words, verdictOn(range, lost.length), found);
};

export const judgeStaleReads: Judge<"stale-reads"> = ({ key, ...numbers }, subject) => {
  const range = rangeOf(numbers);
  const words = `${range.words} stale read${ofKey(key)}`;
  const accesses = accessesOf(subject).filter(({ operation }) => isOf(key)(operation));
  const reads = accesses.filter(({ dot }) => dot === null).length;
  if (reads === 0) return result(words, "unknown", `No read${ofKey(key)} was answered.`);
  const stale = [...staleReads(accesses)].map(({ read }) => read.operation);
  const found = `${stale.length} of ${counted(reads, "read")} missed a write acknowledged before.${inShort(stale)}`;
  return result(words, verdictOn(range, stale.length), found);
};
