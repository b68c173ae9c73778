/**
 * Vector clocks: one counter per node, the smallest stamp from which happened-before can be read back.
 *
 * A scalar (Lamport) clock orders cause before effect but cannot say that two events are concurrent; a wall clock
 * can say neither. A vector clock says exactly which events of every node a stamp has seen: a → b holds precisely
 * when a's stamp is below b's in every component and they differ.
 *
 * Clocks are immutable plain objects without zero entries, so equality does not depend on which nodes were ever named.
 *
 * Source: Fidge 1988, "Timestamps in Message-Passing Systems"; Mattern 1989, "Virtual Time and Global States", §4.
 */
import { isNodeId, type NodeId } from "../ids.ts";

/** Counter per node, each a positive integer. A node that is absent stands at 0. */
export type VectorClock = Readonly<Record<string, number>>;

export type ClockOrder = "before" | "after" | "equal" | "concurrent";

export const emptyClock: VectorClock = Object.freeze({});

/**
 * To add entries to. Engines copy a whole object at once, and would build one with computed names entry by entry; of a
 * spread they do so only while few shapes of objects come along, and clocks have many.
 */
export const copyOf = (clock: VectorClock): Record<string, number> => Object.assign({}, clock);

/** The clock after one more event of `node`. */
export function tick(clock: VectorClock, node: NodeId): VectorClock {
  const ticked = copyOf(clock);
  ticked[node] = (clock[node] ?? 0) + 1;
  return ticked;
}

/** Least upper bound: all that either of the two has seen. Returns `a` itself when `b` adds nothing. */
export function merge(a: VectorClock, b: VectorClock): VectorClock {
  let merged: Record<string, number> | undefined;
  for (const node in b) {
    const counter = b[node]!;
    if (counter > (a[node] ?? 0)) (merged ??= copyOf(a))[node] = counter;
  }
  return merged ?? a;
}

/** How `a` stands to `b`: "before" means every event `a` has seen, `b` has seen too, and `b` has seen more. */
export function compare(a: VectorClock, b: VectorClock): ClockOrder {
  const below = descends(b, a);
  const above = descends(a, b);
  if (below) return above ? "equal" : "before";
  return above ? "after" : "concurrent";
}

/** True when `a` has seen everything `b` has seen (equal clocks descend from each other). */
export function descends(a: VectorClock, b: VectorClock): boolean {
  for (const node in b) if (b[node]! > (a[node] ?? 0)) return false;
  return true;
}

/** ⟨3,0,1⟩ in the given order of nodes, as the timeline and the lessons write it. */
export function format(clock: VectorClock, order: readonly string[]): string {
  return `⟨${order.map((node) => clock[node] ?? 0).join(",")}⟩`;
}

/** Each entry as "node:counter", as events list what was seen. */
export const entriesText = (clock: VectorClock): string[] =>
  Object.entries(clock).map(([node, counter]) => `${node}:${counter}`);

/** True for an object of node ids to positive safe integers: what a store or a peer may hand us as a clock. */
export function isVectorClock(value: unknown): value is VectorClock {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(
    ([node, counter]) => isNodeId(node) && Number.isSafeInteger(counter) && (counter as number) > 0,
  );
}
