/**
 * The kernel of the mergeable values: items tagged by the write that added them, and removal of what was observed.
 *
 * A client reads and writes a plain value. What it meant shows only in the difference to what it had read: the elements
 * it left out it removed, those that are new it added, and the others it did not touch, whatever became of them
 * meanwhile. So a version keeps, beside its value, its items with their tags and the context its writer had seen. Two
 * versions are merged item by item: one that both have stays; one that only one has stays if the other's writer had
 * not seen its tag, for then it is new, and is gone if he had, for then he removed it. An element that is
 * added again has another tag: adding wins over a removal that did not know of it.
 *
 * A context may be old: the version it was read from has been written over since, perhaps by this same node. To know
 * what its client saw, a version also keeps the items last removed, each with the dot that removed it. What has been
 * forgotten is covered by the `horizon`; a context that reaches back behind it is refused rather than misread.
 *
 * Source: Shapiro, Preguiça, Baquero, Zawirski 2011, "Conflict-free Replicated Data Types", §3.3 (OR-Set); Bieniusa et
 * al. 2012, "An Optimized Conflict-free Replicated Set" (contexts in place of tombstones).
 */
import { type Dot, isSeen, type Version } from "../../clock/dotted.ts";
import { merge, type VectorClock } from "../../clock/vector-clock.ts";
import type { TimeMs } from "../../ids.ts";

/** The index-th item added by the counter-th event of the node. */
export type Item<Payload> = readonly [node: string, counter: number, index: number, payload: Payload];

/** An item and the dot of a write that removed it, with its stamp. */
type Removed<Payload> = readonly [item: Item<Payload>, node: string, counter: number, at: TimeMs];

export interface Facts<Payload> {
  /** What the writer had seen. */
  readonly seen: VectorClock;
  readonly items: readonly Item<Payload>[];
  /** The newest removals known to the coordinator, oldest first. */
  readonly removed: readonly Removed<Payload>[];
  /** Covers the removals that are no longer listed. */
  readonly horizon: VectorClock;
}

/** Elements, fields or lines of one value. */
export const itemsMax = 10_000;
const removedMax = 256;
const removedCharsMax = 64 * 1024;

const tagOf = ([node, counter, index]: Item<unknown>) => `${node}:${counter}#${index}`;
const dotOf = ([node, counter]: Item<unknown>) => ({ node, counter }) as Dot;

export const compareTags = (a: Item<unknown>, b: Item<unknown>) =>
  (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0) || a[1] - b[1] || a[2] - b[2];

/** What all of these say together, by tag. */
export function joined<Payload>(all: readonly Facts<Payload>[]): Item<Payload>[] {
  if (all.length === 1) return [...all[0]!.items];
  const tags = all.map(({ items }) => new Set(items.map(tagOf)));
  const stands = (item: Item<Payload>) =>
    all.every(({ seen }, index) => tags[index]!.has(tagOf(item)) || !isSeen(dotOf(item), seen));
  const found = new Map<string, Item<Payload>>();
  for (const { items } of all) for (const item of items) if (stands(item)) found.set(tagOf(item), item);
  return [...found.values()].sort(compareTags);
}

/** The items that one who had read `context` was shown. Null: it reaches back further than is remembered. */
export function itemsSeen<Payload>(
  all: readonly Facts<Payload>[],
  context: VectorClock,
): Item<Payload>[] | null {
  const remembered = all.every(({ horizon }) =>
    Object.entries(horizon).every(([node, counter]) => counter <= (context[node] ?? 0)),
  );
  if (!remembered && Object.keys(context).length > 0) return null;
  const found = new Map<string, Item<Payload>>();
  const keep = (item: Item<Payload>) => {
    if (isSeen(dotOf(item), context)) found.set(tagOf(item), item);
  };
  for (const { items, removed } of all) {
    for (const item of items) keep(item);
    for (const [item] of removed) keep(item);
  }
  for (const { removed } of all) {
    for (const [item, node, counter] of removed) {
      if (counter <= (context[node] ?? 0)) found.delete(tagOf(item));
    }
  }
  return [...found.values()].sort(compareTags);
}

/** The facts of a version whose writer, of the items it was `shown`, left those in `kept` and added the payloads. */
export function factsOf<Payload>(
  all: readonly Facts<Payload>[],
  { dot, at }: Pick<Version, "dot" | "at">,
  seen: VectorClock,
  shown: readonly Item<Payload>[],
  kept: readonly Item<Payload>[],
  added: readonly Payload[],
): Facts<Payload> {
  const stays = new Set(kept.map(tagOf));
  const removed = new Map<string, Removed<Payload>>();
  const keep = (entry: Removed<Payload>) => removed.set(`${tagOf(entry[0])} ${entry[1]}:${entry[2]}`, entry);
  for (const facts of all) facts.removed.forEach(keep);
  for (const item of shown) if (!stays.has(tagOf(item))) keep([item, dot.node, dot.counter, at]);
  const items = [...kept, ...added.map((payload, index) => [dot.node, dot.counter, index, payload] as const)];
  const horizon = all.reduce((known, facts) => merge(known, facts.horizon), {} as VectorClock);
  return { seen, items: items.sort(compareTags), ...bounded([...removed.values()], horizon) };
}

/** The newest removals, and a horizon that covers the others. */
function bounded<Payload>(removed: readonly Removed<Payload>[], horizon: VectorClock) {
  const newestFirst = removed.toSorted(
    (a, b) => b[3] - a[3] || compareRemovers(b, a) || compareTags(b[0], a[0]),
  );
  let count = 0;
  for (let chars = 0; count < newestFirst.length && count < removedMax; count++) {
    chars += JSON.stringify(newestFirst[count]![0][3]).length;
    if (chars > removedCharsMax) break;
  }
  const forgotten = newestFirst.slice(count);
  return {
    removed: newestFirst.slice(0, count).toReversed(),
    horizon: forgotten.reduce((known, [, node, counter]) => merge(known, { [node]: counter }), horizon),
  };
}

const compareRemovers = (a: Removed<unknown>, b: Removed<unknown>) =>
  (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0) || a[2] - b[2];

/**
 * `context`, and all there is of nodes that `known` does not name: the entries of those who left for good are taken out
 * of contexts once everybody has seen their writes. A context that names nobody has seen nothing.
 */
export function withDeparted(
  context: VectorClock,
  known: VectorClock,
  all: readonly Facts<unknown>[],
): VectorClock {
  if (Object.keys(context).length === 0) return context;
  const departed: Record<string, number> = {};
  const meet = (node: string, counter: number) => {
    if (known[node] === undefined) departed[node] = Math.max(departed[node] ?? 0, counter);
  };
  for (const { items, removed, horizon } of all) {
    for (const [node, counter] of items) meet(node, counter);
    for (const [[tagNode, tagCounter], node, counter] of removed) {
      meet(tagNode, tagCounter);
      meet(node, counter);
    }
    for (const node in horizon) meet(node, horizon[node]!);
  }
  return merge(context, departed);
}
