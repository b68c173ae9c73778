/** Clients that wait for an answer, by request: each is answered once. */
import type { RequestId } from "../../shared/ids.ts";

export type Answer<Outcome> = (outcome: Outcome, request: RequestId) => void;

export class Pending<Outcome> {
  readonly #waiting = new Map<RequestId, Answer<Outcome>>();

  add(request: RequestId, answer: Answer<Outcome>): void {
    this.#waiting.set(request, answer);
  }

  /** Does nothing for one that nobody waits for, as after a restart. */
  settle(request: RequestId, outcome: Outcome): void {
    const answer = this.#waiting.get(request);
    this.#waiting.delete(request);
    answer?.(outcome, request);
  }

  settleAll(outcome: Outcome): void {
    for (const request of this.#waiting.keys()) this.settle(request, outcome);
  }
}
