/** Unbiased choice from the replica's one source of chance. */
import type { Random } from "./types.ts";

const indexBelow = (bound: number, random: Random) => Math.floor(random() * bound);

/** Fisher and Yates, in place: every order equally likely (P20). */
export function shuffle(items: unknown[], random: Random): void {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = indexBelow(last + 1, random);
    [items[last], items[other]] = [items[other], items[last]];
  }
}

/**
 * Up to `count` distinct items that are `wanted`, every such set equally likely. Draws without replacement until
 * enough are found or all have been seen, so the only candidate of a small cluster is never missed (P19).
 * Costs as many draws as it takes: about `count` when most are wanted, all items when none is.
 */
export function sample<Item>(
  items: readonly Item[],
  count: number,
  random: Random,
  wanted: (item: Item) => boolean = () => true,
): Item[] {
  const chosen: Item[] = [];
  /** The part of a shuffled copy that differs from `items`: Fisher and Yates without the copy. */
  const moved = new Map<number, Item>();
  for (let left = items.length; left > 0 && chosen.length < count; left -= 1) {
    const drawn = indexBelow(left, random);
    const item = moved.get(drawn) ?? items[drawn]!;
    moved.set(drawn, moved.get(left - 1) ?? items[left - 1]!);
    if (wanted(item)) chosen.push(item);
  }
  return chosen;
}
