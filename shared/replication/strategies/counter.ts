/**
 * A counter: clients read and write a decimal integer, and what counts is by how much they changed what they had read.
 *
 * Each coordinator keeps a total of its own, changed by its own writes alone; the value is the sum of all totals. Two
 * versions know of one node's total what the one with the later write of that node knows. A write adds the difference
 * between the new value and the sum its client had seen to the coordinator's present total, so of many clients that read
 * 7 and wrote 8 each counts, at whichever node and in whatever order.
 *
 * The sum that an old context had seen is worked out from the totals at that time, so the newest few of each node are
 * kept. A context older than these is refused.
 *
 * A delete takes away the sum its client had seen; what was added without its knowledge remains.
 *
 * Source: Shapiro, Preguiça, Baquero, Zawirski 2011, "A comprehensive study of Convergent and Commutative Replicated
 * Data Types", §3.1 (PN-Counter: a vector of totals, joined node by node).
 */
import type { Version } from "../../clock/dotted.ts";
import type { VectorClock } from "../../clock/vector-clock.ts";
import type { Refusal } from "./behaviour.ts";
import { merged } from "./merged.ts";

/** A node's total after its write with this dot counter. */
type Total = readonly [counter: number, total: number];

/** Of one node, oldest first; `isWhole`: nothing before them was left out. */
type Totals = readonly [node: string, isWhole: boolean, totals: readonly Total[]];

interface Facts {
  readonly totals: readonly Totals[];
}

const totalsMax = 16;

export const counter = merged<Facts>({
  known({ dot, value, facts }) {
    if (Array.isArray((facts as Partial<Facts> | undefined)?.totals)) return facts as Facts;
    if (value === null) return { totals: [] };
    const total = integerOf(value);
    return total === null ? null : { totals: [[dot.node, true, [[dot.counter, total]]]] };
  },

  write(all, version, context, known): Version | Refusal {
    const target = version.value === null ? 0 : integerOf(version.value);
    if (target === null) return badValue("A counter takes a whole number of at most 15 digits, like 42.");
    const totals = joined(all);
    const seen = sumSeen(totals, context, known);
    if (seen === null) {
      const message =
        "The context is older than what this counter remembers: read it again and write with the context you get.";
      return { code: "bad_context", message };
    }
    const { node, counter } = version.dot;
    const [, isWhole, own] = totals.find(([other]) => other === node) ?? [node, true, []];
    const total = (own.at(-1)?.[1] ?? 0) + target - seen;
    const kept = [...own, [counter, total] as const].slice(-totalsMax);
    const mine: Totals = [node, isWhole && kept.length > own.length, kept];
    const facts = { totals: byNode([...totals.filter(([other]) => other !== node), mine]) };
    const sum = sumOf(facts.totals);
    if (!Number.isSafeInteger(total) || !Number.isSafeInteger(sum)) {
      return badValue("The counter would leave the whole numbers that can be counted exactly.");
    }
    return { ...version, value: version.value === null ? null : String(sum), facts };
  },

  read: (all) => String(sumOf(joined(all))),
});

const badValue = (message: string): Refusal => ({ code: "bad_value", message });

function integerOf(text: string): number | null {
  return /^[+-]?\d{1,15}$/.test(text.trim()) ? Number(text) + 0 : null;
}

/** Of each node what is known by its latest write. */
function joined(all: readonly Facts[]): readonly Totals[] {
  const latest = new Map<string, Totals>();
  for (const { totals } of all) {
    for (const each of totals) {
      const other = latest.get(each[0]);
      if (other === undefined || newest(each) > newest(other)) latest.set(each[0], each);
    }
  }
  return byNode([...latest.values()]);
}

const newest = ([, , totals]: Totals) => totals.at(-1)![0];
const byNode = (totals: readonly Totals[]) => totals.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
const sumOf = (all: readonly Totals[]) => all.reduce((sum, [, , totals]) => sum + totals.at(-1)![1], 0);

/** What one who had read `context` was shown. Null: longer ago than is remembered. */
function sumSeen(all: readonly Totals[], context: VectorClock, known: VectorClock): number | null {
  if (Object.keys(context).length === 0) return 0;
  let sum = 0;
  for (const [node, isWhole, totals] of all) {
    // A node that left for good and whose entry was taken out has been seen by everybody.
    const seen = context[node] ?? (known[node] === undefined ? Infinity : 0);
    const total = totals.findLast(([counter]) => counter <= seen);
    if (total === undefined && !isWhole && seen > 0) return null;
    sum += total?.[1] ?? 0;
  }
  return sum;
}
