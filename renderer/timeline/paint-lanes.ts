/** What lies under the events: partitions, the light cone, beliefs, and the lanes with what their nodes went through. */
import type { NodeId } from "../../shared/ids.ts";
import type { Band } from "../../shared/trace/bands.ts";
import type { MemberStatus } from "../../shared/trace/names.ts";
import { paintSkull } from "./glyphs.ts";
import { type PartitionBand, type Row, sideOf, stripesMax } from "./layout.ts";
import type { Picture } from "./paint.ts";
import type { TimelineTokens } from "./tokens.ts";
import { pxOf } from "./view.ts";

type DownBand = Extract<Band, { kind: "down" }>;
type RestartBand = Extract<Band, { kind: "restart" }>;

/** Px of a moment in a lane; open ends reach to now. */
function pxOfTime({ layout, view, tracks, now }: Picture, node: NodeId, at: number | null): number {
  return layout.gutter + pxOf(view, layout.width - layout.gutter, tracks.xOfTime(node, at ?? now));
}

function stretch(picture: Picture, band: Band, node: NodeId): readonly [number, number] | null {
  const { layout } = picture;
  const left = pxOfTime(picture, node, band.from);
  const right = band.to === null ? endOfLane(picture, node) : pxOfTime(picture, node, band.to);
  if (right < layout.gutter || left > layout.width) return null;
  return [Math.max(left, layout.gutter - 20), Math.min(Math.max(right, left + 2), layout.width + 20)];
}

/** Where a lane ends now. On axes 2 and 3: after its last event. */
function endOfLane(picture: Picture, node: NodeId): number {
  return pxOfTime(picture, node, null);
}

export function paintBands(picture: Picture): void {
  for (const band of picture.bands) if (band.kind === "partition") paintPartition(picture, band);
}

function paintPartition(picture: Picture, band: PartitionBand): void {
  const { ctx, layout, tokens } = picture;
  let previous: { row: Row; side: number; span: readonly [number, number] } | null = null;
  for (const row of layout.rows) {
    const span = stretch(picture, band, row.node);
    const side = sideOf(band.groups, row.node);
    if (span !== null) {
      ctx.globalAlpha = side % 2 === 0 ? 0.1 : 0.045;
      ctx.fillStyle = tokens.cut;
      ctx.fillRect(span[0], row.top, span[1] - span[0], row.bottom - row.top);
      ctx.globalAlpha = 0.55;
      ctx.fillRect(span[0], row.top, tokens.stroke, row.bottom - row.top);
      if (band.to !== null)
        ctx.fillRect(span[1] - tokens.stroke, row.top, tokens.stroke, row.bottom - row.top);
      ctx.globalAlpha = 1;
      if (previous !== null && previous.side !== side) {
        const left = Math.min(span[0], previous.span[0]);
        paintCut(ctx, tokens, left, Math.max(span[1], previous.span[1]), row.top);
      }
      previous = { row, side, span };
    }
  }
}

/** The cut itself: a torn line between the sides. */
function paintCut(
  ctx: CanvasRenderingContext2D,
  tokens: TimelineTokens,
  left: number,
  right: number,
  y: number,
): void {
  const tooth = tokens.size * 0.42;
  ctx.strokeStyle = tokens.cut;
  ctx.lineWidth = tokens.stroke * 1.2;
  ctx.lineJoin = "miter";
  ctx.beginPath();
  ctx.moveTo(left, y);
  let up = true;
  for (let x = left; x < right; x += tooth) {
    ctx.lineTo(Math.min(x + tooth, right), y + (up ? -tooth : tooth) * 0.42);
    up = !up;
  }
  ctx.stroke();
}

/** The light cone of the selected event: its past to the left, its future to the right, shaded over the lanes. */
export function paintCone({ ctx, layout, scene, tokens }: Picture): void {
  const { cone } = scene;
  if (cone === null) return;
  const edges = layout.rows.map((row) => ({ row, bounds: cone.get(row.node) }));
  ctx.fillStyle = tokens.accent;
  ctx.strokeStyle = tokens.accent;
  ctx.lineWidth = tokens.stroke * 0.6;
  for (const side of ["past", "future"] as const) {
    const far = side === "past" ? layout.gutter - 40 : layout.width + 40;
    ctx.beginPath();
    ctx.moveTo(far, layout.rows[0]?.top ?? 0);
    edges.forEach(({ row, bounds }, index) => {
      const x = clampPx(bounds?.[side] ?? far, layout.gutter - 40, layout.width + 40);
      if (index === 0) ctx.lineTo(x, row.top);
      ctx.lineTo(x, row.y);
      if (index === edges.length - 1) ctx.lineTo(x, row.bottom);
    });
    ctx.lineTo(far, layout.rows.at(-1)?.bottom ?? 0);
    ctx.closePath();
    ctx.globalAlpha = 0.1;
    ctx.fill();
    ctx.globalAlpha = 0.5;
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
}

const clampPx = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);

