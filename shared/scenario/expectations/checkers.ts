/** Expectations that a checker answers: histories of clients, final states, and the trace of membership. */
import { checkModel } from "../../checks/check-model.ts";
import { checkConvergence } from "../../checks/convergence.ts";
import { checkBeliefs } from "../../checks/invariants/beliefs.ts";
import { type Access, checkFreshReads } from "../../checks/invariants/fresh-reads.ts";
import { checkDurability } from "../../checks/invariants/durability.ts";
import {
  checkAccuracy,
  checkCompleteness,
  type MembershipBounds,
} from "../../checks/invariants/membership.ts";
import type { Verdict } from "../../checks/types.ts";
import { checkUniqueIds } from "../../checks/unique-ids.ts";
import type { Key } from "../../ids.ts";
import { text } from "../../trace/detail.ts";
import { historyOf } from "../history.ts";
import type { CallRecord, ExpectationResult } from "../run.types.ts";
import { commonRing } from "./replicas.ts";
import { result, type Judge, type Subject } from "./subject.ts";
import { isWrite, writtenVersions } from "./writes.ts";

/** Replicas of a key where a scenario does not say how many, and there are as many nodes. */
const usualN = 3;

/** A checker's answer as the answer to an expectation of `wanted`. */
function asResult(
  words: string,
  verdict: Verdict,
  subject: Subject,
  wanted: "valid" | "invalid" = "valid",
): ExpectationResult {
  const { counterExample, summary } = verdict;
  const found = [summary, ...(counterExample?.why ?? [])].join(" ");
  const outcome =
    verdict.verdict === "unknown" ? "unknown" : verdict.verdict === wanted ? "holds" : "violated";
  const proof = (counterExample?.events ?? []).flatMap((event) => subject.idOf(event) ?? []);
  return result(words, outcome, found, proof);
}

const isData = ({ call: { request } }: CallRecord) => request.kind === "data";
const isMint = ({ call: { request } }: CallRecord) => request.kind === "act" && request.act.kind === "mint";

export const judgeCheck: Judge<"check"> = ({ model, is }, subject) => {
  const words = `the history is ${is} under the model ${model}`;
  const calls = subject.record.calls.filter(isData);
  if (!calls.some((call) => call.outcome === "ok")) {
    return result(words, "unknown", "No operation of a client succeeded, so there is nothing to check.");
  }
  try {
    return asResult(
      words,
      checkModel(model, historyOf({ ...subject.record, calls }), subject.limits),
      subject,
      is,
    );
  } catch (error) {
    // The model does not understand an operation of this history.
    return result(words, "unknown", (error as Error).message);
  }
};

export const judgeUniqueIds: Judge<"unique-ids"> = (areUnique, subject) => {
  const words = areUnique ? "no id is handed out twice" : "an id is handed out twice";
  const calls = subject.record.calls.filter(isMint);
  if (!calls.some((call) => call.outcome === "ok")) {
    return result(words, "unknown", "No id was handed out.");
  }
  const verdict = checkUniqueIds(historyOf({ ...subject.record, calls }));
  const judged = asResult(words, verdict, subject, areUnique ? "valid" : "invalid");
  const twice = verdict.counterExample?.operations[0]?.output;
  const minted = subject.inTime.filter(
    (event) => event.name === "minted" && twice !== undefined && text(event.detail?.["id"]) === twice,
  );
  return { ...judged, proof: minted.map((event) => event.id) };
};

export const judgeNoLostWrites: Judge<"no-lost-writes"> = (_, subject) => {
  const words = "every acknowledged write is there at the end, or was overwritten by one that had seen it";
  const { calls, events } = subject.record;
  const writes = calls.filter(isWrite);
  if (!writes.some((call) => call.outcome === "ok")) {
    return result(words, "unknown", "No write was acknowledged.");
  }
  const verdict = checkDurability(writtenVersions(subject), subject.running);
  if (
    verdict.verdict === "invalid" &&
    events.length === 0 &&
    writes.some((call) => call.outcome === "unknown")
  ) {
    return result(
      words,
      "unknown",
      `${verdict.summary} Without events nobody can say whether a write without an answer overwrote it.`,
    );
  }
  return asResult(words, verdict, subject);
};

