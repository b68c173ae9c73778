/**
 * Local health: how much a node trusts itself.
 *
 * SWIM blames the other side for every missed answer. But a node that is starved of CPU, was paused, or sits behind
 * a bad link misses everybody's answers, and without self-doubt it convicts the whole healthy cluster (P18).
 * So a node counts signs of its own trouble and waits longer, in proportion, before it blames others.
 *
 * Source: Dadgar, Phillips, Currey 2018, "Lifeguard: Local Health Awareness for More Accurate Failure Detection",
 * §IV-A (LHA-Probe, the local health multiplier).
 */
import type { TimeMs } from "../ids.ts";

export class Awareness {
  /** Scores run from 0 (healthy) to max − 1. */
  readonly #max: number;
  #score = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get score(): number {
    return this.#score;
  }

  /** Signs of trouble count up, answered probes count down. */
  adjust(by: number): void {
    this.#score = Math.min(this.#max - 1, Math.max(0, this.#score + by));
  }

  scale(time: TimeMs): TimeMs {
    return time * (this.#score + 1);
  }
}
