/** Paints a scene: lanes and what lasts first, then messages, then events, the frame last. */
import type { NodeId, TimeMs } from "../../shared/ids.ts";
import type { Band } from "../../shared/trace/bands.ts";
import { mixOf, columnPx } from "./clusters.ts";
import { traceArrowHead, traceCross, traceGlyph } from "./glyphs.ts";
import type { Layout } from "./layout.ts";
import { paintAxis, paintFlags, paintGrid, paintGutter } from "./paint-frame.ts";
import { paintLabels } from "./paint-labels.ts";
import { paintBands, paintCone, paintLanes, paintStripes } from "./paint-lanes.ts";
import type { Arrow, Mark, Scene, Standing } from "./scene.ts";
import type { BeliefIndex } from "./belief-index.ts";
import type { Tick } from "./ticks.ts";
import type { TimelineTokens } from "./tokens.ts";
import type { Tracks } from "./tracks.ts";
import type { TimelineSelection, View } from "./types.ts";

export interface Picture {
  readonly ctx: CanvasRenderingContext2D;
  readonly tokens: TimelineTokens;
  readonly layout: Layout;
  readonly view: View;
  readonly scene: Scene;
  readonly tracks: Tracks;
  readonly bands: readonly Band[];
  readonly beliefs: BeliefIndex;
  readonly ticks: readonly Tick[];
  /** Where time has got to: lanes are drawn up to here. */
  readonly now: TimeMs;
  readonly radius: number;
  readonly selection: TimelineSelection | null;
  readonly lanes: readonly NodeId[];
}

const dimmed = 0.28;

export function paintScene(picture: Picture): void {
  const { ctx, layout, tokens } = picture;
  ctx.fillStyle = tokens.surface;
  ctx.fillRect(0, 0, layout.width, layout.height);
  ctx.save();
  ctx.beginPath();
  ctx.rect(layout.gutter, layout.top, layout.width - layout.gutter, layout.height - layout.top);
  ctx.clip();
  paintGrid(picture);
  paintBands(picture);
  paintCone(picture);
  paintStripes(picture);
  paintLanes(picture);
  paintColumns(picture);
  paintArrows(picture);
  paintMarks(picture);
  paintLabels(picture);
  ctx.restore();
  paintAxis(picture);
  paintFlags(picture);
  paintGutter(picture);
}

function paintColumns({ ctx, scene, tokens, radius }: Picture): void {
  for (const { row, track, columns } of scene.columns) {
    const room = (row.stripeTop - row.top) * 0.38;
    const most = Math.max(1, ...columns.map((column) => column.end - column.start));
    for (const column of columns) {
      const count = column.end - column.start;
      // Square root: a column four times as full is twice as high, so single events stay visible beside bursts.
      const half = Math.max(radius * 0.35, Math.sqrt(count / most) * room);
      let y = row.y - half;
      for (const [op, part] of mixOf(track, column.start, column.end)) {
        const height = (part / count) * half * 2;
        ctx.fillStyle = tokens[op];
        ctx.fillRect(column.x, y, columnPx - 0.6, height);
        y += height;
      }
    }
  }
}

function strengthOf(standing: Standing): number {
  return standing === "concurrent" ? dimmed : 1;
}

function paintArrows({ ctx, scene, tokens, radius, selection }: Picture): void {
  const crowd = Math.max(0.32, 0.8 - scene.arrows.length / 900);
  for (const arrow of scene.arrows) {
    const isTouched = arrow.isSelected || (selection?.kind === "event" && arrow.event.id === selection.id);
    const isCone = arrow.standing === "past" || arrow.standing === "future";
    ctx.globalAlpha = isTouched ? 1 : (isCone ? Math.max(crowd, 0.75) : crowd) * strengthOf(arrow.standing);
    ctx.lineWidth = tokens.stroke * (isTouched ? 1.9 : isCone ? 1.15 : 0.85);
    paintArrow(ctx, arrow, tokens, radius);
  }
  ctx.globalAlpha = 1;
  ctx.setLineDash([]);
}

function paintArrow(
  ctx: CanvasRenderingContext2D,
  arrow: Arrow,
  tokens: TimelineTokens,
  radius: number,
): void {
  const { x1, y1, x2, y2, kind } = arrow;
  const angle = Math.atan2(y2 - y1, x2 - x1);
  const length = Math.hypot(x2 - x1, y2 - y1);
  const tip = kind === "lost" || kind === "open" ? 0 : radius * 1.05;
  if (length < 2 && y1 === y2) return;
  ctx.strokeStyle = tokens[arrow.op];
  ctx.fillStyle = tokens[arrow.op];
  ctx.setLineDash(kind === "again" ? [radius, radius * 0.7] : kind === "open" ? [2, 3] : []);
  ctx.beginPath();
  if (y1 === y2) {
    // A message of a node to itself.
    ctx.moveTo(x1, y1);
    ctx.bezierCurveTo(x1, y1 - radius * 4, x2, y2 - radius * 4, x2, y2 - tip);
  } else {
    ctx.moveTo(x1, y1);
    ctx.lineTo(x2 - Math.cos(angle) * tip, y2 - Math.sin(angle) * tip);
  }
  ctx.stroke();
  if (kind === "arrived" || kind === "again") {
    const heading = y1 === y2 ? Math.PI / 2 : angle;
    const at = { x: x2 - Math.cos(heading) * tip, y: y2 - Math.sin(heading) * tip };
    ctx.setLineDash([]);
    ctx.beginPath();
    traceArrowHead(ctx, at.x, at.y, heading, radius * 1.25);
    if (kind === "arrived") ctx.fill();
    else ctx.stroke();
  } else if (kind === "lost") {
    ctx.strokeStyle = tokens.danger;
    ctx.lineWidth *= 1.7;
    ctx.beginPath();
    traceCross(ctx, x2, y2, radius * 0.62);
    ctx.stroke();
  }
}