/** Every data operation that was answered, with what its answer had seen. */
export function accessesOf({ record }: Subject): Access[] {
  const calls = record.calls
    .filter((call) => isData(call) && call.outcome === "ok")
    .sort((a, b) => a.invoked - b.invoked);
  const operations = historyOf({ ...record, calls });
  return calls.flatMap(({ answer }, index): Access[] => {
    if (!answer?.ok) return [];
    const dot = isWrite(calls[index]!) ? (answer.dots[0] ?? null) : null;
    return [{ operation: operations[index]!, dot, seen: answer.context }];
  });
}

export const judgeFreshReads: Judge<"fresh-reads"> = (_, subject) => {
  const words = "a read that begins after a write was acknowledged has seen it";
  const accesses = accessesOf(subject);
  const reads = accesses.filter(({ dot }) => dot === null).length;
  if (reads === 0 || reads === accesses.length) {
    return result(words, "unknown", "It takes an acknowledged write and a read that was answered.");
  }
  return asResult(words, checkFreshReads(accesses), subject);
};

export const judgeConverged: Judge<"converged"> = (_, subject) => {
  const words = "at the end all running replicas of every key agree";
  const ring = commonRing(subject.running);
  if (ring === null) {
    const why =
      subject.running.length === 0
        ? "No node was running at the end."
        : "At the end the running nodes do not agree who is on the ring.";
    return result(words, "unknown", why);
  }
  const { n = usualN } = subject.scenario.cluster;
  return asResult(
    words,
    checkConvergence(subject.running, (key) => ring.owners(key as Key, n)),
    subject,
  );
};

/**
 * How long membership may take, twice over: until a node's turn to be probed comes round (SWIM, §4.3: at most 2n − 1
 * intervals), the longest suspicion, and the way of the rumour.
 */
function boundsOf(subject: Subject): MembershipBounds {
  const {
    probeInterval,
    probeTimeout,
    suspicionMult,
    suspicionMaxTimeoutMult,
    gossipInterval,
    retransmitMult,
  } = subject.membership;
  const n = subject.record.nodes.length;
  const probing = (2 * n - 1) * probeInterval;
  const suspicion = suspicionMult * Math.max(1, Math.log10(n)) * probeInterval * suspicionMaxTimeoutMult;
  const spreading = retransmitMult * Math.ceil(Math.log10(n + 1)) * gossipInterval;
  const bound = 2 * (probing + suspicion + spreading);
  // A probe and its answer must both arrive within the timeout.
  return { settleMs: bound, noticeMs: bound, slowMs: probeTimeout / 2 };
}

export const judgeMembership: Judge<"membership"> = (which, subject) => {
  const bounds = boundsOf(subject);
  const seconds = `${(bounds.noticeMs / 1_000).toFixed(1)} s`;
  const judged: ExpectationResult[] = [];
  if (which !== "complete") {
    const words = "nobody convicts a node that runs and can be reached";
    judged.push(asResult(words, checkAccuracy(subject.record.events, bounds), subject));
    const steady = "nobody takes back a belief without a higher incarnation";
    judged.push(asResult(steady, checkBeliefs(subject.inTime), subject));
  }
  if (which !== "accurate") {
    const words = `everybody notices within ${seconds} that a node is down`;
    const verdict = checkCompleteness(subject.record.events, bounds);
    const isIdle = verdict.verdict === "valid" && verdict.operations === 0;
    judged.push(
      isIdle
        ? result(words, "unknown", `No node was down for ${seconds}.`)
        : asResult(words, verdict, subject),
    );
  }
  const worst = (verdict: string) => judged.find((one) => one.verdict === verdict);
  const { verdict } = worst("violated") ?? worst("unknown") ?? judged[0]!;
  const proof = judged.flatMap((one) => one.proof);
  return result(
    judged.map((one) => one.words).join(", and "),
    verdict,
    judged.map((one) => one.found).join(" "),
    proof,
  );
};
