/**
 * The three clocks of the application on one node.
 *
 * They count its own events only, not the gossip beneath, so that the stamps of a lesson are those of its textbook.
 */
import { merge, tick, type VectorClock } from "../clock/vector-clock.ts";
import type { NodeId, TimeMs } from "../ids.ts";
import type { Stamp } from "./types.ts";

export class Clocks {
  readonly #node: NodeId;
  #vector: VectorClock;
  #lamport: number;

  constructor(node: NodeId, vector: VectorClock, lamport: number) {
    this.#node = node;
    this.#vector = vector;
    this.#lamport = lamport;
  }

  get vector(): VectorClock {
    return this.#vector;
  }

  get lamport(): number {
    return this.#lamport;
  }

  /** One more event of this node; `cause` is the stamp of what it follows from, besides all that was here before. */
  event(wall: TimeMs, cause?: Stamp): Stamp {
    if (cause) {
      this.#vector = merge(this.#vector, cause.vector);
      this.#lamport = Math.max(this.#lamport, cause.lamport);
    }
    this.#vector = tick(this.#vector, this.#node);
    this.#lamport += 1;
    return { vector: this.#vector, lamport: this.#lamport, wall };
  }
}
