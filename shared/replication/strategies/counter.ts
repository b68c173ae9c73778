/**
 * A counter: clients read and write a decimal integer, and what counts is by how much they changed what they had read.
 *
 * Each coordinator keeps a total of its own, changed by its own writes alone. Two versions know of one node's total what
 * the one with the later write of that node knows. A write adds the difference between the new value and the sum its
 * client had seen to the coordinator's present total, so of many clients that read 7 and wrote 8 each counts, at
 * whichever node and in whatever order.
 *
 * A delete clears what its client had seen: it says of each node's total how much of it is gone. Two deletes that did
 * not know of each other clear the same once, and what was added without their knowledge remains.
 *
 * What an old context had seen is worked out from the totals and deletes at that time, so the newest few of them are
 * kept. A context from before is refused.
 *
 * Source: Shapiro, Preguiça, Baquero, Zawirski 2011, "A comprehensive study of Convergent and Commutative Replicated
 * Data Types", §3.1 (PN-Counter: a vector of totals, joined node by node).
 */
import type { Version } from "../../clock/dotted.ts";
import { merge, type VectorClock } from "../../clock/vector-clock.ts";
import type { TimeMs } from "../../ids.ts";
import type { Refusal } from "./behaviour.ts";
import { merged } from "./merged.ts";

/** A node's total after its write with this dot counter. */
type Total = readonly [counter: number, total: number];

/** Of one node, oldest first; `isWhole`: nothing before them was left out. */
type Totals = readonly [node: string, isWhole: boolean, totals: readonly Total[]];

/** By node, the total that is gone and the write it came with. */
type Cleared = Readonly<Record<string, Total>>;

/** The dot of a delete, its stamp, and what it cleared. */
type Deletion = readonly [node: string, counter: number, at: TimeMs, cleared: Cleared];

interface Facts {
  readonly totals: readonly Totals[];
  /** The newest, oldest first. */
  readonly deletions: readonly Deletion[];
  /** By the deletes before them, whose dots are covered by the horizon. */
  readonly cleared: Cleared;
  readonly horizon: VectorClock;
}

const totalsMax = 16;
const deletionsMax = 8;

const nothing: Facts = { totals: [], deletions: [], cleared: {}, horizon: {} };

export const counter = merged<Facts>({
  known({ dot, value, facts }) {
    if (Array.isArray((facts as Partial<Facts> | undefined)?.totals)) return facts as Facts;
    if (value === null) return nothing;
    const total = integerOf(value);
    return total === null ? null : { ...nothing, totals: [[dot.node, true, [[dot.counter, total]]]] };
  },

  write(all, version, context, known): Version | Refusal {
    const facts = joined(all);
    const seen = withDeparted(context, known, facts);
    const shown = totalsSeen(facts, seen);
    if (shown === null) return forgotten;
    if (version.value === null) return { ...version, facts: afterDeletion(facts, version, shown) };
    const target = integerOf(version.value);
    if (target === null) return badValue("A counter takes a whole number of at most 15 digits, like 42.");
    const { deletions, cleared } = facts;
    const seenDeletions = deletions.filter(([node, counter]) => counter <= (seen[node] ?? 0));
    const difference = target - sumOf(shown, clearedBy(seenDeletions, cleared));
    const after = { ...facts, totals: withOwn(facts.totals, version, difference) };
    const sum = valueOf(after);
    if (
      !Number.isSafeInteger(sum) ||
      !newestTotals(after).every(([, [, total]]) => Number.isSafeInteger(total))
    ) {
      return badValue("The counter would leave the whole numbers that can be counted exactly.");
    }
    return { ...version, value: String(sum), facts: after };
  },

  read: (all) => String(valueOf(joined(all))),
});

const badValue = (message: string): Refusal => ({ code: "bad_value", message });

const forgotten: Refusal = {
  code: "bad_context",
  message:
    "The context is older than what this counter remembers: read it again and write with the context you get.",
};

const integerOf = (text: string): number | null =>
  /^[+-]?\d{1,15}$/.test(text.trim()) ? Number(text) + 0 : null;

