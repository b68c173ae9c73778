/**
 * The part of a list that still shows what the whole shows, and from which nothing can be taken.
 *
 * One item at a time, from the last: for the lists at hand, the few operations of one anomaly, that is quick enough.
 * The result is minimal in the sense that leaving out any single item spoils it; a smaller one elsewhere may exist.
 */
export function shrink<Item>(
  items: readonly Item[],
  stillShows: (items: readonly Item[]) => boolean,
): readonly Item[] {
  let kept = items;
  for (let hasShrunk = true; hasShrunk;) {
    hasShrunk = false;
    for (let index = kept.length - 1; index >= 0; index--) {
      const fewer = kept.filter((_, other) => other !== index);
      if (!stillShows(fewer)) continue;
      kept = fewer;
      hasShrunk = true;
    }
  }
  return kept;
}
