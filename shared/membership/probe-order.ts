/**
 * Whom to probe next: round robin over a shuffled list.
 *
 * Picking at random each time leaves some member unprobed for an unbounded while; a fixed order lets all nodes probe
 * the same member at once. A shuffled round gives each member one turn a round, so that a failure is noticed within
 * 2n − 1 intervals for certain. New members enter at a random place, or all would be probed last by everybody.
 *
 * Source: Das, Gupta, Motivala 2002, "SWIM", §4.3.
 */
import type { NodeId } from "../ids.ts";
import { shuffle } from "./random.ts";
import type { Random } from "./types.ts";

export class ProbeOrder {
  readonly #random: Random;
  readonly #nodes: NodeId[] = [];
  #turn = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  next(): NodeId | undefined {
    if (this.#turn >= this.#nodes.length) {
      shuffle(this.#nodes, this.#random);
      this.#turn = 0;
    }
    return this.#nodes[this.#turn++];
  }

  add(node: NodeId): void {
    const place = Math.floor(this.#random() * (this.#nodes.length + 1));
    this.#nodes.splice(place, 0, node);
    if (place < this.#turn) this.#turn += 1;
  }

  remove(node: NodeId): void {
    const place = this.#nodes.indexOf(node);
    if (place < 0) return;
    this.#nodes.splice(place, 1);
    if (place < this.#turn) this.#turn -= 1;
  }

  /** Gives `node` the next turn. The others keep theirs. */
  promote(node: NodeId): void {
    if (!this.#nodes.includes(node)) return;
    this.remove(node);
    this.#nodes.splice(this.#turn, 0, node);
  }
}
