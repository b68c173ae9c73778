/** Where the lanes lie, and in which order. */
import type { NodeId, TimeMs } from "../../shared/ids.ts";
import type { Band } from "../../shared/trace/bands.ts";

export type PartitionBand = Extract<Band, { kind: "partition" }>;

export interface Row {
  readonly node: NodeId;
  readonly top: number;
  readonly bottom: number;
  /** The lane itself. */
  readonly y: number;
  /** First belief stripe, and the distance from one to the next. */
  readonly stripeTop: number;
  readonly stripeStep: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Left of it stand the names of the nodes. */
  readonly gutter: number;
  /** The axis is above it, the flags of the lab between it and `top`. */
  readonly axisBottom: number;
  readonly top: number;
  readonly rows: readonly Row[];
  /** Height of all lanes; more than there is room for when there are many. */
  readonly content: number;
}

/** The side of a partition on which a node stands; -1 when it names none for it. */
export function sideOf(groups: readonly (readonly NodeId[])[], node: NodeId): number {
  return groups.findIndex((group) => group.includes(node));
}

/** Lanes in natural order, or with each side of the partition together. */
export function orderLanes(
  nodes: readonly NodeId[],
  groups: readonly (readonly NodeId[])[] | null,
): readonly NodeId[] {
  if (groups === null || groups.length < 2) return nodes;
  const rank = (node: NodeId) => {
    const side = sideOf(groups, node);
    return side === -1 ? groups.length : side;
  };
  return nodes
    .map((node, index) => ({ node, index }))
    .sort((a, b) => rank(a.node) - rank(b.node) || a.index - b.index)
    .map(({ node }) => node);
}

/** The partition that decides the order: the latest one that the given stretch of time touches. */
export function partitionIn(bands: readonly Band[], from: TimeMs, to: TimeMs): PartitionBand | null {
  for (let index = bands.length - 1; index >= 0; index--) {
    const band = bands[index]!;
    if (band.kind === "partition" && band.from <= to && (band.to ?? Number.POSITIVE_INFINITY) >= from)
      return band;
  }
  return null;
}

interface Size {
  readonly width: number;
  readonly height: number;
  /** Base font size in px; everything is measured in it. */
  readonly em: number;
  readonly scroll: number;
}

/** Stripes are drawn for so many observers at most; beyond that only the worst belief has one. */
export const stripesMax = 8;

export function layoutLanes(nodes: readonly NodeId[], { width, height, em, scroll }: Size): Layout {
  const axisBottom = Math.round(em * 1.75);
  const top = axisBottom + Math.round(em * 1.65);
  const longest = Math.max(6, ...nodes.map((node) => node.length));
  const gutter = Math.round(Math.min(em * 12, em * 2.2 + longest * em * 0.62));
  const stripes = nodes.length - 1 > stripesMax ? 1 : nodes.length - 1;
  const stripeStep = Math.max(2, Math.round(em * 0.23));
  const laneMin = em * 2.6 + stripes * stripeStep;
  const free = height - top - em * 0.4;
  const lane = nodes.length === 0 ? 0 : Math.min(Math.max(laneMin, free / nodes.length), em * 18);
  const rows = nodes.map((node, index) => {
    const rowTop = top + index * lane - scroll;
    const stripeTop = rowTop + lane - stripes * stripeStep - em * 0.35;
    return {
      node,
      top: rowTop,
      bottom: rowTop + lane,
      y: Math.round(rowTop + (stripeTop - rowTop) * 0.52),
      stripeTop,
      stripeStep,
    };
  });
  return { width, height, gutter, axisBottom, top, rows, content: nodes.length * lane };
}

export function rowAt(layout: Layout, y: number): Row | null {
  return layout.rows.find((row) => y >= row.top && y < row.bottom) ?? null;
}

/** The height at which a partition cuts between two lanes: halfway along the first border between their sides. */
export function cutBetween(
  layout: Layout,
  groups: readonly (readonly NodeId[])[],
  from: NodeId,
  to: NodeId,
): number | null {
  const start = layout.rows.findIndex((row) => row.node === from);
  const end = layout.rows.findIndex((row) => row.node === to);
  if (start === -1 || end === -1 || start === end) return null;
  const step = Math.sign(end - start);
  for (let index = start; index !== end; index += step) {
    const [here, next] = [layout.rows[index]!, layout.rows[index + step]!];
    if (sideOf(groups, here.node) !== sideOf(groups, next.node)) return step > 0 ? here.bottom : here.top;
  }
  return null;
}