const severity: Record<MemberStatus, number> = { alive: 0, left: 1, suspect: 2, dead: 3 };

/** One thin line per observer. Alive is a hair line, suspicion is dashed, death is thick: not by colour alone. */
export function paintStripes(picture: Picture): void {
  const { layout, lanes } = picture;
  for (const row of layout.rows) {
    const observers = lanes.filter((node) => node !== row.node);
    if (observers.length > stripesMax) paintWorst(picture, row, observers);
    else
      observers.forEach((observer, index) =>
        paintStripe(picture, row, observer, row.stripeTop + index * row.stripeStep + row.stripeStep / 2),
      );
  }
}

function paintStripe(picture: Picture, row: Row, observer: NodeId, y: number, onlyBad = false): void {
  const { beliefs, ctx, layout, tokens } = picture;
  const changes = beliefs.of(row.node, observer);
  for (let index = 0; index < changes.length; index++) {
    const { at, status } = changes[index]!;
    if (onlyBad && severity[status] < 2) continue;
    const left = pxOfTime(picture, row.node, at);
    const next = changes[index + 1];
    const right = next === undefined ? endOfLane(picture, row.node) : pxOfTime(picture, row.node, next.at);
    if (right < layout.gutter || left > layout.width || right <= left) continue;
    ctx.strokeStyle = tokens[status];
    ctx.globalAlpha = status === "alive" ? 0.4 : 1;
    ctx.lineWidth = status === "alive" ? 1 : Math.max(1.5, row.stripeStep * 0.72);
    ctx.setLineDash(status === "suspect" ? [4, 2.5] : status === "left" ? [1, 2] : []);
    ctx.beginPath();
    ctx.moveTo(Math.max(left, layout.gutter - 10), y);
    ctx.lineTo(Math.min(right, layout.width + 10), y);
    ctx.stroke();
  }
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
}

function paintWorst(picture: Picture, row: Row, observers: readonly NodeId[]): void {
  const y = row.stripeTop + row.stripeStep / 2;
  for (const observer of observers) paintStripe(picture, row, observer, y, true);
}

export function paintLanes(picture: Picture): void {
  const { ctx, layout, tokens, tracks, selection } = picture;
  for (const row of layout.rows) {
    const own = picture.bands.filter((band) => "node" in band && band.node === row.node);
    const isSelected = selection?.kind === "node" && selection.node === row.node;
    if (isSelected) {
      ctx.fillStyle = tokens.accent;
      ctx.globalAlpha = 0.09;
      ctx.fillRect(layout.gutter, row.top, layout.width, row.bottom - row.top);
      ctx.globalAlpha = 1;
    }
    const first = tracks.of(row.node)?.events[0];
    const begin = first === undefined ? layout.width : pxOfTime(picture, row.node, first.at);
    const end = first === undefined ? layout.width : endOfLane(picture, row.node);
    ctx.lineWidth = tokens.stroke;
    ctx.strokeStyle = tokens.text3;
    solidParts(picture, row, own, begin, end);
    for (const band of own) paintState(picture, row, band);
  }
}

/** The lane is a line where its node lived: not before its first event, not while it was down or paused. */
function solidParts(picture: Picture, row: Row, own: readonly Band[], begin: number, end: number): void {
  const { ctx, layout } = picture;
  const holes = own
    .filter((band) => band.kind === "down" || band.kind === "paused")
    .map((band) => stretch(picture, band, row.node))
    .filter((span) => span !== null)
    .sort((a, b) => a[0] - b[0]);
  let x = Math.max(begin, layout.gutter - 10);
  ctx.beginPath();
  for (const [left, right] of [...holes, [end, end] as const]) {
    if (left > x) {
      ctx.moveTo(x, row.y);
      ctx.lineTo(Math.min(left, layout.width + 10), row.y);
    }
    x = Math.max(x, right);
  }
  ctx.stroke();
}

function paintState(picture: Picture, row: Row, band: Band): void {
  const span = stretch(picture, band, row.node);
  if (span === null) return;
  if (band.kind === "paused") paintPause(picture, row, span);
  else if (band.kind === "down") paintDown(picture, row, band, span);
  else if (band.kind === "restart") paintNotch(picture, row, span[0], band);
}

