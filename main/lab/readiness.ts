/**
 * Whether a cluster is ready: every node that runs sees every other alive, and nobody is on its way into the ring.
 *
 * A process that serves HTTP is not enough. Nodes find each other after that, and get their places in the ring step by
 * step; until then a write is refused. Who begins with a write would begin with an error.
 *
 * It goes by the events of the nodes themselves, so what made the cluster ready is recorded when it is ready.
 */
import type { NodeStatus } from "../../shared/contract/state.ts";
import { text } from "../../shared/trace/detail.ts";
import type { RecordedEvent } from "../../shared/trace/event.ts";

interface Belief {
  /** Whom the node believes to be alive, itself included. */
  readonly alive: Set<string>;
  /** Whose moves it has begun to carry out and not ended. */
  readonly moves: Set<string>;
}

export class Readiness {
  readonly #gossip: boolean;
  readonly #beliefs = new Map<string, Belief>();

  constructor(gossip: boolean) {
    this.#gossip = gossip;
  }

  observe(events: readonly RecordedEvent[]): void {
    for (const event of events) if (event.type === "local") this.#observe(event);
  }

  isReady(nodes: readonly { readonly id: string; readonly status: NodeStatus }[]): boolean {
    const running = nodes.filter(({ status }) => status === "running");
    return running.every(({ id }) => {
      const belief = this.#beliefs.get(id);
      if (belief === undefined || belief.moves.size > 0) return false;
      return !this.#gossip || running.every((other) => belief.alive.has(other.id));
    });
  }

  #observe({ node, name, detail }: RecordedEvent): void {
    if (name === "start") this.#beliefs.set(node, { alive: new Set([node]), moves: new Set() });
    if (name !== "member" && name !== "move") return;
    const belief = this.#beliefs.get(node);
    const about = text(detail?.["about"]);
    if (belief === undefined || about === null) return;
    if (name === "member") change(belief.alive, about, detail?.["status"] === "alive");
    else change(belief.moves, about, detail?.["phase"] !== "done" && detail?.["phase"] !== "given up");
  }
}

function change(set: Set<string>, about: string, isIn: boolean): void {
  if (isIn) set.add(about);
  else set.delete(about);
}
