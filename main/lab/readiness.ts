/**
 * Whether a cluster is ready: every node that runs sees every other alive, and nobody is on its way into the ring.
 *
 * A process that serves HTTP is not enough. Nodes find each other after that, and get their places in the ring step by
 * step; until then a write is refused. Who begins with a write would begin with an error.
 *
 * It goes by the events of the nodes themselves, so what made the cluster ready is recorded when it is ready.
 */
import type { NodeStatus } from "../../shared/contract/state.ts";
import { Beliefs } from "../../shared/trace/beliefs.ts";
import type { RecordedEvent } from "../../shared/trace/event.ts";

export class Readiness {
  readonly #gossip: boolean;
  readonly #beliefs = new Beliefs();

  constructor(gossip: boolean) {
    this.#gossip = gossip;
  }

  observe(events: readonly RecordedEvent[]): void {
    for (const event of events) this.#beliefs.observe(event);
  }

  isReady(nodes: readonly { readonly id: string; readonly status: NodeStatus }[]): boolean {
    const running = nodes.filter(({ status }) => status === "running");
    return running.every(({ id }) => {
      const belief = this.#beliefs.of(id);
      if (belief === null || belief.moves.size > 0) return false;
      return (
        !this.#gossip ||
        running.every(({ id: other }) => other === id || belief.members.get(other) === "alive")
      );
    });
  }
}
