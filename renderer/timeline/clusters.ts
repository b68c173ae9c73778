/** Level of detail: events too close to tell apart become one mark; a lane that is full of them becomes columns. */
import { operations, type Operation } from "../../shared/trace/event.ts";
import { pxOf, valueAt } from "./view.ts";
import type { View } from "./types.ts";
import type { Track } from "./tracks.ts";

/** Neighbouring events drawn as one: indexes start ≤ i < end of the track, between two places in px. */
export interface Cluster {
  readonly start: number;
  readonly end: number;
  readonly x1: number;
  readonly x2: number;
}

/** One column of a lane too full for marks. */
export interface Column {
  readonly x: number;
  readonly start: number;
  readonly end: number;
}

export interface Lod {
  readonly clusters: readonly Cluster[];
  readonly columns: readonly Column[];
}

/** Width of a column in px. */
export const columnPx = 3;
/** A chain of close neighbours is cut after this many gaps, so that a long burst keeps some shape. */
const gapsMax = 6;
/** How far left of the view a chain is followed to find where it begins. */
const lookBack = 400;

/**
 * What to draw of a track. Two events belong together when they are closer than `gap` px; the chain is followed from
 * its own beginning, so marks do not change while the view pans.
 */
export function lodOf(track: Track, view: View, width: number, gap: number): Lod {
  const margin = valueAt(view, width, gap * 2) - view.from;
  const first = track.indexAt(view.from - margin);
  const end = track.indexAt(view.to + margin);
  // More than three events for each mark that would fit: nothing is left to tell apart.
  if (end - first > (3 * width) / gap)
    return { clusters: [], columns: columnsOf(track, view, width, first, end) };
  return { clusters: clustersOf(track, view, width, gap, first, end), columns: [] };
}

function clustersOf(
  track: Track,
  view: View,
  width: number,
  gap: number,
  first: number,
  end: number,
): Cluster[] {
  const { xs } = track;
  const perPx = width / (view.to - view.from);
  let index = first;
  while (index > 0 && first - index < lookBack && (xs[index]! - xs[index - 1]!) * perPx < gap) index -= 1;
  const clusters: Cluster[] = [];
  while (index < end) {
    const start = index;
    const x1 = pxOf(view, width, xs[start]!);
    index += 1;
    while (
      index < track.placed &&
      (xs[index]! - xs[index - 1]!) * perPx < gap &&
      (xs[index]! - xs[start]!) * perPx < gap * gapsMax
    )
      index += 1;
    const x2 = pxOf(view, width, xs[index - 1]!);
    if (index > first) clusters.push({ start, end: index, x1, x2 });
  }
  return clusters;
}

/** Columns lie on a grid of the axis, not of the screen, so that they do not flicker while the view pans. */
function columnsOf(track: Track, view: View, width: number, first: number, end: number): Column[] {
  const step = ((view.to - view.from) / width) * columnPx;
  const columns: Column[] = [];
  let column = Math.floor(view.from / step);
  for (let start = first; start < end;) {
    const next = track.indexAt((column + 1) * step);
    if (next > start) columns.push({ x: pxOf(view, width, column * step), start, end: Math.min(next, end) });
    start = Math.max(start, next);
    column = start < end ? Math.max(column + 1, Math.floor(track.xs[start]! / step)) : column + 1;
  }
  return columns;
}

const prominence: readonly Operation[] = [
  "delete",
  "put",
  "get",
  "consensus",
  "internal",
  "membership",
  "lab",
];

/** The operation a mark of several events is drawn as: what clients did outweighs what nodes did about it. */
export function leadingOp(track: Track, start: number, end: number): Operation {
  if (end - start === 1) return track.events[start]!.op;
  let [leading, most]: [Operation, number] = ["internal", 0];
  for (const op of ["put", "get", "delete"] as const) {
    const count = track.countOf(op, start, end);
    if (count > most) [leading, most] = [op, count];
  }
  if (most > 0) return leading;
  return prominence.find((op) => track.countOf(op, start, end) > 0) ?? "internal";
}

/** How many of each operation, those that occur, in the order of the schema. */
export function mixOf(track: Track, start: number, end: number): readonly (readonly [Operation, number])[] {
  const mix: [Operation, number][] = [];
  for (const op of operations) {
    const count = track.countOf(op, start, end);
    if (count > 0) mix.push([op, count]);
  }
  return mix;
}
