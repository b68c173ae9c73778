/**
 * Rumours: claims on their way through the cluster, spread like an infection.
 *
 * Telling everybody costs n messages and loses whoever was unreachable just then. Instead each node passes each
 * claim on a bounded number of times, on messages it sends anyway; retransmitMult × ⌈log10(n + 1)⌉ times is enough
 * for it to reach everybody with high probability. Claims told least often go first, so fresh news is not stuck behind
 * old news. There is one rumour per member: a newer claim replaces the older one.
 *
 * Source: Das, Gupta, Motivala 2002, "SWIM", §4.1 and §5 (infection-style dissemination, piggybacking).
 */
import type { NodeId } from "../ids.ts";
import type { Claim, Rumour } from "./types.ts";

/** Rumours on one message. */
export const piggybackMax = 8;

/** Claims passed on equally often, the one longest there first. */
class Level {
  readonly #claims = new Map<NodeId, Claim>();
  /** Goes on where it stopped: a map keeps the places of what was taken out, and each fresh look would pass them all. */
  readonly #next = this.#claims.values();

  get claims(): Iterable<Claim> {
    return this.#claims.values();
  }

  get isEmpty(): boolean {
    return this.#claims.size === 0;
  }

  set(claim: Claim): void {
    this.#claims.set(claim.node, claim);
  }

  /** False when there was none. */
  delete(node: NodeId): boolean {
    return this.#claims.delete(node);
  }

  /** Takes out the first one; undefined when there is none. */
  take(): Claim | undefined {
    // Asked only where there is one, so it never comes to its end, after which it would miss what is added.
    if (this.isEmpty) return undefined;
    const claim = this.#next.next().value!;
    this.#claims.delete(claim.node);
    return claim;
  }
}

export class Rumours {
  readonly #mult: number;
  /** By transmissions so far, so that choosing the least told costs what is chosen, not what there is. */
  readonly #told: Level[] = [];
  #size = 0;

  constructor(retransmitMult: number) {
    this.#mult = retransmitMult;
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  limit(members: number): number {
    return this.#mult * Math.ceil(Math.log10(members + 1));
  }

  add(claim: Claim): void {
    for (const level of this.#told) if (level.delete(claim.node)) this.#size -= 1;
    this.#level(0).set(claim);
    this.#size += 1;
  }

  clear(): void {
    this.#told.length = 0;
    this.#size = 0;
  }

  /**
   * Up to `count` claims for one message to `to`. Counts them as sent. A claim about `to` counts but is left out:
   * what it needs to hear of itself it is told apart from this, and a rumour with no other listener must still end.
   */
  take(count: number, to: NodeId | null, members: number): Claim[] {
    // Most of the time there is nothing to tell.
    if (this.isEmpty) return [];
    const taken: { claim: Claim; level: number }[] = [];
    for (let level = 0; level < this.#told.length && taken.length < count; level += 1) {
      const claims = this.#told[level]!;
      while (taken.length < count && !claims.isEmpty) taken.push({ claim: claims.take()!, level });
    }
    const limit = this.limit(members);
    const told: Claim[] = [];
    for (const { claim, level } of taken) {
      if (level + 1 < limit) this.#level(level + 1).set(claim);
      else this.#size -= 1;
      if (claim.node !== to) told.push(claim);
    }
    return told;
  }

  list(members: number): Rumour[] {
    const limit = this.limit(members);
    return this.#told.flatMap(({ claims }, transmissions) =>
      [...claims].map((claim) => ({ claim, transmissions, limit })),
    );
  }

  #level(transmissions: number): Level {
    while (this.#told.length <= transmissions) this.#told.push(new Level());
    return this.#told[transmissions]!;
  }
}
