/**
 * The events of one key, one request or one comparison of two nodes, without looking at all the others.
 *
 * Views that tell the story of a key are drawn several times a second while the session grows, and a session holds a
 * million events, few of them about that key. So each event is filed once, when it arrives, under its key, its request
 * and the keys its detail lists (hints, handovers and reaped tombstones are one event for many keys).
 *
 * What it guarantees: each list is in the order of time, within a lane in program order, whatever the order of arrival.
 */
import type { Key, RequestId } from "../ids.ts";
import { texts } from "./detail.ts";
import { labLane, type RecordedEvent } from "./event.ts";
import { type History, insertSorted, naturalOrder, programOrder } from "./history.ts";

const none: readonly RecordedEvent[] = Object.freeze([]);

const timeOrder = (a: RecordedEvent, b: RecordedEvent) =>
  a.at - b.at || naturalOrder(a.node, b.node) || programOrder(a, b);

/** After it a node holds none of what it held before. */
const isEmptying = (event: RecordedEvent) =>
  event.node === labLane ? event.name === "wipe" : event.name === "start" && event.detail?.["keys"] === 0;

class Subjects {
  readonly #history: History;
  #keys = new Map<string, RecordedEvent[]>();
  #requests = new Map<string, RecordedEvent[]>();
  #exchanges = new Map<string, RecordedEvent[]>();
  #emptyings: RecordedEvent[] = [];
  #cursor = 0;
  #epoch = 0;

  constructor(history: History) {
    this.#history = history;
  }

  ofKey(key: Key): readonly RecordedEvent[] {
    this.#catchUp();
    return this.#keys.get(key) ?? none;
  }

  ofRequest(request: RequestId): readonly RecordedEvent[] {
    this.#catchUp();
    return this.#requests.get(request) ?? none;
  }

  exchanges(): ReadonlyMap<string, readonly RecordedEvent[]> {
    this.#catchUp();
    return this.#exchanges;
  }

  emptyings(): readonly RecordedEvent[] {
    this.#catchUp();
    return this.#emptyings;
  }

  #catchUp(): void {
    const history = this.#history;
    if (history.epoch !== this.#epoch) {
      this.#keys.clear();
      this.#requests.clear();
      this.#exchanges.clear();
      this.#emptyings = [];
      this.#cursor = 0;
      this.#epoch = history.epoch;
    }
    for (; this.#cursor < history.size; this.#cursor++) this.#file(history.all[this.#cursor]!);
  }

  #file(event: RecordedEvent): void {
    if (event.key !== undefined) add(this.#keys, event.key, event);
    if (event.request !== undefined) add(this.#requests, event.request, event);
    const exchange = event.detail?.["exchange"];
    if (typeof exchange === "string") add(this.#exchanges, exchange, event);
    if (isEmptying(event)) insertSorted(this.#emptyings, event, timeOrder);
    if (event.detail?.["keys"] === undefined) return;
    for (const key of new Set(texts(event.detail["keys"]))) {
      if (key !== event.key) add(this.#keys, key, event);
    }
  }
}

function add(lists: Map<string, RecordedEvent[]>, subject: string, event: RecordedEvent): void {
  const list = lists.get(subject);
  if (list === undefined) lists.set(subject, [event]);
  else insertSorted(list, event, timeOrder);
}

const known = new WeakMap<History, Subjects>();

function subjectsOf(history: History): Subjects {
  let subjects = known.get(history);
  if (subjects === undefined) known.set(history, (subjects = new Subjects(history)));
  return subjects;
}

/** Everything that names the key, in the order of time. */
export const eventsOfKey = (history: History, key: Key) => subjectsOf(history).ofKey(key);

/** Everything done for one client's request, on every node, in the order of time. */
export const eventsOfRequest = (history: History, request: RequestId) =>
  subjectsOf(history).ofRequest(request);

/** The events of each comparison between two nodes, by its name; those that began first come first, as recorded. */
export const exchangeEvents = (history: History) => subjectsOf(history).exchanges();

/** Where nodes lost all their keys: their data was deleted, or they began without any. */
export const emptyingsOf = (history: History) => subjectsOf(history).emptyings();

/** Both lists as one, in the order of time. */
export function inTime(a: readonly RecordedEvent[], b: readonly RecordedEvent[]): readonly RecordedEvent[] {
  const merged: RecordedEvent[] = [];
  let next = 0;
  for (const event of a) {
    while (next < b.length && timeOrder(b[next]!, event) < 0) merged.push(b[next++]!);
    merged.push(event);
  }
  return merged.concat(b.slice(next));
}
