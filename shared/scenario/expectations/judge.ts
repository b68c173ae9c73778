/**
 * The verdict on a run: each expectation of the scenario held against what was recorded.
 *
 * An expectation holds, is violated, or the record cannot say; each comes with one sentence of what was found and the
 * events that prove it. Happened-before is always taken from message edges, never from a clock: a run whose clocks are
 * wrong must not be judged by them. Pure, and the same for real processes and the simulator.
 */
import type { Limits } from "../../checks/types.ts";
import type { ExpectationResult, RunRecord, RunVerdict } from "../run.types.ts";
import type { Expectation, Scenario } from "../schema.ts";
import { judgeDeliveryViolations, judgeHeld } from "./broadcasts.ts";
import {
  judgeCheck,
  judgeConverged,
  judgeFreshReads,
  judgeMembership,
  judgeNoLostWrites,
  judgeUniqueIds,
} from "./checkers.ts";
import { judgeOperations } from "./clients.ts";
import { judgeEarlierByWallClock, judgeLamportWithoutCause, judgeSortedBy, judgeStamps } from "./clocks.ts";
import { judgeExchange } from "./exchanges.ts";
import { judgeLostWrites, judgeStaleReads } from "./losses.ts";
import { judgeBefore, judgeConcurrent, judgeEvent, judgeOrder, judgePast } from "./order.ts";
import { judgeMoved, judgeState } from "./replicas.ts";
import { judgeSpread } from "./spread.ts";
import { Subject, type ExpectationName, type Judge } from "./subject.ts";
import { judgeSameView, judgeSettled } from "./views.ts";

const judges: { readonly [Name in ExpectationName]: Judge<Name> } = {
  event: judgeEvent,
  order: judgeOrder,
  before: judgeBefore,
  concurrent: judgeConcurrent,
  past: judgePast,
  stamps: judgeStamps,
  "earlier-by-wall-clock": judgeEarlierByWallClock,
  "sorted-by": judgeSortedBy,
  "lamport-without-cause": judgeLamportWithoutCause,
  "delivery-violations": judgeDeliveryViolations,
  held: judgeHeld,
  operations: judgeOperations,
  "unique-ids": judgeUniqueIds,
  check: judgeCheck,
  "no-lost-writes": judgeNoLostWrites,
  "lost-writes": judgeLostWrites,
  "fresh-reads": judgeFreshReads,
  "stale-reads": judgeStaleReads,
  exchange: judgeExchange,
  converged: judgeConverged,
  membership: judgeMembership,
  settled: judgeSettled,
  "same-view": judgeSameView,
  state: judgeState,
  moved: judgeMoved,
  spread: judgeSpread,
};

/** Expectations that need no event: they can be judged when none were kept. */
const withoutEvents: ReadonlySet<ExpectationName> = new Set([
  "operations",
  "check",
  "no-lost-writes",
  "fresh-reads",
  "stale-reads",
  "converged",
  "settled",
  "state",
  "moved",
  "unique-ids",
]);

/**
 * Judges every expectation. `limits` bound searches and comparisons; what exceeds them is unknown. Violated when any is
 * violated, else unknown when any is, else it holds.
 */
export function judge(scenario: Scenario, record: RunRecord, limits: Limits): RunVerdict {
  const subject = new Subject(scenario, record, limits);
  const results = scenario.expect.map((expectation) => judgeOne(expectation, subject));
  const has = (verdict: ExpectationResult["verdict"]) => results.some((one) => one.verdict === verdict);
  return {
    verdict: has("violated") ? "violated" : has("unknown") ? "unknown" : "holds",
    results,
    broken: null,
  };
}

/**
 * The verdict on a run that ended before its end, because of `why`. What it had not done yet may have been to come, so
 * only what nothing can undo stays violated; the rest, and the whole, is unknown.
 */
export function judgeEndedEarly({ expect }: Scenario, { results }: RunVerdict, why: string): RunVerdict {
  const told = results.map((result, index) =>
    result.verdict === "violated" && !isForGood(expect[index]!)
      ? { ...result, verdict: "unknown" as const }
      : result,
  );
  const isViolated = told.some(({ verdict }) => verdict === "violated");
  return { verdict: isViolated ? "violated" : "unknown", results: told, broken: why };
}

/** Once violated, violated whatever comes after. */
function isForGood(expectation: Expectation): boolean {
  if ("check" in expectation) return expectation.check.is === "valid";
  return "fresh-reads" in expectation || ("unique-ids" in expectation && expectation["unique-ids"]);
}

function judgeOne(expectation: Expectation, subject: Subject): ExpectationResult {
  const [name, value] = Object.entries(expectation)[0] as [ExpectationName, never];
  if (subject.record.events.length === 0 && !withoutEvents.has(name)) {
    return { words: name, verdict: "unknown", found: "No events were kept.", proof: [] };
  }
  // The table's type ties each name to its judge; TypeScript cannot follow a name chosen at run time.
  return (judges[name] as Judge<never>)(value, subject);
}
