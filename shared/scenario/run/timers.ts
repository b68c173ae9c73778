/** What has to happen at a time, for a state machine that is told the time and has no clock. */
import type { TimeMs } from "../../ids.ts";

interface Timer {
  readonly at: TimeMs;
  readonly ring: () => void;
}

/** Less than any world's clock can tell: a time that was converted to its unit and back is still due. */
const nearlyMs = 1e-6;

export class Timers {
  #now: TimeMs = 0;
  /** The latest first, so that the next is taken from the end; equal times ring in the order of `at`. */
  readonly #timers: Timer[] = [];

  /** The time as last told; while a timer rings, not before its own. */
  get now(): TimeMs {
    return this.#now;
  }

  /** When the next rings; null when none is set. */
  get deadline(): TimeMs | null {
    return this.#timers.at(-1)?.at ?? null;
  }

  /** Something would ring at this time. */
  isDue(now: TimeMs): boolean {
    const next = this.#timers.at(-1);
    return next !== undefined && next.at <= now + nearlyMs;
  }

  /** Rings once, at the first `ringDue` at or after this time. Returns how to take it back. */
  set(at: TimeMs, ring: () => void): () => void {
    const timer = { at, ring };
    let place = this.#timers.length;
    while (place > 0 && this.#timers[place - 1]!.at <= at) place -= 1;
    this.#timers.splice(place, 0, timer);
    return () => {
      const found = this.#timers.indexOf(timer);
      if (found >= 0) this.#timers.splice(found, 1);
    };
  }

  /** Time goes on, never back. */
  advance(now: TimeMs): void {
    this.#now = Math.max(this.#now, now);
  }

  /** Those set while others ring are rung as well when they are due. */
  ringDue(): void {
    while (this.isDue(this.#now)) {
      const next = this.#timers.pop()!;
      this.advance(next.at);
      next.ring();
    }
  }

  clear(): void {
    this.#timers.length = 0;
  }
}
