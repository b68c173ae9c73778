/**
 * How a rumour spreads: how long it takes, in rounds of gossip, and by how many hands it goes.
 *
 * Who was told by somebody who knew it at first hand has it at second hand, and so on. These generations are read from
 * the messages, not from any time: at first few know it and few are told, then many tell many, then nearly everybody
 * whom they tell has heard already. That is the S of an epidemic (Demers et al. 1987, "Epidemic Algorithms", §1.3), and a
 * slow machine cannot bend it.
 */
import type { NodeId } from "../../ids.ts";
import { texts } from "../../trace/detail.ts";
import type { RecordedEvent } from "../../trace/event.ts";
import { counted, listed } from "./ranges.ts";
import { byTime, result, type Judge, type Subject } from "./subject.ts";
import { isBelief, statusOf } from "./views.ts";

export const judgeSpread: Judge<"spread"> = (value, subject) => {
  const { about, status, rounds, "s-curve": wantsCurve, after } = value;
  const words =
    `that ${about} is ${status} reaches every node within ${rounds} rounds of gossip` +
    (wantsCurve ? ", slowly, then fast, then slowly" : "");
  const since = after === undefined ? null : subject.labelled(after);
  if (since !== null && "found" in since) return result(words, since.verdict, since.found);
  const first = new Map<NodeId, RecordedEvent>();
  for (const event of subject.inTime) {
    if (!isBelief(event, about) || statusOf(event) !== status || first.has(event.node)) continue;
    if (since === null || byTime(event, since) > 0) first.set(event.node, event);
  }
  const [begin] = first.values();
  if (begin === undefined) return result(words, "violated", `Nobody ever saw ${about} as ${status}.`);
  const listeners = listenersTo(begin, about, subject);
  if (listeners.length === 0) return result(words, "unknown", "No node ran from then to the end.");
  const deaf = listeners.filter((node) => !first.has(node));
  const arrivals = [...first.values()].filter(({ node }) => node === about || listeners.includes(node));
  if (deaf.length > 0) return result(words, "violated", `It never reached ${listed(deaf)}.`, arrivals);
  const interval = subject.membership.gossipInterval;
  const took = (arrivals.at(-1)!.at - begin.at) / interval;
  const sizes = generations(arrivals, `${about} ${status} `, subject);
  const found = `It reached ${counted(listeners.length, "node")} in ${took.toFixed(1)} rounds of ${interval} ms, generation by generation ${sizes.join(", ")}.`;
  const isHeld = took <= rounds && (!wantsCurve || isCurved(sizes));
  const curve = arrivals.map((event) => Math.round(((event.at - begin.at) / interval) * 100) / 100);
  return {
    ...result(words, isHeld ? "holds" : "violated", found, arrivals),
    detail: { rounds: curve, generations: sizes },
  };
};

/** Nodes that had started when it began and run at the end, but for the one it is about. */
function listenersTo(begin: RecordedEvent, about: string, { running, inTime }: Subject): readonly NodeId[] {
  const late = new Set<NodeId>();
  const early = new Set<NodeId>();
  for (const event of inTime) {
    if (event.type !== "local" || event.name !== "start" || early.has(event.node)) continue;
    (byTime(event, begin) < 0 ? early : late).add(event.node);
  }
  return running.map(({ node }) => node).filter((node) => node !== about && !late.has(node));
}

/** How many knew it of themselves, how many were told by those, and so on. */
function generations(
  arrivals: readonly RecordedEvent[],
  rumour: string,
  subject: Subject,
): readonly number[] {
  const generation = new Map<NodeId, number>();
  const sizes: number[] = [];
  for (const event of arrivals) {
    const teller = tellerOf(event, rumour, subject);
    const known = teller === null ? undefined : generation.get(teller);
    const own = known === undefined ? 0 : known + 1;
    generation.set(event.node, own);
    while (sizes.length <= own) sizes.push(0);
    sizes[own]! += 1;
  }
  return sizes;
}

/** Who sent the message from which the node learnt it; null when it found out by itself. */
function tellerOf(event: RecordedEvent, rumour: string, { history }: Subject): NodeId | null {
  const lane = history.lane(event.node);
  for (let index = lane.indexOf(event) - 1; index >= 0; index--) {
    const before = lane[index]!;
    if (before.type === "local") continue;
    if (before.type !== "receive") return null;
    const claims = [...texts(before.detail?.["rumours"]), ...texts(before.detail?.["members"])];
    return claims.some((claim) => claim.startsWith(rumour)) ? (before.peer ?? null) : null;
  }
  return null;
}

/**
 * It grows, and in the end by less than before: each of those who knew it last but one told fewer than each of some
 * before them did. Where the largest generation stands says less, for now and then by chance it is the last.
 */
function isCurved(sizes: readonly number[]): boolean {
  const growth = sizes.slice(1).map((size, index) => size / sizes[index]!);
  const fastest = Math.max(...growth);
  return fastest > 1 && growth.at(-1)! < fastest;
}