function paintMarks(picture: Picture): void {
  const { ctx, scene, tokens, radius } = picture;
  const groups = new Map<string, Mark[]>();
  for (const mark of scene.marks) {
    const name = `${mark.op} ${mark.standing === "concurrent" ? "dotted" : "full"}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [mark]);
    else group.push(mark);
  }
  for (const group of groups.values()) paintGroup(picture, group);
  for (const mark of scene.marks) {
    if (mark.standing === "past" || mark.standing === "future") paintEdge(ctx, mark, tokens, radius);
    if (mark.isWarned) paintCorner(ctx, mark, tokens, radius);
    if (mark.isConflict) ring(ctx, mark, tokens.warning, tokens.stroke * 1.2, radius * 1.9);
    if (mark.isMatch) ring(ctx, mark, tokens.accent, tokens.stroke, radius * 2.3);
    if (mark.isKey) ring(ctx, mark, tokens.accent, tokens.stroke * 0.8, radius * 1.75);
  }
}

/** Marks of one colour and one style share a path: a frame of thousands stays within its time. */
function paintGroup({ ctx, tokens, radius }: Picture, group: readonly Mark[]): void {
  const colour = tokens[group[0]!.op];
  const isDotted = group[0]!.standing === "concurrent";
  ctx.beginPath();
  for (const mark of group) {
    if (mark.x2 - mark.x1 < 1) continue;
    // A burst: its stretch as a bar behind the sign.
    ctx.roundRect(
      mark.x1 - radius * 0.8,
      mark.row.y - radius * 0.5,
      mark.x2 - mark.x1 + radius * 1.6,
      radius,
      radius * 0.5,
    );
  }
  ctx.globalAlpha = isDotted ? 0.15 : 0.38;
  ctx.fillStyle = colour;
  ctx.fill();
  ctx.beginPath();
  for (const mark of group) traceGlyph(ctx, mark.op, mark.x, mark.row.y, sizeOf(mark, radius));
  ctx.globalAlpha = 1;
  ctx.lineJoin = "round";
  if (isDotted) {
    ctx.fillStyle = tokens.surface;
    ctx.fill();
    ctx.globalAlpha = 0.62;
    ctx.setLineDash([1.5, 2.2]);
    ctx.lineWidth = tokens.stroke * 0.9;
    ctx.strokeStyle = colour;
    ctx.stroke();
    ctx.setLineDash([]);
  } else {
    // A rim in the colour of the ground sets signs off from the lines they lie on.
    ctx.strokeStyle = tokens.surface;
    ctx.lineWidth = tokens.stroke * 1.8;
    ctx.stroke();
    ctx.fillStyle = colour;
    ctx.fill();
  }
  ctx.globalAlpha = 1;
}

/** A mark of many events is a little larger. */
function sizeOf(mark: Mark, radius: number): number {
  const count = mark.end - mark.start;
  return count === 1 ? radius : radius * (1.08 + Math.min(0.4, Math.log10(count) * 0.2));
}

/** The past has an edge on its left, the future on its right: the sides from which they see the selection. */
function paintEdge(ctx: CanvasRenderingContext2D, mark: Mark, tokens: TimelineTokens, radius: number): void {
  const x = mark.standing === "past" ? mark.x1 - radius * 1.7 : mark.x2 + radius * 1.7;
  ctx.fillStyle = tokens.accent;
  ctx.fillRect(x - tokens.stroke * 0.6, mark.row.y - radius * 0.95, tokens.stroke * 1.2, radius * 1.9);
}

/** The corner of an event whose clock is wrong. */
function paintCorner(
  ctx: CanvasRenderingContext2D,
  mark: Mark,
  tokens: TimelineTokens,
  radius: number,
): void {
  const [x, y] = [mark.x + radius * 0.7, mark.row.y - radius * 0.7];
  ctx.fillStyle = tokens.warning;
  ctx.strokeStyle = tokens.surface;
  ctx.lineWidth = tokens.stroke;
  ctx.beginPath();
  ctx.moveTo(x - radius * 0.2, y - radius * 1.1);
  ctx.lineTo(x + radius * 1.1, y - radius * 1.1);
  ctx.lineTo(x + radius * 1.1, y + radius * 0.2);
  ctx.closePath();
  ctx.stroke();
  ctx.fill();
}

function ring(ctx: CanvasRenderingContext2D, mark: Mark, colour: string, width: number, r: number): void {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.beginPath();
  ctx.roundRect(mark.x1 - r, mark.row.y - r, mark.x2 - mark.x1 + r * 2, r * 2, r);
  ctx.stroke();
}
