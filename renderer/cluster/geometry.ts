/** Plane geometry of the cluster map. Pixels, y downwards. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Segment {
  readonly from: Point;
  readonly to: Point;
}

/** `count` places on a circle, the first at the top, clockwise. One alone stands in the middle. */
export function placesOnCircle(count: number, centre: Point, radius: number): Point[] {
  if (count === 1) return [centre];
  return Array.from({ length: count }, (_, index) => onCircle(centre, radius, index / count));
}

/** The point a share of a full turn clockwise from the top. */
export function onCircle(centre: Point, radius: number, turn: number): Point {
  const angle = turn * 2 * Math.PI;
  return { x: centre.x + radius * Math.sin(angle), y: centre.y - radius * Math.cos(angle) };
}

export const distance = (a: Point, b: Point): number => Math.hypot(b.x - a.x, b.y - a.y);

/** The point a share `t` of the way from a to b. */
export const between = ({ from, to }: Segment, t: number): Point => ({
  x: from.x + (to.x - from.x) * t,
  y: from.y + (to.y - from.y) * t,
});

/** Positive when c lies to one side of the line a→b, negative on the other, 0 on it. */
const sideOf = (a: Point, b: Point, c: Point): number =>
  (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);

const within = (a: Point, b: Point, c: Point): boolean =>
  Math.min(a.x, b.x) <= c.x &&
  c.x <= Math.max(a.x, b.x) &&
  Math.min(a.y, b.y) <= c.y &&
  c.y <= Math.max(a.y, b.y);

/** True when the two segments share a point; touching counts. */
export function segmentsCross(a: Segment, b: Segment): boolean {
  const b1 = sideOf(a.from, a.to, b.from);
  const b2 = sideOf(a.from, a.to, b.to);
  const a1 = sideOf(b.from, b.to, a.from);
  const a2 = sideOf(b.from, b.to, a.to);
  if (Math.sign(b1) * Math.sign(b2) < 0 && Math.sign(a1) * Math.sign(a2) < 0) return true;
  return (
    (b1 === 0 && within(a.from, a.to, b.from)) ||
    (b2 === 0 && within(a.from, a.to, b.to)) ||
    (a1 === 0 && within(b.from, b.to, a.from)) ||
    (a2 === 0 && within(b.from, b.to, a.to))
  );
}

/** True when the stroke, a line through many points, crosses the segment anywhere. */
export function strokeCrosses(stroke: readonly Point[], segment: Segment): boolean {
  for (let i = 1; i < stroke.length; i++) {
    if (segmentsCross({ from: stroke[i - 1]!, to: stroke[i]! }, segment)) return true;
  }
  return false;
}

/** The segment without its first and last `gap` pixels, so that links end at the rim of a node. */
export function trimmed(segment: Segment, gap: number): Segment {
  const length = distance(segment.from, segment.to);
  if (length <= 2 * gap) return segment;
  return { from: between(segment, gap / length), to: between(segment, 1 - gap / length) };
}

/** The segment moved `offset` pixels to the right of its direction, so that a link and its way back stand apart. */
export function shifted({ from, to }: Segment, offset: number): Segment {
  const length = distance({ x: 0, y: 0 }, { x: to.x - from.x, y: to.y - from.y }) || 1;
  const dx = (-(to.y - from.y) / length) * offset;
  const dy = ((to.x - from.x) / length) * offset;
  return { from: { x: from.x + dx, y: from.y + dy }, to: { x: to.x + dx, y: to.y + dy } };
}

/** Distance of a point from a segment. */
export function distanceToSegment(point: Point, segment: Segment): number {
  const length = distance(segment.from, segment.to);
  if (length === 0) return distance(point, segment.from);
  const along =
    ((point.x - segment.from.x) * (segment.to.x - segment.from.x) +
      (point.y - segment.from.y) * (segment.to.y - segment.from.y)) /
    (length * length);
  return distance(point, between(segment, Math.min(1, Math.max(0, along))));
}