function paintPause({ ctx, tokens }: Picture, row: Row, [left, right]: readonly [number, number]): void {
  const half = tokens.size * 0.42;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, row.y - half, right - left, half * 2);
  ctx.clip();
  ctx.strokeStyle = tokens.suspect;
  ctx.lineWidth = tokens.stroke * 0.8;
  ctx.beginPath();
  const step = half * 1.1;
  const start = Math.floor(left / step) * step - half * 2;
  for (let x = start; x < right; x += step) {
    ctx.moveTo(x, row.y + half);
    ctx.lineTo(x + half * 2, row.y - half);
  }
  ctx.stroke();
  ctx.restore();
  ctx.strokeStyle = tokens.suspect;
  ctx.lineWidth = tokens.stroke;
  ctx.strokeRect(left, row.y - half, right - left, half * 2);
  caption(ctx, tokens, "paused", left, right, row.y - half - tokens.size * 0.4, tokens.suspect);
}

function paintDown(
  { ctx, tokens }: Picture,
  row: Row,
  band: DownBand,
  [left, right]: readonly [number, number],
): void {
  const isViolent = band.how === "killed" || band.how === "failed";
  const r = tokens.size * 0.62;
  ctx.fillStyle = tokens.dead;
  ctx.globalAlpha = isViolent ? 0.08 : 0.04;
  ctx.fillRect(left, row.top, right - left, row.bottom - row.top);
  ctx.globalAlpha = 1;
  ctx.strokeStyle = isViolent ? tokens.dead : tokens.left;
  ctx.lineWidth = tokens.stroke;
  ctx.beginPath();
  ctx.moveTo(left, row.y - r);
  ctx.lineTo(left, row.y + r);
  ctx.stroke();
  if (right - left < r * 2.6) return;
  if (isViolent) paintSkull(ctx, left + r * 1.45, row.y, r, tokens.dead, tokens.surface);
  const x = isViolent ? left + r * 2.8 : left + r * 0.6;
  caption(ctx, tokens, band.how, x, right, row.y + tokens.size * 0.3, isViolent ? tokens.dead : tokens.left);
}

const clockWords = {
  restored: "clock restored",
  lost: "clock lost",
  new: "without a clock",
} as const;

/** What a node came back with: "clock lost, 12 keys kept". */
export function notchText({ clock, keys }: Pick<RestartBand, "clock" | "keys">): string {
  const data = keys === 0 ? "no data" : `${keys} ${keys === 1 ? "key" : "keys"} kept`;
  return `${clockWords[clock]}, ${data}`;
}

/** Where a notch's words begin, seen from the lane's place x. */
export const notchTextAt = (tokens: TimelineTokens) => ({
  x: tokens.size * 0.77,
  y: -tokens.size * 1.02,
  font: `600 ${tokens.size * 0.8}px ${tokens.font}`,
});

function paintNotch({ ctx, tokens }: Picture, row: Row, x: number, band: RestartBand): void {
  const isGood = band.clock === "restored";
  const r = tokens.size * 0.55;
  const colour = isGood ? tokens.ok : tokens.warning;
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.lineWidth = tokens.stroke * 1.3;
  ctx.beginPath();
  ctx.moveTo(x, row.y - r * 1.5);
  ctx.lineTo(x, row.y + r * 1.5);
  ctx.stroke();
  ctx.beginPath();
  ctx.moveTo(x, row.y - r * 1.6);
  ctx.lineTo(x + r, row.y - r * 2.2);
  ctx.lineTo(x, row.y - r * 2.8);
  if (isGood) ctx.fill();
  else {
    ctx.closePath();
    ctx.stroke();
  }
  const at = notchTextAt(tokens);
  caption(ctx, tokens, notchText(band), x + at.x, x + tokens.size * 40, row.y + at.y, colour);
}

/** A word in its colour where there is room for it. */
function caption(
  ctx: CanvasRenderingContext2D,
  tokens: TimelineTokens,
  word: string,
  left: number,
  right: number,
  y: number,
  colour: string,
): void {
  ctx.font = `600 ${tokens.size * 0.8}px ${tokens.font}`;
  if (ctx.measureText(word).width > right - left) return;
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  ctx.lineJoin = "round";
  ctx.lineWidth = tokens.stroke * 2.4;
  ctx.strokeStyle = tokens.surface;
  ctx.strokeText(word, left, y);
  ctx.fillStyle = colour;
  ctx.fillText(word, left, y);
}
