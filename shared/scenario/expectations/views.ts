/** Expectations on what nodes believe of each other, seen through their "member" events. */
import type { NodeId } from "../../ids.ts";
import { text } from "../../trace/detail.ts";
import type { RecordedEvent } from "../../trace/event.ts";
import { listed } from "./ranges.ts";
import { result, type Judge } from "./subject.ts";

const isBelief = (event: RecordedEvent, about: string) =>
  event.name === "member" && event.type === "local" && text(event.detail?.["about"]) === about;
const statusOf = (event: RecordedEvent) => text(event.detail?.["status"]) ?? "";

export const judgeSameView: Judge<"same-view"> = ({ node, about, statuses, after }, subject) => {
  const words = `after ${listed(after)} ${node} sees ${about} go through the same: ${statuses.join(", ")}`;
  const turns = subject.allLabelled(after);
  if ("found" in turns) return result(words, turns.verdict, turns.found);
  const proof: RecordedEvent[] = [];
  for (const [index, turn] of turns.entries()) {
    const end = turns[index + 1];
    const seen = subject.inTime.filter(
      (event) =>
        event.node === node &&
        isBelief(event, about) &&
        event.at >= turn.at &&
        (end === undefined || event.at < end.at),
    );
    const first = seen.slice(0, statuses.length);
    const isAlike = first.every((event, place) => statusOf(event) === statuses[place]);
    if (isAlike && first.length === statuses.length) {
      proof.push(...first);
      continue;
    }
    const found = `After ${after[index]} ${node} saw ${about} ${first.length === 0 ? "as before" : first.map(statusOf).join(", ")}.`;
    const isCutShort = isAlike && end === undefined;
    return result(
      words,
      isCutShort ? "unknown" : "violated",
      isCutShort ? `${found} Then the run ended.` : found,
      first,
    );
  }
  return result(words, "holds", `It was the same ${turns.length} times.`, proof);
};

export const judgeSpread: Judge<"spread"> = (value, subject) => {
  const { about, status, rounds, "s-curve": isSCurve, after } = value;
  const words =
    `that ${about} is ${status} reaches every node within ${rounds} rounds of gossip` +
    (isSCurve ? ", fastest in the middle" : "");
  const since = after === undefined ? null : subject.labelled(after);
  if (since !== null && "found" in since) return result(words, since.verdict, since.found);
  const first = new Map<NodeId, RecordedEvent>();
  for (const event of subject.inTime) {
    if (event.at < (since?.at ?? -Infinity) || !isBelief(event, about) || statusOf(event) !== status)
      continue;
    if (!first.has(event.node)) first.set(event.node, event);
  }
  const arrivals = [...first.values()];
  const [begin] = arrivals;
  if (begin === undefined) return result(words, "violated", `Nobody ever saw ${about} as ${status}.`);
  const listeners = subject.running.map((view) => view.node).filter((node) => node !== about);
  if (listeners.length === 0) return result(words, "unknown", "No node was running at the end.");
  const deaf = listeners.filter((node) => !first.has(node));
  if (deaf.length > 0) return result(words, "violated", `It never reached ${listed(deaf)}.`, arrivals);
  const heard = arrivals.filter((event) => event.node !== about);
  const interval = subject.membership.gossipInterval;
  const took = (heard.at(-1)!.at - begin.at) / interval;
  const steepest = isSteepestInside(heard.map((event) => event.at));
  const found = `It reached ${heard.length} nodes in ${took.toFixed(1)} rounds of ${interval} ms${isSCurve && !steepest ? ", not fastest in the middle" : ""}.`;
  const holds = took <= rounds && (!isSCurve || steepest);
  const curve = heard.map((event) => Math.round(((event.at - begin.at) / interval) * 100) / 100);
  return { ...result(words, holds ? "holds" : "violated", found, arrivals), detail: { rounds: curve } };
};

const pace = (from: number, to: number, nodes: number) => (to - from) / nodes;

/** An S: the middle half of the nodes was reached at a greater pace than the first quarter and than the last. */
function isSteepestInside(times: readonly number[]): boolean {
  const quarter = Math.floor(times.length / 4);
  if (quarter === 0) return false;
  const at = (index: number) => times[Math.min(index, times.length - 1)]!;
  const [start, low, high, end] = [at(0), at(quarter), at(times.length - 1 - quarter), at(times.length - 1)];
  const middle = pace(low, high, times.length - 1 - 2 * quarter);
  return middle < pace(start, low, quarter) && middle < pace(high, end, quarter);
}
