/**
 * A text, merged line by line: what two writers changed apart from each other is both kept, and what they inserted at one
 * place stands one after the other, in an order that is the same everywhere.
 *
 * The third text of a three-way merge is what the writer had read: a line of it that is still there was kept, found by
 * the longest common subsequence; the others were removed, and the rest was inserted. Each line has a position that
 * never changes, between those of its neighbours, so no line moves because of another (see ./position).
 *
 * Source: Khanna, Kunal, Pierce 2007, "A Formal Investigation of Diff3"; for the positions Weiss, Urso, Molli 2009,
 * "Logoot: A Scalable Optimistic Replication Algorithm for Collaborative Editing".
 */
import { formatDot, type Version } from "../../clock/dotted.ts";
import { type Change, ofItems, tooMany } from "./items.ts";
import { compareTags, type Item, itemsMax } from "./observed.ts";
import { positionsBetween } from "./position.ts";

type Line = readonly [position: string, text: string];

/** Cells of the table of a longest common subsequence; where more would be needed, all in between is taken as new. */
const cellsMax = 4_000_000;

const names = { name: "A text", itemsName: "lines" };

export const text = ofItems<Line>({
  ...names,
  isPayload: (payload) => Array.isArray(payload) && payload.length === 2,

  change(shown, value, version) {
    const lines = value.split("\n");
    // Of a MiB of them each would be given a position only to be refused.
    if (lines.length > itemsMax) return tooMany(names, lines.length);
    return change(inOrder(shown), lines, version);
  },

  show: (items) =>
    inOrder(items)
      .map(([, , , [, line]]) => line)
      .join("\n"),
});

const inOrder = (items: readonly Item<Line>[]) =>
  items.toSorted((a, b) => (a[3][0] < b[3][0] ? -1 : a[3][0] > b[3][0] ? 1 : compareTags(a, b)));

function change(before: readonly Item<Line>[], after: readonly string[], { dot }: Version): Change<Line> {
  const pairs = common(
    before.map(([, , , [, line]]) => line),
    after,
  );
  const added: Line[] = [];
  let written = 0;
  let left = "";
  const insert = (upTo: number, right: string | null) => {
    const lines = after.slice(written, upTo);
    const positions = positionsBetween(left, right, formatDot(dot), lines.length);
    lines.forEach((line, index) => added.push([positions[index]!, line]));
  };
  for (const [old, present] of pairs) {
    const position = before[old]![3][0];
    insert(present, position);
    written = present + 1;
    left = position;
  }
  insert(after.length, null);
  return { kept: pairs.map(([old]) => before[old]!), added };
}

/** Pairs of indexes of a longest common subsequence, in order. */
function common(a: readonly string[], b: readonly string[]): [number, number][] {
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < shorter - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const pairs: [number, number][] = [];
  for (let i = 0; i < start; i++) pairs.push([i, i]);
  for (const [i, j] of subsequence(a.slice(start, a.length - end), b.slice(start, b.length - end))) {
    pairs.push([start + i, start + j]);
  }
  for (let i = end; i > 0; i--) pairs.push([a.length - i, b.length - i]);
  return pairs;
}

/** By the table of the lengths for all pairs of rests. */
function subsequence(a: readonly string[], b: readonly string[]): [number, number][] {
  const width = b.length + 1;
  if (a.length === 0 || b.length === 0 || (a.length + 1) * width > cellsMax) return [];
  const lengths = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const below = lengths[(i + 1) * width + j]!;
      const beside = lengths[i * width + j + 1]!;
      lengths[i * width + j] =
        a[i] === b[j] ? lengths[(i + 1) * width + j + 1]! + 1 : Math.max(below, beside);
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!) i += 1;
    else j += 1;
  }
  return pairs;
}
