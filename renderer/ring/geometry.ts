/** Geometry of the hash ring: positions on the circle and the arcs that nodes own. */

import { ringSize } from "../../shared/ring/ring.ts";

/** A virtual node and where it stands. */
interface RingPoint {
  readonly position: number;
  readonly node: string;
}

/** A stretch owned by one node, as shares of a full turn clockwise from the top; `from` of the arc over the top is negative. */
export interface Arc {
  readonly node: string;
  readonly from: number;
  readonly to: number;
}

export const turnOf = (position: number): number => position / ringSize;

/**
 * The ring as arcs in clockwise order. A virtual node owns the stretch from the one before it (exclusive) to itself.
 * Neighbouring stretches of one node are one arc. `points` are sorted by position.
 */
export function arcsOf(points: readonly RingPoint[]): Arc[] {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined) return [];
  if (points.every((point) => point.node === first.node)) return [{ node: first.node, from: 0, to: 1 }];
  const arcs: Arc[] = [];
  let start = turnOf(last.position) - 1;
  for (const point of points) {
    const end = turnOf(point.position);
    const open = arcs.at(-1);
    if (open !== undefined && open.node === point.node) arcs[arcs.length - 1] = { ...open, to: end };
    else arcs.push({ node: point.node, from: start, to: end });
    start = end;
  }
  const tail = arcs.at(-1)!;
  if (tail.node !== arcs[0]!.node) return arcs;
  const [head, ...rest] = arcs;
  return [{ ...head!, from: tail.from - 1 }, ...rest.slice(0, -1)];
}

/** A stretch whose first owner is another on the second ring. */
export interface Move extends Arc {
  /** `node` had it before; this one has it after. */
  readonly receiver: string;
}

/** What changes hands between two rings: their points sorted by position. */
export function movesBetween(before: readonly RingPoint[], after: readonly RingPoint[]): Move[] {
  if (before.length === 0 || after.length === 0) return [];
  const ends = [...new Set([...before, ...after].map((point) => point.position))].sort((a, b) => a - b);
  const moves: Move[] = [];
  let [i, j] = [0, 0];
  let start = turnOf(ends.at(-1)!) - 1;
  for (const position of ends) {
    while (i < before.length && before[i]!.position < position) i++;
    while (j < after.length && after[j]!.position < position) j++;
    const node = before[i % before.length]!.node;
    const receiver = after[j % after.length]!.node;
    const end = turnOf(position);
    const open = moves.at(-1);
    if (node !== receiver) {
      if (open !== undefined && open.to === start && open.node === node && open.receiver === receiver)
        moves[moves.length - 1] = { ...open, to: end };
      else moves.push({ node, receiver, from: start, to: end });
    }
    start = end;
  }
  return moves;
}

export const shareOf = (arcs: readonly Arc[]): number =>
  arcs.reduce((sum, arc) => sum + arc.to - arc.from, 0);

/** SVG path of a ring segment between two radii. */
export function ringSegment(arc: { from: number; to: number }, inner: number, outer: number): string {
  if (arc.to - arc.from >= 0.9999) return circle(outer, 1) + circle(inner, 0);
  const long = arc.to - arc.from > 0.5 ? 1 : 0;
  return (
    `M${at(outer, arc.from)}A${outer},${outer} 0 ${long} 1 ${at(outer, arc.to)}` +
    `L${at(inner, arc.to)}A${inner},${inner} 0 ${long} 0 ${at(inner, arc.from)}Z`
  );
}

function at(radius: number, turn: number): string {
  const angle = turn * 2 * Math.PI;
  return `${fixed(radius * Math.sin(angle))},${fixed(-radius * Math.cos(angle))}`;
}

const circle = (radius: number, sweep: 0 | 1) =>
  `M0,${-radius}A${radius},${radius} 0 1 ${sweep} 0,${radius}A${radius},${radius} 0 1 ${sweep} 0,${-radius}Z`;

/** SVG path of radial ticks, one per turn. */
export function ticks(turns: readonly number[], inner: number, outer: number): string {
  return turns.map((turn) => `M${at(inner, turn)}L${at(outer, turn)}`).join("");
}

const fixed = (value: number): string => String(Math.round(value * 100) / 100);

/** One virtual node met on the clockwise walk from a key. */
export interface Step {
  readonly position: number;
  readonly node: string;
  /** 1 for the first owner, and so on; null when the node is an owner already and is passed over. */
  readonly owner: number | null;
}

/** The walk from `position` until `owners` different nodes have been met. */
export function walk(points: readonly RingPoint[], position: number, owners: number): Step[] {
  const start = points.findIndex((point) => point.position >= position);
  const steps: Step[] = [];
  const met = new Set<string>();
  for (let i = 0; i < points.length && met.size < owners; i++) {
    const point = points[(Math.max(start, 0) + i) % points.length]!;
    const isNew = !met.has(point.node);
    met.add(point.node);
    steps.push({ ...point, owner: isNew ? met.size : null });
  }
  return steps;
}
