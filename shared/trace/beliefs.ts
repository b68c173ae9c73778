/**
 * What nodes believe of each other, and which moves of the ring they carry out: followed from their own events. A process
 * begins with nothing, and what it believed ends with it.
 */
import { text } from "./detail.ts";
import type { TraceEvent } from "./event.ts";

export interface Belief {
  /** Status by node; the node itself is not among them. */
  readonly members: ReadonlyMap<string, string>;
  /** Phase, by whom it is about, of each move that the node has begun and not ended. */
  readonly moves: ReadonlyMap<string, string>;
}

interface Held extends Belief {
  readonly members: Map<string, string>;
  readonly moves: Map<string, string>;
}

const names: ReadonlySet<string> = new Set(["start", "member", "move"]);

export class Beliefs {
  readonly #held = new Map<string, Held>();

  /** Null: this node has said nothing yet, not even that it has started. */
  of(node: string): Belief | null {
    return this.#held.get(node) ?? null;
  }

  /** The node believes these to be alive, and nothing else. */
  assume(node: string, alive: readonly string[]): void {
    this.#held.set(node, { members: new Map(alive.map((other) => [other, "alive"])), moves: new Map() });
  }

  /** True for events that `observe` makes something of. */
  heeds({ type, name }: Pick<TraceEvent, "type" | "name">): boolean {
    return type === "local" && names.has(name);
  }

  observe(event: TraceEvent): void {
    if (!this.heeds(event)) return;
    const { node, name, detail } = event;
    if (name === "start") return this.assume(node, []);
    const about = text(detail?.["about"]);
    if (about === null) return;
    if (!this.#held.has(node)) this.assume(node, []);
    const held = this.#held.get(node)!;
    const said = text(detail?.[name === "member" ? "status" : "phase"]);
    if (name === "member" && said !== null) {
      if (about !== node) held.members.set(about, said);
    } else if (said === "done" || said === "given up") held.moves.delete(about);
    else if (said !== null) held.moves.set(about, said);
  }
}