/** The facts with this coordinator's total changed. */
function withOwn(totals: readonly Totals[], { dot }: Version, difference: number): readonly Totals[] {
  const [node, isWhole, own] = totals.find(([node]) => node === dot.node) ?? [dot.node, true, []];
  const total = (own.at(-1)?.[1] ?? 0) + difference;
  const kept = [...own, [dot.counter, total] as const].slice(-totalsMax);
  const mine: Totals = [node, isWhole && kept.length > own.length, kept];
  return [...totals.filter((each) => each[0] !== node), mine].sort(byNode);
}

function afterDeletion(facts: Facts, { dot, at }: Version, shown: Cleared): Facts {
  const deletions: Deletion[] = [...facts.deletions, [dot.node, dot.counter, at, shown]];
  const folded = deletions.slice(0, -deletionsMax);
  const horizon = folded.reduce((known, [node, counter]) => merge(known, { [node]: counter }), facts.horizon);
  return {
    totals: facts.totals,
    deletions: deletions.slice(-deletionsMax),
    cleared: clearedBy(folded, facts.cleared),
    horizon: sorted(horizon),
  };
}

/** What all of these know together. */
function joined(all: readonly Facts[]): Facts {
  const totals = new Map<string, Totals>();
  const deletions = new Map<string, Deletion>();
  let { cleared, horizon }: Pick<Facts, "cleared" | "horizon"> = nothing;
  for (const facts of all) {
    for (const each of facts.totals) {
      const other = totals.get(each[0]);
      if (other === undefined || newest(each)[0] > newest(other)[0]) totals.set(each[0], each);
    }
    for (const each of facts.deletions) deletions.set(`${each[0]}:${each[1]}`, each);
    cleared = later(cleared, facts.cleared);
    horizon = merge(horizon, facts.horizon);
  }
  return {
    totals: [...totals.values()].sort(byNode),
    deletions: [...deletions.values()].sort((a, b) => a[2] - b[2] || byNode(a, b) || a[1] - b[1]),
    cleared,
    horizon,
  };
}

const newest = ([, , totals]: Totals): Total => totals.at(-1)!;
const newestTotals = ({ totals }: Facts) => totals.map((each) => [each[0], newest(each)] as const);
const byNode = (a: readonly [string, ...unknown[]], b: readonly [string, ...unknown[]]) =>
  a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
const sorted = <Value>(record: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> =>
  Object.fromEntries(Object.entries(record).sort(byNode));

const clearedBy = (deletions: readonly Deletion[], cleared: Cleared): Cleared =>
  deletions.reduce((known, [, , , each]) => later(known, each), cleared);

/** Of each node the one with the later write. */
function later(a: Cleared, b: Cleared): Cleared {
  const both = { ...a };
  for (const [node, total] of Object.entries(b)) if (total[0] > (a[node]?.[0] ?? 0)) both[node] = total;
  return sorted(both);
}

/** What is there beyond what has been cleared. */
function sumOf(totals: Cleared, cleared: Cleared): number {
  let sum = 0;
  for (const [node, [, total]] of Object.entries(totals)) sum += total - (cleared[node]?.[1] ?? 0);
  return sum;
}

function valueOf(facts: Facts): number {
  return sumOf(Object.fromEntries(newestTotals(facts)), clearedBy(facts.deletions, facts.cleared));
}

/** The totals that one who had read `seen` knew of. Null: longer ago than is remembered. */
function totalsSeen({ totals, horizon }: Facts, seen: VectorClock): Cleared | null {
  const shown: Record<string, Total> = {};
  if (Object.keys(seen).length === 0) return shown;
  for (const node in horizon) if (horizon[node]! > (seen[node] ?? 0)) return null;
  for (const [node, isWhole, all] of totals) {
    const latest = seen[node] ?? 0;
    const total = all.findLast(([counter]) => counter <= latest);
    if (total !== undefined) shown[node] = total;
    else if (!isWhole && latest > 0) return null;
  }
  return shown;
}

/** Nodes that left for good and were taken out of contexts: everybody has seen their writes. */
function withDeparted(context: VectorClock, known: VectorClock, { totals, deletions, horizon }: Facts) {
  if (Object.keys(context).length === 0) return context;
  let seen = context;
  const meet = (node: string, counter: number) => {
    if (known[node] === undefined) seen = merge(seen, { [node]: counter });
  };
  for (const each of totals) meet(each[0], newest(each)[0]);
  for (const [node, counter] of deletions) meet(node, counter);
  for (const node in horizon) meet(node, horizon[node]!);
  return seen;
}
