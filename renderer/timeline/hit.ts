/** What lies under the pointer. */
import type { RecordedEvent } from "../../shared/trace/event.ts";
import { type Layout, rowAt } from "./layout.ts";
import type { Flag } from "./flags.ts";
import type { Arrow, Mark, Scene } from "./scene.ts";

export type Hit =
  | { readonly kind: "mark"; readonly mark: Mark }
  | { readonly kind: "arrow"; readonly arrow: Arrow }
  | { readonly kind: "flag"; readonly flag: Flag }
  | { readonly kind: "name"; readonly node: string }
  | { readonly kind: "axis" }
  | null;

/** The nearest sign within reach wins, then a loss, then the nearest arrow. */
export function hitAt(scene: Scene, layout: Layout, x: number, y: number, reach: number): Hit {
  if (y < layout.axisBottom) return x < layout.gutter ? null : { kind: "axis" };
  if (x < layout.gutter) {
    const row = rowAt(layout, y);
    return row === null || y < layout.top ? null : { kind: "name", node: row.node };
  }
  if (y < layout.top) {
    const flag = scene.flags.findLast((candidate) => x > candidate.x - reach && x < candidate.x + reach * 2);
    return flag === undefined ? null : { kind: "flag", flag };
  }
  const mark = nearestMark(scene.marks, x, y, reach);
  if (mark !== null) return { kind: "mark", mark };
  const arrow = nearestArrow(scene.arrows, x, y, reach);
  return arrow === null ? null : { kind: "arrow", arrow };
}

function nearestMark(marks: readonly Mark[], x: number, y: number, reach: number): Mark | null {
  let nearest: Mark | null = null;
  let best = reach;
  for (const mark of marks) {
    const dx = Math.max(mark.x1 - x, 0, x - mark.x2);
    const distance = Math.hypot(dx, mark.row.y - y);
    if (distance < best) [nearest, best] = [mark, distance];
  }
  return nearest;
}

function nearestArrow(arrows: readonly Arrow[], x: number, y: number, reach: number): Arrow | null {
  let nearest: Arrow | null = null;
  let best = reach * 0.6;
  for (const arrow of arrows) {
    const died = arrow.kind === "lost" ? Math.hypot(arrow.x2 - x, arrow.y2 - y) * 0.5 : best;
    const distance = Math.min(died, distanceToSegment(x, y, arrow));
    if (distance < best) [nearest, best] = [arrow, distance];
  }
  return nearest;
}

export function distanceToSegment(
  x: number,
  y: number,
  segment: Pick<Arrow, "x1" | "y1" | "x2" | "y2">,
): number {
  const { x1, y1, x2, y2 } = segment;
  const [dx, dy] = [x2 - x1, y2 - y1];
  const squared = dx * dx + dy * dy;
  const share = squared === 0 ? 0 : Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / squared));
  return Math.hypot(x - (x1 + share * dx), y - (y1 + share * dy));
}

/** Which event of a mark a click means: the next one after the selected, so that repeated clicks go through them all. */
export function eventOf(mark: Mark, x: number, selected: number | null): RecordedEvent {
  const { track, start, end } = mark;
  for (let index = start; index < end - 1; index++)
    if (track.events[index]!.id === selected) return track.events[index + 1]!;
  if (mark.x2 - mark.x1 < 4) return track.events[start]!;
  const share = Math.min(1, Math.max(0, (x - mark.x1) / (mark.x2 - mark.x1)));
  return track.events[start + Math.round(share * (end - start - 1))]!;
}
