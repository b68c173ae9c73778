/**
 * "Why is there a conflict here?": the smallest set of events that proves that two versions had to stand side by side.
 *
 * A store keeps two versions of a key when neither write had seen the other. What a write has seen is told by two
 * things only: what its client said it had read, or, where the client left that to the store, what the coordinating
 * replica held at that moment. So for each of the two writes the proof needs the write itself ("stored", whose place in
 * the order of its node is the version's dot), the client's request, and where the replica is what counts, one event
 * that says why the other version was not there: the cut or the kill between them, the message that was lost, or
 * the one that came too late. A cut that separates both sides is one event for both directions, and so is preferred.
 * Of two writes where one came before the other (truth, from message edges; see causality.ts) the earlier needs no
 * excuse: what did not exist could not be read.
 *
 * `proves` says on its own whether a set of events is a proof, so that the set found can be judged: leave one event
 * out and it no longer holds, and no smaller set does.
 *
 * Source: Preguiça et al. 2012, "Dotted Version Vectors", §3 (a version's past is what was read, not what was there).
 */
import type { Key, TimeMs } from "../ids.ts";
import { type Band, bands } from "./bands.ts";
import type { Causality } from "./causality.ts";
import { copiesAt, isSeen, partsOf, seenOf, type Write } from "./copies.ts";
import { isRecord, text } from "./detail.ts";
import type { RecordedEvent } from "./event.ts";
import { type History, programOrder } from "./history.ts";
import { eventsOfKey } from "./subjects.ts";

/** Why a write had not seen the other one. */
export type Blindness =
  /** It came first. */
  | { readonly kind: "earlier" }
  /** Its client said what it had read, and the other was not among it. */
  | { readonly kind: "unread"; readonly context: readonly string[] }
  /** Its coordinator did not have the other version. */
  | {
      readonly kind: "apart";
      /** Versions of the key that the coordinator had been told of until then; its newest ones. */
      readonly held: readonly string[];
      /** Why the other was not there; null when the trace has no event that says so. */
      readonly reason: Reason | null;
      /** Word of other things had come from the other's coordinator since it wrote: only this write had not. */
      readonly heardOfLater: boolean;
    };

export interface Reason {
  readonly kind: "cut" | "down" | "paused" | "lost" | "late";
  readonly event: number;
  readonly from: TimeMs;
  readonly to: TimeMs | null;
}

export interface Side {
  readonly write: Write;
  readonly blindness: Blindness;
}

export interface ConflictProof {
  readonly key: Key;
  readonly sides: readonly [Side, Side];
  /** In truth: how the first write stands to the second. */
  readonly relation: "before" | "after" | "concurrent" | "same";
  /** Ids of the smallest set of events that proves it, in the order of time. */
  readonly events: readonly number[];
}

/** What is needed besides the two writes: one event of each list; an empty list needs none. */
interface Question {
  readonly writes: readonly [Write, Write];
  readonly needs: readonly (readonly number[])[];
  readonly sides: readonly [Side, Side];
}

/** Null when the trace lacks one of the writes, or when one of them had seen the other. */
export function proofOf(
  history: History,
  causality: Causality,
  key: Key,
  dots: readonly [string, string],
): ConflictProof | null {
  const question = questionOf(history, causality, key, dots);
  if (question === null) return null;
  const { writes, needs, sides } = question;
  const chosen = smallest(needs);
  const settled = sides.map((side, index): Side => {
    const { blindness } = side;
    if (blindness.kind !== "apart") return side;
    const reasons = reasonsOf(history, key, writes[index]!, writes[1 - index]!);
    const reason = reasons.find(({ event }) => chosen.has(event)) ?? null;
    return { ...side, blindness: { ...blindness, reason } };
  });
  const ids = [...new Set([writes[0].stored, writes[1].stored, ...chosen])];
  const at = (id: number) => history.event(id)?.at ?? 0;
  return {
    key,
    sides: settled as [Side, Side],
    relation: causality.relation(writes[0].stored, writes[1].stored),
    events: ids.sort((a, b) => at(a) - at(b) || a - b),
  };
}

/** Whether these events alone prove that the two versions had to stand side by side. */
export function proves(
  history: History,
  causality: Causality,
  key: Key,
  dots: readonly [string, string],
  events: ReadonlySet<number>,
): boolean {
  const question = questionOf(history, causality, key, dots);
  if (question === null) return false;
  const { writes, needs } = question;
  return (
    writes.every(({ stored }) => events.has(stored)) &&
    needs.every((need) => need.length === 0 || need.some((id) => events.has(id)))
  );
}

/** The pairs of versions that stand side by side somewhere, each once. */
export function pairsOf(dots: readonly string[]): (readonly [string, string])[] {
  return dots.flatMap((dot, index) => dots.slice(index + 1).map((other) => [dot, other] as const));
}

