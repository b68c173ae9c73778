/**
 * Hybrid logical clocks: stamps that stay close to the wall clock and never contradict happened-before.
 *
 * A wall clock alone gives the effect an earlier stamp than its cause as soon as two clocks differ, and "the last write
 * wins" then keeps the first. A hybrid clock takes the wall's time when that is ahead of every stamp it has met, and
 * counts `tick` up otherwise. So what has seen a stamp is stamped above it, and a stamp is ahead of real time by no more
 * than the worst wall clock was. What nobody had seen is still ordered by walls that may be wrong: a total order cannot
 * do better, and what it loses is listed (event "discarded").
 *
 * A stamp far in the future is not followed: one forged in the year 9999 would carry every clock there for good. The
 * version that bears it still stands where its stamp says, and the next write of its key goes above it ({@link above}).
 *
 * Source: Kulkarni, Demirbas, Madappa, Avva, Leone 2014, "Logical Physical Clocks", §3.
 */
import type { TimeMs } from "../ids.ts";
import type { Version } from "./dotted.ts";

export interface Stamp {
  /** Whole milliseconds of some node's wall clock. */
  readonly at: TimeMs;
  /** Counts what shares an `at`. */
  readonly tick: number;
}

/** No wall clock of an honest node is this far off; what claims to be is not followed. */
export const stampLeadMax: TimeMs = 24 * 3_600_000;

export class HybridClock {
  #last: Stamp = { at: -Infinity, tick: 0 };

  /** A stamp was read, received or restored while the wall showed `wall`. */
  met(stamp: Stamp, wall: TimeMs): void {
    if (stamp.at <= wall + stampLeadMax && compareTimes(stamp, this.#last) > 0) this.#last = stamp;
  }

  /** The stamp of a new event: above all that were given out and met, unless the wall itself has jumped far back. */
  next(wall: TimeMs): Stamp {
    const at = Math.floor(wall);
    const { at: last } = this.#last;
    const isAhead = last >= at && last <= wall + stampLeadMax;
    return (this.#last = isAhead ? above(this.#last) : { at, tick: 0 });
  }
}

/** The next stamp after this one. */
export const above = ({ at, tick }: Stamp): Stamp => ({ at, tick: tick + 1 });

export const stampOf = ({ at, tick = 0 }: Version): Stamp => ({ at, tick });

export const compareTimes = (a: Stamp, b: Stamp): number => a.at - b.at || a.tick - b.tick;

/**
 * The one order of versions by which last-write-wins decides, the same everywhere: by stamp, then by node, then by what
 * was written. Versions that are equal in all of it are equal (P5).
 */
export function compareStamps(a: Version, b: Version): number {
  return (
    compareTimes(stampOf(a), stampOf(b)) ||
    compareText(a.dot.node, b.dot.node) ||
    compareText(a.value ?? "", b.value ?? "") ||
    Number(a.value !== null) - Number(b.value !== null) ||
    a.dot.counter - b.dot.counter
  );
}

/** By UTF-16 code units: no locale has a say in it. */
const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
