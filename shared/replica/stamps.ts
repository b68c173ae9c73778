/**
 * A node's vector clock, in two parts: what its stamps say, and entries of nodes that left for good.
 *
 * A stamp goes with every event and every message, so in a cluster whose nodes come and go it would grow for ever. An
 * entry of a node that has left may go from the stamps: the order of two events of others is told by their own entries.
 * It may not be forgotten. Should that node come back under its name without its clock, what the others remember of it
 * is all that keeps it from using a counter twice (P1); its entry then returns to the stamps. So `all` is what is saved,
 * and `stamp` is what leaves.
 *
 * A stamp that was cut short no longer covers the events of the node that left: compared entry by entry with an older
 * one it looks concurrent (P4). Whoever compares leaves out the entries that the event "pruned" names (see
 * shared/trace/causality).
 */
import { emptyClock, merge, tick, type VectorClock } from "../clock/vector-clock.ts";
import type { NodeId } from "../ids.ts";

export class Stamps {
  readonly #node: NodeId;
  #stamp: VectorClock;
  #retired: VectorClock = emptyClock;
  #all: VectorClock;

  constructor(node: NodeId, clock: VectorClock) {
    this.#node = node;
    this.#stamp = clock;
    this.#all = clock;
  }

  /** Of the latest event. */
  get stamp(): VectorClock {
    return this.#stamp;
  }

  /** Entries that no stamp has. */
  get retired(): VectorClock {
    return this.#retired;
  }

  /** The whole clock. The same object for as long as nothing changes. */
  get all(): VectorClock {
    if (this.#retired === emptyClock) return this.#stamp;
    return (this.#all = merge(this.#all, this.#stamp));
  }

  /** The stamp of one more event. */
  tick(): VectorClock {
    return (this.#stamp = tick(this.#stamp, this.#node));
  }

  /** What another node's stamp says is known from now on. */
  meet(clock: VectorClock): void {
    if (this.#retired === emptyClock) {
      this.#stamp = merge(this.#stamp, clock);
      return;
    }
    const [met, late] = split(clock, this.#retired);
    this.#stamp = merge(this.#stamp, met);
    this.#retire(late);
  }

  /** The own counter stands at `floor` at least. */
  raise(floor: number): void {
    if (floor > (this.#stamp[this.#node] ?? 0)) this.#stamp = { ...this.#stamp, [this.#node]: floor };
  }

  /** Entries of these nodes are in no stamp from now on. */
  retire(nodes: readonly NodeId[]): void {
    const [kept, retired] = split(this.#stamp, Object.fromEntries(nodes.map((node) => [node, 0])));
    this.#all = this.all;
    this.#stamp = kept;
    this.#retire(retired);
  }

  /** These nodes are back: their entries are in the stamps again. */
  restore(nodes: readonly NodeId[]): void {
    const [kept, restored] = split(this.#retired, Object.fromEntries(nodes.map((node) => [node, 0])));
    this.#stamp = merge(this.#stamp, restored);
    this.#retired = Object.keys(kept).length === 0 ? emptyClock : kept;
  }

  #retire(entries: VectorClock): void {
    this.#retired = merge(this.#retired, entries);
    this.#all = merge(this.#all, entries);
  }
}

/** The entries of `clock` that `names` does not have, and those it has. `clock` itself when it has none of them. */
function split(clock: VectorClock, names: VectorClock): [VectorClock, VectorClock] {
  if (!Object.keys(names).some((node) => node in clock)) return [clock, emptyClock];
  const entries = Object.entries(clock);
  return [
    Object.fromEntries(entries.filter(([node]) => !(node in names))),
    Object.fromEntries(entries.filter(([node]) => node in names)),
  ];
}
