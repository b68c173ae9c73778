/** Messages per ordered pair of nodes, counted from the events, at any moment: alike for live and recorded. */
import type { RecordedEvent } from "../../shared/trace/event.ts";
import { type History, lowerBound } from "../../shared/trace/history.ts";
import { pairName } from "./cut.ts";

interface Times {
  sent: number[];
  blocked: number[];
  lost: number[];
}

export interface Tally {
  readonly sent: number;
  /** Dropped by a cut. */
  readonly blocked: number;
  /** Dropped by chance, or because nobody listened. */
  readonly lost: number;
}

const nothing: Tally = { sent: 0, blocked: 0, lost: 0 };

export class LinkTally {
  readonly #history: History;
  #pairs = new Map<string, Times>();
  #cursor = 0;
  #epoch = 0;

  constructor(history: History) {
    this.#history = history;
  }

  /** What had happened on the link by `at`. */
  on(from: string, to: string, at: number): Tally {
    this.#catchUp();
    const times = this.#pairs.get(pairName(from, to));
    if (times === undefined) return nothing;
    const upTo = (list: readonly number[]) => lowerBound(list, (time) => time <= at);
    return { sent: upTo(times.sent), blocked: upTo(times.blocked), lost: upTo(times.lost) };
  }

  #catchUp(): void {
    const history = this.#history;
    if (history.epoch !== this.#epoch) {
      this.#epoch = history.epoch;
      this.#cursor = 0;
      this.#pairs = new Map();
    }
    for (; this.#cursor < history.size; this.#cursor++) this.#count(history.all[this.#cursor]!);
  }

  #count(event: RecordedEvent): void {
    if ((event.type !== "send" && event.type !== "lost") || event.peer === undefined) return;
    const name = pairName(event.node, event.peer);
    let times = this.#pairs.get(name);
    if (times === undefined) this.#pairs.set(name, (times = { sent: [], blocked: [], lost: [] }));
    if (event.type === "send") insert(times.sent, event.at);
    else insert(event.detail?.["reason"] === "blocked" ? times.blocked : times.lost, event.at);
  }
}

/** Events arrive nearly in order: a push, or a short way back from the end. */
function insert(times: number[], at: number): void {
  let place = times.length;
  while (place > 0 && times[place - 1]! > at) place--;
  if (place === times.length) times.push(at);
  else times.splice(place, 0, at);
}

const tallies = new WeakMap<History, LinkTally>();

export function tallyOf(history: History): LinkTally {
  let tally = tallies.get(history);
  if (tally === undefined) tallies.set(history, (tally = new LinkTally(history)));
  return tally;
}