function questionOf(
  history: History,
  causality: Causality,
  key: Key,
  dots: readonly [string, string],
): Question | null {
  const { writes: all } = copiesAt(history, key, null);
  const [a, b] = [all.get(dots[0]), all.get(dots[1])];
  if (a === undefined || b === undefined || !isOrigin(a) || !isOrigin(b)) return null;
  const needs: number[][] = [];
  const sides: Side[] = [];
  for (const [write, other] of [
    [a, b],
    [b, a],
  ] as const) {
    const blindness = blindnessOf(history, causality, key, write, other);
    if (blindness === null) return null;
    sides.push({ write, blindness });
    if (blindness.kind === "earlier") continue;
    if (write.request !== null) needs.push([write.request]);
    if (blindness.kind === "apart")
      needs.push(reasonsOf(history, key, write, other).map(({ event }) => event));
  }
  return { writes: [a, b], needs, sides: sides as [Side, Side] };
}

/** The trace has the event that wrote it, and not only a copy of it elsewhere. */
const isOrigin = ({ dot, node }: Write) => partsOf(dot)[0] === node;

/** Why `write` had not seen `other`; null when it had. */
function blindnessOf(
  history: History,
  causality: Causality,
  key: Key,
  write: Write,
  other: Write,
): Blindness | null {
  const relation = causality.relation(write.stored, other.stored);
  if (relation === "before") return { kind: "earlier" };
  const request = write.request === null ? undefined : history.event(write.request);
  const context = request === undefined ? null : seenOf(request);
  if (context !== null) {
    if (isSeen(other.dot, context)) return null;
    return { kind: "unread", context: [...context].map(([node, counter]) => `${node}:${counter}`) };
  }
  const stored = history.event(write.stored)!;
  const earlier = eventsOfKey(history, key).filter(
    (event) => event.node === write.node && event.name === "stored" && programOrder(event, stored) < 0,
  );
  if (earlier.some((event) => text(event.detail?.["dot"]) === other.dot)) return null;
  return { kind: "apart", held: heldBefore(earlier), reason: null, heardOfLater: relation === "after" };
}

/** The versions of the newest "stored" of one node. */
function heldBefore(stored: readonly RecordedEvent[]): readonly string[] {
  const detail = stored.at(-1)?.detail;
  const dots = detail?.["dots"];
  if (Array.isArray(dots)) return dots.map(String);
  const dot = text(detail?.["dot"]);
  return dot === null ? [] : [dot];
}

/** Every event that says why `other` was not at the coordinator of `write` when that wrote; the best first. */
function reasonsOf(history: History, key: Key, write: Write, other: Write): Reason[] {
  // What had not been written yet needs no reason for not being there.
  if (other.at > write.at) return [];
  const faults = bands(history).flatMap((band) => {
    const kind = stoodBetween(history, band, write, other);
    return kind === null ? [] : [{ kind, event: band.event, from: band.from, to: band.to }];
  });
  return [...faults, ...messagesTooLate(history, key, write, other)];
}

/** What a fault did to word of `other`, which would have left for the node of `write` at once. */
function stoodBetween(
  history: History,
  band: Band,
  write: Write,
  other: Write,
): "cut" | "down" | "paused" | null {
  const isInForce = band.from <= other.at && (band.to === null || other.at < band.to);
  if (!isInForce || band.kind === "restart") return null;
  const link = `${other.node}>${write.node}`;
  if (band.kind === "partition") return band.cut.includes(link) ? "cut" : null;
  if (band.kind === "link") return band.link === link && isBlocking(history.event(band.event)) ? "cut" : null;
  if (band.node !== write.node) return null;
  return band.kind === "down" ? "down" : "paused";
}

function isBlocking(event: RecordedEvent | undefined): boolean {
  const settings = event?.detail?.["settings"];
  return isRecord(settings) && settings["blocked"] === true;
}

/** Messages that carried `other` to the node of `write`, and were lost or came when that had written. */
function messagesTooLate(history: History, key: Key, write: Write, other: Write): Reason[] {
  const stored = history.event(write.stored)!;
  const origin = history.event(other.stored)!;
  return eventsOfKey(history, key).flatMap((event): Reason[] => {
    const carries = event.request !== undefined && event.request === origin.request;
    if (!carries || event.name !== "REPLICATE") return [];
    const at = { event: event.id, from: event.at, to: event.at };
    if (event.type === "lost" && event.node === other.node && event.peer === write.node)
      return [{ kind: "lost", ...at }];
    const isLate = event.type === "receive" && event.node === write.node && programOrder(event, stored) > 0;
    return isLate ? [{ kind: "late", ...at }] : [];
  });
}

/** One event of each list, as few as can be: with at most four lists, those in several are tried first. */
function smallest(needs: readonly (readonly number[])[]): ReadonlySet<number> {
  const open = needs.filter((need) => need.length > 0);
  const chosen = new Set<number>();
  const frequency = (id: number) => open.filter((need) => need.includes(id)).length;
  for (const need of [...open].sort((a, b) => a.length - b.length)) {
    if (need.some((id) => chosen.has(id))) continue;
    let best = need[0]!;
    for (const id of need) if (frequency(id) > frequency(best)) best = id;
    chosen.add(best);
  }
  return chosen;
}
