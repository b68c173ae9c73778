/** Expectations on single events and on what happened before what. */
import type { Causality, Relation } from "../../trace/causality.ts";
import { labLane, type RecordedEvent } from "../../trace/event.ts";
import { matches } from "../match.ts";
import { counted, listed, rangeOf, verdictOn } from "./ranges.ts";
import { byTime, result, type Judge, type Subject } from "./subject.ts";
import { describeMatch } from "./words.ts";

/** Proofs name at most this many events. */
const proofMax = 100;

export const judgeEvent: Judge<"event"> = (value, subject) => {
  const { count, "at-least": least, "at-most": most, nth, ...match } = value;
  const range = rangeOf({ count, "at-least": least, "at-most": most }, nth ?? 1);
  const words = `${range.words} of: ${describeMatch(match)}`;
  const events = subject.inTime.filter((event) => matches(event, match));
  const found = `There were ${events.length}.`;
  return result(words, verdictOn(range, events.length), found, events.slice(0, proofMax));
};

export const judgeOrder: Judge<"order"> = (names, subject) => {
  const words = names.join(", then ");
  const events = subject.allLabelled(names);
  if ("found" in events) return result(words, events.verdict, events.found);
  let verdict: "holds" | "unknown" = "holds";
  let found = "They happened in this order.";
  for (let index = 1; index < events.length; index++) {
    const [a, b] = [events[index - 1]!, events[index]!];
    const ms = b.at - a.at;
    const relation = subject.causality.relation(a.id, b.id);
    // No message leads from the lab to a node or back, but it records its acts before it carries them out.
    const isLab = a.node === labLane || b.node === labLane;
    if (relation === "before" || (relation === "concurrent" && (ms > 0 || (isLab && byTime(a, b) < 0))))
      continue;
    const [one, other] = [names[index - 1]!, names[index]!];
    if (relation === "concurrent" && ms === 0 && !isLab) {
      verdict = "unknown";
      found = `${one} and ${other} have the same time and neither caused the other.`;
      continue;
    }
    return result(words, "violated", `${other} came ${describeLead(ms)} ${one}.`, [b, a]);
  }
  return result(words, verdict, found, events);
};

const describeLead = (ms: number) => (ms < 0 ? `${(-ms).toFixed(1)} ms before` : "before");

export const judgeBefore: Judge<"before"> = (names, subject) => {
  const words = names.join(" → ");
  const events = subject.allLabelled(names);
  if ("found" in events) return result(words, events.verdict, events.found);
  for (let index = 1; index < events.length; index++) {
    const [a, b] = [events[index - 1]!, events[index]!];
    const { relation, hole } = related(subject, a, b);
    if (relation === "before") continue;
    const pair = `${names[index - 1]} and ${names[index]}`;
    if (relation === "concurrent" && hole !== null) return result(words, "unknown", hole, [a, b]);
    return result(words, "violated", `${pair}: ${inWords(relation, names[index - 1]!, names[index]!)}`, [
      a,
      b,
    ]);
  }
  return result(words, "holds", "A chain of messages leads from each to the next.", events);
};

export const judgeConcurrent: Judge<"concurrent"> = (names, subject) => {
  const words = names.join(" ∥ ");
  const events = subject.allLabelled(names);
  if ("found" in events) return result(words, events.verdict, events.found);
  let hole: string | null = null;
  for (const [index, a] of events.entries()) {
    for (const [offset, b] of events.slice(index + 1).entries()) {
      const other = names[index + 1 + offset]!;
      const relation = related(subject, a, b);
      if (relation.relation === "concurrent") hole ??= relation.hole;
      else return result(words, "violated", inWords(relation.relation, names[index]!, other), [a, b]);
    }
  }
  if (hole !== null) return result(words, "unknown", hole, events);
  return result(words, "holds", "No chain of messages leads from one to another.", events);
};

export const judgePast: Judge<"past"> = ({ of, is }, subject) => {
  const words = `among the labelled events the past of ${of} is ${listed(is)}`;
  const names = [of, ...Object.keys(subject.scenario.label).filter((name) => name !== of)];
  const events = subject.allLabelled([...new Set([...names, ...is])]);
  if ("found" in events) return result(words, events.verdict, events.found);
  const target = events[0]!;
  const past: string[] = [];
  const proof: RecordedEvent[] = [target];
  let hole: string | null = null;
  for (const [index, name] of names.entries()) {
    if (index === 0) continue;
    const relation = related(subject, events[index]!, target);
    if (relation.relation === "before") {
      past.push(name);
      proof.push(events[index]!);
    } else if (relation.relation === "concurrent") hole ??= relation.hole;
  }
  const found = `Its past is ${listed(past.sort())}.`;
  const surplus = past.filter((name) => !is.includes(name));
  const isWhole = is.every((name) => past.includes(name));
  if (surplus.length > 0) return result(words, "violated", found, proof);
  if (hole !== null) return result(words, "unknown", hole, proof);
  return result(words, isWhole ? "holds" : "violated", found, proof);
};

interface Related {
  readonly relation: Relation;
  /** Why "concurrent" may be only what the record is missing; null when nothing is. */
  readonly hole: string | null;
}

/** Two events of the application stand to each other as its own messages say; any others as all messages say. */
function related(subject: Subject, a: RecordedEvent, b: RecordedEvent): Related {
  const { application } = subject;
  const isInner = application.has(a.id) && application.has(b.id);
  const causality: Causality = isInner ? application.causality : subject.causality;
  const relation = causality.relation(a.id, b.id);
  const hole = relation === "concurrent" ? (holeBefore(subject, a) ?? holeBefore(subject, b)) : null;
  return { relation, hole };
}

/** What is missing from the recorded past of an event; null when it is complete. */
function holeBefore({ causality, history }: Subject, event: RecordedEvent): string | null {
  const past = causality.past(event.id);
  for (const id of [...past, event.id]) {
    const one = history.event(id)!;
    if (one.type === "receive" && one.message !== undefined && history.send(one.message) === undefined) {
      return `The record lacks the send of a ${one.name} that ${one.node} received, so it cannot say what came before.`;
    }
  }
  for (const node of history.lanes) {
    const missing = missingFrom(history.lane(node), (id) => past.has(id) || id === event.id);
    if (missing > 0)
      return `The record lacks ${counted(missing, "event")} of ${node}, so it cannot say what came before.`;
  }
  return null;
}

function missingFrom(lane: readonly RecordedEvent[], isMeant: (id: number) => boolean): number {
  let missing = 0;
  let [life, seq] = [NaN, 0];
  for (const event of lane) {
    if (event.type !== "lost" && !isMeant(event.id)) break;
    if (event.life !== life) [life, seq] = [event.life, 0];
    missing += event.seq - seq - 1;
    seq = event.seq;
  }
  return missing;
}

function inWords(relation: Relation, a: string, b: string): string {
  if (relation === "before") return `${a} → ${b}: a chain of messages leads from ${a} to ${b}.`;
  if (relation === "after") return `${b} → ${a}: a chain of messages leads from ${b} to ${a}.`;
  return relation === "same"
    ? `${a} and ${b} are one event.`
    : `${a} ∥ ${b}: no chain of messages joins them.`;
}
