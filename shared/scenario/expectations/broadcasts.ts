/**
 * Expectations on the order in which broadcasts were delivered.
 *
 * The rules after Hadzilacos and Toueg 1994: nobody delivers a broadcast before those it must follow. One that was sent
 * to a node and never delivered there also breaks the rule for whatever was delivered in its stead.
 */
import type { NodeId } from "../../ids.ts";
import type { RecordedEvent } from "../../trace/event.ts";
import { broadcastOf, type Application, type Broadcast, type Delivery } from "./application.ts";
import { counted, rangeOf, verdictOn } from "./ranges.ts";
import { result, type Judge, type Subject } from "./subject.ts";

const proofMax = 100;

interface Violation {
  readonly sentence: string;
  readonly proof: readonly RecordedEvent[];
}

export const judgeDeliveryViolations: Judge<"delivery-violations"> = ({ of, order, ...numbers }, subject) => {
  const range = rangeOf(numbers);
  const among = order === undefined ? "" : ` among broadcasts sent "${order}"`;
  const words = `${range.words} deliveries out of ${of === "fifo" ? "FIFO" : of} order${among}`;
  const { application } = subject;
  const [twice] = application.ambiguous;
  if (twice !== undefined) {
    return result(words, "unknown", `Broadcast ${twice} was sent twice, so its order has no meaning.`);
  }
  const deliveries = new Map<NodeId, readonly Delivery[]>();
  for (const [node, all] of application.deliveries) {
    const meant = all.filter(({ broadcast }) => {
      const sent = application.broadcasts.get(broadcast);
      return sent !== undefined && (order === undefined || sent.order === order);
    });
    if (meant.length > 0) deliveries.set(node, meant);
  }
  const total = [...deliveries.values()].reduce((sum, list) => sum + list.length, 0);
  if (total === 0) return result(words, "unknown", "Nothing was delivered.");
  const violations = of === "total" ? totalViolations(deliveries, subject) : early(deliveries, of, subject);
  if (violations === null) return result(words, "unknown", `Comparing ${total} deliveries takes too long.`);
  const first = violations[0];
  const example = first === undefined ? "" : ` ${first.sentence}`;
  const found = `${counted(violations.length, "violation")} in ${counted(total, "delivery", "deliveries")}.${example}`;
  const proof = violations.flatMap((violation) => violation.proof).slice(0, proofMax);
  return result(words, verdictOn(range, violations.length), found, proof);
};

/** Deliveries that came before one they must follow. */
function early(
  deliveries: ReadonlyMap<NodeId, readonly Delivery[]>,
  of: "fifo" | "causal",
  { application, limits }: Subject,
): readonly Violation[] | null {
  const mustFollow = of === "fifo" ? isEarlierOfSame : isCauseOf(application);
  const violations: Violation[] = [];
  for (const [node, list] of deliveries) {
    const awaited = awaitedBy(node, list, application);
    for (const { broadcast, event } of list) {
      if (limits.isTimeUp()) return null;
      awaited.delete(broadcast);
      const one = application.broadcasts.get(broadcast)!;
      for (const other of awaited.values()) {
        if (!mustFollow(other, one)) continue;
        const sentence = `${node} delivered ${describe(one)} before ${describe(other)}, which it follows.`;
        violations.push({ sentence, proof: [event, other.event, one.event] });
        break;
      }
    }
  }
  return violations;
}

const isEarlierOfSame = (other: Broadcast, one: Broadcast) =>
  other.origin === one.origin && other.number < one.number;

const isCauseOf = (application: Application) => (other: Broadcast, one: Broadcast) =>
  application.causality.relation(other.event.id, one.event.id) === "before";

/** Broadcasts that a node delivered at any time, or that were sent to it. */
function awaitedBy(node: NodeId, list: readonly Delivery[], { broadcasts, sentTo }: Application) {
  const awaited = new Map<string, Broadcast>();
  for (const { broadcast } of list) awaited.set(broadcast, broadcasts.get(broadcast)!);
  const orders = new Set([...awaited.values()].map(({ order }) => order));
  for (const name of sentTo.get(node) ?? []) {
    const sent = broadcasts.get(name);
    if (sent !== undefined && orders.has(sent.order)) awaited.set(name, sent);
  }
  return awaited;
}

/** Pairs of broadcasts that two nodes delivered in opposite order: each pair once. */
function totalViolations(
  deliveries: ReadonlyMap<NodeId, readonly Delivery[]>,
  { application, limits }: Subject,
): readonly Violation[] | null {
  const found = new Map<string, Violation>();
  const lists = [...deliveries];
  for (const [index, [node, list]] of lists.entries()) {
    for (const [other, others] of lists.slice(index + 1)) {
      const places = new Map(others.map((delivery, place) => [delivery.broadcast, { delivery, place }]));
      const common = list.filter(({ broadcast }) => places.has(broadcast));
      for (const [position, first] of common.entries()) {
        if (limits.isTimeUp()) return null;
        for (const second of common.slice(position + 1)) {
          const [a, b] = [places.get(first.broadcast)!, places.get(second.broadcast)!];
          const pair = [first.broadcast, second.broadcast].sort().join("|");
          if (a.place < b.place || found.has(pair)) continue;
          const [one, two] = [first, second].map(({ broadcast }) =>
            describe(application.broadcasts.get(broadcast)!),
          );
          const sentence = `${node} delivered ${one} before ${two}, ${other} the other way round.`;
          found.set(pair, {
            sentence,
            proof: [first.event, second.event, b.delivery.event, a.delivery.event],
          });
        }
      }
    }
  }
  return [...found.values()];
}

const describe = ({ origin, number, event }: Broadcast) => {
  const text = event.detail?.["text"];
  return typeof text === "string" ? `"${text}" of ${origin}` : `broadcast ${number} of ${origin}`;
};

export const judgeHeld: Judge<"held"> = ({ node, ...numbers }, subject) => {
  const range = rangeOf(numbers);
  const where = node === undefined ? "" : ` on ${node}`;
  const words = `${range.words} broadcasts received and held back${where}`;
  const isHere = (event: RecordedEvent) => node === undefined || event.node === node;
  const held = subject.inTime.filter(
    (event) => event.type === "local" && event.op === "internal" && event.name === "held" && isHere(event),
  );
  const received = subject.inTime.filter(
    (event) => event.type === "receive" && event.name === "BROADCAST" && isHere(event),
  );
  if (held.length === 0 && received.length === 0) {
    return result(words, "unknown", `No broadcast was received${where}.`);
  }
  const names = new Set(held.map(broadcastOf).map((about) => `${about?.origin} ${about?.number}`));
  const found = `${names.size} of ${counted(received.length, "broadcast")} received had to wait.`;
  return result(words, verdictOn(range, names.size), found, held.slice(0, proofMax));
};
