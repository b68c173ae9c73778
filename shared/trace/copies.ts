/**
 * One key on all replicas, as the events up to a moment tell it: who holds which versions, who is behind, which hints
 * are on their way, what last-write-wins threw away.
 *
 * A replica says at every "stored" which versions it has of the key from then on, so its copy is read off its newest
 * one. Which versions are the newest of all nobody says: a version is taken as replaced when some replica gave it up
 * for another, or when the client that wrote the other said it had read it. What remains is what every owner is to have
 * in the end; an owner without some of it is behind.
 *
 * Sessions recorded before "stored" listed all versions give only their number: the newest so many are shown.
 */
import type { Key, NodeId, TimeMs } from "../ids.ts";
import { number, text, texts } from "./detail.ts";
import { labLane, type RecordedEvent } from "./event.ts";
import { type History, naturalOrder } from "./history.ts";
import { emptyingsOf, eventsOfKey, inTime } from "./subjects.ts";

/** One write of the key: a version came into being. */
export interface Write {
  /** "node:counter" of the event that wrote it. */
  readonly dot: string;
  readonly op: "put" | "delete";
  /** What the client wrote; null of a deletion, and where the trace does not say (a long value). */
  readonly value: string | null;
  /** Where and when it was first made durable: at its coordinator, unless that event is missing. */
  readonly node: NodeId;
  readonly at: TimeMs;
  /** The id of that "stored". */
  readonly stored: number;
  /** The id of the client's "request"; null when the trace does not have it. */
  readonly request: number | null;
}

export interface Copy {
  readonly node: NodeId;
  readonly versions: readonly { readonly dot: string; readonly at: TimeMs; readonly event: number }[];
  /** Newest versions that it has not. */
  readonly missing: readonly string[];
}

interface KeptHint {
  readonly holder: NodeId;
  readonly target: NodeId;
  readonly dots: readonly string[];
  readonly since: TimeMs;
  readonly event: number;
}

/** A version that lost to a concurrent one under last-write-wins. */
export interface Loss {
  readonly key: string;
  readonly dot: string;
  readonly by: string;
  readonly value: string | null;
  readonly node: NodeId;
  readonly at: TimeMs;
  readonly event: number;
}

export interface KeyCopies {
  /** By dot, in the order of time. */
  readonly writes: ReadonlyMap<string, Write>;
  /** Every node that has, or should have, versions of the key; by name. */
  readonly copies: readonly Copy[];
  /** The dots that nothing known has replaced. */
  readonly newest: readonly string[];
  readonly hints: readonly KeptHint[];
  readonly losses: readonly Loss[];
}

type Version = Copy["versions"][number];

/** The fold while it is worked on. */
class Folded {
  readonly writes = new Map<string, Write>();
  readonly copies = new Map<NodeId, readonly Version[]>();
  readonly hints = new Map<string, KeptHint>();
  readonly losses = new Map<string, Loss>();
  /** The client's request of each write; it may bear the same time as what came of it. */
  readonly #requests: ReadonlyMap<string, RecordedEvent>;
  readonly #replaced = new Set<string>();

  constructor(requests: ReadonlyMap<string, RecordedEvent>) {
    this.#requests = requests;
  }

  take(event: RecordedEvent): void {
    const { detail = {} } = event;
    if (event.name === "wipe") this.copies.delete((text(detail["node"]) ?? "") as NodeId);
    else if (event.node === labLane || event.type !== "local") return;
    else if (event.name === "start") this.copies.delete(event.node);
    else if (event.name === "stored") this.#stored(event);
    else if (event.name === "overtaken") this.#left(event, this.copies.get(event.node) ?? []);
    else if (event.name === "handover") this.#handedOver(event);
    else if (event.name === "reaped") this.#reaped(event);
    else if (event.name === "discarded") this.#discarded(event);
    else this.#hint(event);
  }

  newest(): string[] {
    const held = new Set([...this.copies.values()].flat().map(({ dot }) => dot));
    for (const { dots } of this.hints.values()) for (const dot of dots) held.add(dot);
    return [...held].filter((dot) => !this.#replaced.has(dot)).sort(naturalOrder);
  }

  #stored(event: RecordedEvent): void {
    const dot = text(event.detail?.["dot"]);
    if (dot === null) return;
    const request = event.request === undefined ? undefined : this.#requests.get(event.request);
    if (!this.writes.has(dot)) this.writes.set(dot, writeOf(event, dot, request));
    const before = this.copies.get(event.node) ?? [];
    const gained: Version = { dot, at: event.at, event: event.id };
    const all = [...before.filter((version) => version.dot !== dot), gained];
    this.#left(event, all);
    if (request !== undefined && this.writes.get(dot)?.stored === event.id) this.#overwrite(request);
  }

