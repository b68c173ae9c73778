/** What changes with the pointer and the cursor: painted on a sheet of its own, so that the picture below stays. */
import type { Operation } from "../../shared/trace/event.ts";
import { traceGlyph } from "./glyphs.ts";
import type { Layout } from "./layout.ts";
import type { Arrow, Mark, Scene } from "./scene.ts";
import type { TimelineTokens } from "./tokens.ts";

export interface OverlayPicture {
  readonly ctx: CanvasRenderingContext2D;
  readonly tokens: TimelineTokens;
  readonly layout: Layout;
  readonly scene: Scene;
  readonly radius: number;
  readonly selected: number | null;
  /** Where the selected event lies, and its sign: drawn here when the filter hides it below. */
  readonly place: { readonly x: number; readonly y: number; readonly op: Operation } | null;
  readonly hoveredMark: Mark | null;
  readonly hoveredArrow: Arrow | null;
  /** Px of the moment that is looked at, with its words. */
  readonly cursor: { readonly x: number; readonly text: string } | null;
  /** Px of the stretch chosen by Shift and drag. */
  readonly span: { readonly x1: number; readonly x2: number; readonly text: string } | null;
  /** Px of now, while the session is live. */
  readonly now: number | null;
}

export function paintOverlay(picture: OverlayPicture): void {
  const { ctx, layout } = picture;
  ctx.clearRect(0, 0, layout.width, layout.height);
  ctx.save();
  ctx.beginPath();
  ctx.rect(layout.gutter, 0, layout.width - layout.gutter, layout.height);
  ctx.clip();
  paintNow(picture);
  paintHovered(picture);
  paintSelected(picture);
  paintSpan(picture);
  paintCursor(picture);
  ctx.restore();
}

function paintNow({ ctx, layout, now, tokens }: OverlayPicture): void {
  if (now === null) return;
  ctx.fillStyle = tokens.ok;
  ctx.globalAlpha = 0.5;
  ctx.fillRect(now, layout.axisBottom, tokens.stroke, layout.height);
  ctx.globalAlpha = 1;
}

function paintHovered({ ctx, hoveredArrow, hoveredMark, radius, tokens }: OverlayPicture): void {
  ctx.strokeStyle = tokens.text;
  ctx.lineWidth = tokens.stroke;
  if (hoveredMark !== null) pill(ctx, hoveredMark, radius * 2);
  if (hoveredArrow === null) return;
  ctx.strokeStyle = tokens[hoveredArrow.op];
  ctx.lineWidth = tokens.stroke * 2;
  ctx.beginPath();
  ctx.moveTo(hoveredArrow.x1, hoveredArrow.y1);
  ctx.lineTo(hoveredArrow.x2, hoveredArrow.y2);
  ctx.stroke();
}

function paintSelected({ ctx, layout, place, radius, scene, selected, tokens }: OverlayPicture): void {
  if (selected === null) return;
  ctx.strokeStyle = tokens.accent;
  ctx.lineWidth = tokens.stroke * 2;
  const mark = scene.marks.find(({ track, start, end }) => holds(track.events, start, end, selected));
  if (mark !== undefined) pill(ctx, mark, radius * 2.2);
  else if (place !== null) {
    circle(ctx, place.x, place.y, radius * 2.2);
    ctx.fillStyle = tokens[place.op];
    ctx.beginPath();
    traceGlyph(ctx, place.op, place.x, place.y, radius);
    ctx.fill();
  }
  const lost = scene.arrows.find((arrow) => arrow.kind === "lost" && arrow.event.id === selected);
  if (lost !== undefined) circle(ctx, lost.x2, lost.y2, radius * 1.7);
  const flag = scene.flags.find((candidate) => candidate.event.id === selected);
  if (flag !== undefined) circle(ctx, flag.x + 2, (layout.axisBottom + layout.top) / 2, radius * 1.7);
}

function holds(events: readonly { readonly id: number }[], start: number, end: number, id: number): boolean {
  for (let index = start; index < end; index++) if (events[index]!.id === id) return true;
  return false;
}

function circle(ctx: CanvasRenderingContext2D, x: number, y: number, r: number): void {
  ctx.beginPath();
  ctx.arc(x, y, r, 0, Math.PI * 2);
  ctx.stroke();
}

function pill(ctx: CanvasRenderingContext2D, { x1, x2, row }: Mark, r: number): void {
  ctx.beginPath();
  ctx.roundRect(x1 - r, row.y - r, x2 - x1 + r * 2, r * 2, r);
  ctx.stroke();
}

function paintSpan({ ctx, layout, span, tokens }: OverlayPicture): void {
  if (span === null) return;
  const [left, right] = [Math.min(span.x1, span.x2), Math.max(span.x1, span.x2)];
  ctx.fillStyle = tokens.accent;
  ctx.globalAlpha = 0.14;
  ctx.fillRect(left, layout.axisBottom, right - left, layout.height);
  ctx.globalAlpha = 1;
  ctx.fillRect(left, layout.axisBottom, tokens.stroke, layout.height);
  ctx.fillRect(right - tokens.stroke, layout.axisBottom, tokens.stroke, layout.height);
  tag(ctx, tokens, span.text, (left + right) / 2, layout.height - tokens.size * 1.4, layout);
}

function paintCursor({ ctx, cursor, layout, tokens }: OverlayPicture): void {
  if (cursor === null) return;
  ctx.fillStyle = tokens.accent;
  ctx.fillRect(cursor.x - tokens.stroke * 0.75, 0, tokens.stroke * 1.5, layout.height);
  tag(ctx, tokens, cursor.text, cursor.x, layout.axisBottom / 2, layout);
}

/** Words on a plate, kept inside the picture. */
function tag(
  ctx: CanvasRenderingContext2D,
  tokens: TimelineTokens,
  words: string,
  x: number,
  y: number,
  layout: Layout,
): void {
  ctx.font = `600 ${tokens.size * 0.82}px ${tokens.mono}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  const half = ctx.measureText(words).width / 2 + tokens.size * 0.5;
  const middle = Math.min(Math.max(x, layout.gutter + half), layout.width - half);
  ctx.fillStyle = tokens.accent;
  ctx.beginPath();
  ctx.roundRect(middle - half, y - tokens.size * 0.75, half * 2, tokens.size * 1.5, tokens.size * 0.3);
  ctx.fill();
  ctx.fillStyle = tokens.surface;
  ctx.fillText(words, middle, y);
}
