/** What a node's own wall clock shows. It goes into stamps that people read; nothing is decided or timed by it. */
import type { TimeMs } from "../ids.ts";

export class WallClock {
  #setAt: TimeMs = 0;
  #offset: TimeMs = 0;
  #driftPpm = 0;

  /** From `now` on it is wrong by `offset`, and by `driftPpm` microseconds more each second. */
  set(now: TimeMs, offset: TimeMs, driftPpm: number): void {
    this.#setAt = now;
    this.#offset = offset;
    this.#driftPpm = driftPpm;
  }

  at(now: TimeMs): TimeMs {
    return now + this.#offset + ((now - this.#setAt) * this.#driftPpm) / 1e6;
  }
}