  /** What the event says is left of these; the others have been replaced. */
  #left(event: RecordedEvent, all: readonly Version[]): void {
    const after = keptOf(event, all);
    this.copies.set(event.node, after);
    for (const { dot } of all) if (!after.some((kept) => kept.dot === dot)) this.#replaced.add(dot);
  }

  /** Versions that the writer had read are replaced, also those its coordinator had not heard of. */
  #overwrite(request: RecordedEvent): void {
    const context = seenOf(request);
    if (context === null) return;
    for (const dot of this.writes.keys()) if (isSeen(dot, context)) this.#replaced.add(dot);
  }

  /** The event names keys, not versions: the receiver then has what the giver had. */
  #handedOver(event: RecordedEvent): void {
    const own = this.copies.get(event.node) ?? [];
    const from = this.copies.get((text(event.detail?.["from"]) ?? "") as NodeId) ?? [];
    const gained = from
      .filter(({ dot }) => !own.some((version) => version.dot === dot) && !this.#replaced.has(dot))
      .map(({ dot }) => ({ dot, at: event.at, event: event.id }));
    this.copies.set(event.node, [...own.filter(({ dot }) => !this.#replaced.has(dot)), ...gained]);
  }

  #reaped(event: RecordedEvent): void {
    for (const { dot } of this.copies.get(event.node) ?? []) this.#replaced.add(dot);
    this.copies.delete(event.node);
  }

  #discarded(event: RecordedEvent): void {
    const dot = text(event.detail?.["dot"]);
    if (dot === null || event.key === undefined) return;
    this.#replaced.add(dot);
    if (this.losses.has(dot)) return;
    this.losses.set(dot, lossOf(event, dot));
  }

  #hint(event: RecordedEvent): void {
    const target = text(event.detail?.["target"]);
    if (target === null) return;
    const id = `${event.node}>${target}`;
    if (event.name === "hint-kept") {
      const { node: holder, at: since } = event;
      const dots = texts(event.detail?.["dots"]);
      this.hints.set(id, { holder, target: target as NodeId, dots, since, event: event.id });
    } else if (event.name === "hints-delivered" || event.name === "hints-dropped") this.hints.delete(id);
  }
}

/** What the replica has after a "stored": as it says, else the newest so many. */
function keptOf(event: RecordedEvent, all: readonly Version[]): readonly Version[] {
  const dots = event.detail?.["dots"];
  if (dots === undefined) return all.slice(-Math.max(1, number(event.detail?.["siblings"]) ?? 1));
  return texts(dots).map(
    (dot) => all.find((version) => version.dot === dot) ?? { dot, at: event.at, event: event.id },
  );
}

function writeOf(event: RecordedEvent, dot: string, request: RecordedEvent | undefined): Write {
  const { node, at, id } = event;
  const op = event.op === "delete" ? "delete" : "put";
  // A repair carries the request of a read: what that asked for was not written by it.
  const own = request?.op === "put" || request?.op === "delete" ? request : undefined;
  const value = op === "delete" ? null : text(own?.detail?.["value"]);
  return { dot, op, value, node, at, stored: id, request: own?.id ?? null };
}

export function lossOf(event: RecordedEvent, dot: string): Loss {
  const { node, at, id, key = "" } = event;
  const by = text(event.detail?.["by"]) ?? "";
  return { key, dot, by, value: text(event.detail?.["value"]), node, at, event: id };
}

/** What the client of a request said it had read, as counters by node; null when it left that to the coordinator. */
export function seenOf(request: RecordedEvent): ReadonlyMap<string, number> | null {
  const context = request.detail?.["context"];
  return context === undefined ? null : new Map(texts(context).map(partsOf));
}

export const isSeen = (dot: string, context: ReadonlyMap<string, number>) => {
  const [node, counter] = partsOf(dot);
  return counter <= (context.get(node) ?? 0);
};

export function partsOf(dot: string): readonly [node: string, counter: number] {
  const colon = dot.lastIndexOf(":");
  return [dot.slice(0, colon), Number(dot.slice(colon + 1))];
}

/** The key at a moment; null for the end of the history. `owners`: who should hold it, as the ring of then has it. */
export function copiesAt(
  history: History,
  key: Key,
  at: TimeMs | null,
  owners: readonly NodeId[] = [],
): KeyCopies {
  const told = eventsOfKey(history, key);
  const requests = told.filter(({ name, request }) => name === "request" && request !== undefined);
  const folded = new Folded(new Map(requests.map((event) => [event.request!, event])));
  for (const event of inTime(told, emptyingsOf(history))) {
    if (at !== null && event.at > at) break;
    folded.take(event);
  }
  const newest = folded.newest();
  const nodes = [...new Set([...owners, ...folded.copies.keys()])].sort(naturalOrder);
  const copies = nodes.map((node): Copy => {
    const versions = folded.copies.get(node) ?? [];
    const missing = newest.filter((dot) => !versions.some((version) => version.dot === dot));
    return { node, versions, missing };
  });
  const { writes, hints, losses } = folded;
  return { writes, copies, newest, hints: [...hints.values()], losses: [...losses.values()] };
}
