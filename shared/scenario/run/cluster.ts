/**
 * What a run knows of the nodes: who runs, from the lab's own events, whom each sees alive, from "member" events, and
 * which moves of the ring each has under way, from "move" events.
 *
 * A world may say that an act is done before it hands over the events of it. So the run's own acts count as well: what
 * was just asked for is never judged by what held before.
 */
import type { NodeId } from "../../ids.ts";
import { Beliefs } from "../../trace/beliefs.ts";
import { text } from "../../trace/detail.ts";
import { labLane, type RecordedEvent, type TraceEvent } from "../../trace/event.ts";
import type { FaultAction } from "../run.types.ts";

export type NodeStatus = "running" | "paused" | "down";

const statusAfter: Readonly<Record<string, NodeStatus>> = {
  "node-added": "down",
  "node-started": "running",
  pause: "paused",
  resume: "running",
  kill: "down",
  stop: "down",
  exited: "down",
};

export class ClusterWatch {
  /** Every node there ever was, in the order in which they came. */
  readonly everyNode = new Set<NodeId>();
  readonly #status = new Map<NodeId, NodeStatus>();
  readonly #beliefs = new Beliefs();
  readonly #isBeliefWanted: boolean;
  #isChanged = true;

  /** A run begins when all of these run and, with `gossip`, see each other alive. */
  constructor(
    nodes: readonly NodeId[],
    options: { readonly gossip: boolean; readonly areBeliefsWanted: boolean },
  ) {
    this.#isBeliefWanted = options.areBeliefsWanted;
    for (const node of nodes) {
      this.everyNode.add(node);
      this.#status.set(node, "running");
      if (!options.areBeliefsWanted) continue;
      const others = options.gossip ? nodes.filter((other) => other !== node) : [];
      this.#beliefs.assume(node, others);
    }
  }

  /** True once after anything changed that `unsettled` looks at. */
  takeChanged(): boolean {
    const isChanged = this.#isChanged;
    this.#isChanged = false;
    return isChanged;
  }

  /** Nodes of this status, in the order in which they came. */
  in(status: NodeStatus): NodeId[] {
    return [...this.#status].filter(([, is]) => is === status).map(([node]) => node);
  }

  /** An act was asked for: what a process believed ends with it. */
  begin({ name, value }: FaultAction): void {
    const node = name === "restart" ? value.node : name === "kill" || name === "stop" ? value : null;
    if (node === null || !this.#isBeliefWanted) return;
    this.#beliefs.assume(node, []);
    this.#isChanged = true;
  }

  /** An act has taken effect. */
  done({ name, value }: FaultAction): void {
    switch (name) {
      case "kill":
      case "stop":
        return this.#become(value, "down");
      case "pause":
        return this.#become(value, "paused");
      case "resume":
      case "add":
        return this.#become(value, "running");
      case "restart":
        return this.#become(value.node, "running");
      case "remove":
        return this.#become(value, null);
      default:
    }
  }

  /** `see` makes something of events like this one. */
  heeds({ type, name }: Pick<TraceEvent, "type" | "name">, node: NodeId): boolean {
    if (node === labLane) return true;
    return this.#isBeliefWanted && this.#beliefs.heeds({ type, name });
  }

  see(event: RecordedEvent): void {
    if (!this.heeds(event, event.node)) return;
    if (event.node === labLane) return this.#seeLab(event);
    this.#beliefs.observe(event);
    this.#isChanged = true;
  }

  /**
   * Null when every running node sees exactly `wanted` alive, or, without it, exactly the running ones, and has no move
   * under way; else the first disagreement, as a clause.
   */
  unsettled(wanted: readonly NodeId[] | null): string | null {
    const running = this.in("running");
    const expected = new Set<string>(wanted ?? running);
    const absent = [...expected].find((node) => this.#status.get(node as NodeId) !== "running");
    if (absent !== undefined) return `${absent} is not running`;
    for (const node of running) {
      const belief = this.#beliefs.of(node);
      for (const other of expected) {
        const status = other === node ? "alive" : belief?.members.get(other);
        if (status !== "alive") return `${node} sees ${other} ${status ?? "not at all"}`;
      }
      if (!expected.has(node)) return `${node} is running`;
      for (const [other, status] of belief?.members ?? []) {
        if (status === "alive" && !expected.has(other)) return `${node} sees ${other} alive`;
      }
      for (const [about, phase] of belief?.moves ?? []) return `${node} moves ${about}: ${phase}`;
    }
    return null;
  }

  #seeLab({ name, detail }: RecordedEvent): void {
    const node = text(detail?.["node"]) as NodeId | null;
    if (node === null) return;
    if (name === "node-removed") this.#become(node, null);
    else if (Object.hasOwn(statusAfter, name)) this.#become(node, statusAfter[name]!);
  }

  /** Null: it is no longer part of the cluster. */
  #become(node: NodeId, status: NodeStatus | null): void {
    if (status === null) this.#status.delete(node);
    else {
      this.everyNode.add(node);
      this.#status.set(node, status);
    }
    this.#isChanged = true;
  }
}
