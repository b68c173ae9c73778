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

export class Rumours {
  readonly #mult: number;
  /** By transmissions so far, so that choosing the least told costs what is chosen, not what there is. */
  readonly #told: Map<NodeId, Claim>[] = [];

  constructor(retransmitMult: number) {
    this.#mult = retransmitMult;
  }

  get isEmpty(): boolean {
    return this.#told.every((claims) => claims.size === 0);
  }

  limit(members: number): number {
    return this.#mult * Math.ceil(Math.log10(members + 1));
  }

  add(claim: Claim): void {
    for (const claims of this.#told) claims.delete(claim.node);
    this.#level(0).set(claim.node, claim);
  }

  clear(): void {
    this.#told.length = 0;
  }

  /**
   * Up to `count` claims for one message to `to`. Counts them as sent. A claim about `to` counts but is left out:
   * what it needs to hear of itself it is told apart from this, and a rumour with no other listener must still end.
   */
  take(count: number, to: NodeId | null, members: number): Claim[] {
    const taken: { claim: Claim; level: number }[] = [];
    for (const [level, claims] of this.#told.entries()) {
      for (const claim of claims.values()) {
        if (taken.length >= count) break;
        taken.push({ claim, level });
      }
    }
    const limit = this.limit(members);
    for (const { claim, level } of taken) {
      this.#told[level]!.delete(claim.node);
      if (level + 1 < limit) this.#level(level + 1).set(claim.node, claim);
    }
    return taken.map(({ claim }) => claim).filter((claim) => claim.node !== to);
  }

  list(members: number): Rumour[] {
    const limit = this.limit(members);
    return this.#told.flatMap((claims, transmissions) =>
      [...claims.values()].map((claim) => ({ claim, transmissions, limit })),
    );
  }

  #level(transmissions: number): Map<NodeId, Claim> {
    while (this.#told.length <= transmissions) this.#told.push(new Map());
    return this.#told[transmissions]!;
  }
}
