/**
 * Virtual time: whatever is to happen lies in a heap by its time, and time jumps from one to the next.
 *
 * Time is counted in whole microseconds from a fixed epoch, so it is exact on every machine. What is due at the same
 * microsecond happens in the order in which it was asked for.
 */
import type { TimeMs } from "../ids.ts";

/** 1 January 2000, 00:00 UTC. */
export const epochMs: TimeMs = 946_684_800_000;
const epochUs = epochMs * 1_000;

/** Something to happen at a time. `at` and `order` belong to VirtualTime. */
export abstract class Timed {
  at = 0;
  order = 0;
  abstract fire(): void;
}

class Action extends Timed {
  readonly #action: () => void;

  constructor(action: () => void) {
    super();
    this.#action = action;
  }

  override fire(): void {
    this.#action();
  }
}

const isBefore = (a: Timed, b: Timed) => a.at < b.at || (a.at === b.at && a.order < b.order);

export class VirtualTime {
  /** Microseconds since the epoch. */
  us = 0;
  /** The same as nodes see it: milliseconds since 1970, with fractions. */
  now: TimeMs = epochMs;
  readonly #heap: Timed[] = [];
  #order = 0;

  /** When the next thing happens; Infinity when nothing ever does. */
  get nextUs(): number {
    return this.#heap[0]?.at ?? Infinity;
  }

  /** `us` in the past counts as now. */
  schedule(timed: Timed, us: number): void {
    timed.at = us < this.us ? this.us : us;
    timed.order = this.#order += 1;
    this.#push(timed);
  }

  after(us: number, action: () => void): void {
    this.schedule(new Action(action), this.us + us);
  }

  /** Goes to the next thing and lets it happen; false when there is none up to and with `limitUs`. */
  next(limitUs: number): boolean {
    const first = this.#heap[0];
    if (first === undefined || first.at > limitUs) return false;
    this.#pop();
    if (first.at !== this.us) this.#goTo(first.at);
    first.fire();
    return true;
  }

  /** Lets time pass up to `us`; nothing may be due before that. */
  rest(us: number): void {
    if (us > this.nextUs) throw new RangeError(`something is due at ${this.nextUs} µs, before ${us} µs`);
    if (us > this.us) this.#goTo(us);
  }

  #goTo(us: number): void {
    this.us = us;
    this.now = (epochUs + us) / 1_000;
  }

  #push(timed: Timed): void {
    const heap = this.#heap;
    let place = heap.length;
    heap.push(timed);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const other = heap[parent]!;
      if (!isBefore(timed, other)) break;
      heap[place] = other;
      place = parent;
    }
    heap[place] = timed;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    const size = heap.length;
    if (size === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= size) break;
      if (child + 1 < size && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      const other = heap[child]!;
      if (!isBefore(other, last)) break;
      heap[place] = other;
      place = child;
    }
    heap[place] = last;
  }
}

/** The first microsecond at which `ms` has been reached. */
export function usOf(ms: TimeMs): number {
  let us = Math.ceil(ms * 1_000) - epochUs;
  while ((epochUs + us - 1) / 1_000 >= ms) us -= 1;
  while ((epochUs + us) / 1_000 < ms) us += 1;
  return us;
}
