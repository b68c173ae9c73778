/** The whole session in one strip: how much happened when, what was broken, what the search found, and what is in sight. */
import { columnPx, mixOf } from "./clusters.ts";
import { spanOf } from "./view.ts";
import type { Band } from "../../shared/trace/bands.ts";
import type { Operation } from "../../shared/trace/event.ts";
import type { History } from "../../shared/trace/history.ts";
import type { TimelineTokens } from "./tokens.ts";
import type { Tracks } from "./tracks.ts";
import type { View } from "./types.ts";

export interface MinimapPicture {
  readonly ctx: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  readonly tokens: TimelineTokens;
  readonly history: History;
  readonly tracks: Tracks;
  readonly bands: readonly Band[];
  readonly matches: ReadonlySet<number>;
  /** The whole axis, and the stretch that is in sight. */
  readonly whole: View;
  readonly view: View;
}

export interface DensityColumn {
  readonly x: number;
  readonly total: number;
  readonly mix: readonly (readonly [Operation, number])[];
}

/** Events of all lanes per column of the strip. */
export function densityOf(tracks: Tracks, whole: View, width: number): readonly DensityColumn[] {
  const columns: DensityColumn[] = [];
  const step = (spanOf(whole) / width) * columnPx;
  const all = [...tracks.all()];
  const starts = all.map((track) => track.indexAt(whole.from));
  for (let x = 0; x < width; x += columnPx) {
    const to = whole.from + (x / columnPx + 1) * step;
    const mix = new Map<Operation, number>();
    let total = 0;
    all.forEach((track, index) => {
      const end = track.indexAt(to);
      for (const [op, count] of mixOf(track, starts[index]!, end)) mix.set(op, (mix.get(op) ?? 0) + count);
      total += end - starts[index]!;
      starts[index] = end;
    });
    if (total > 0) columns.push({ x, total, mix: [...mix] });
  }
  return columns;
}

export function paintMinimap(picture: MinimapPicture): void {
  const { ctx, width, height, tokens, tracks, whole } = picture;
  ctx.fillStyle = tokens.surface2;
  ctx.fillRect(0, 0, width, height);
  const bandTop = height - Math.max(5, tokens.size * 0.5);
  paintFaults(picture, bandTop);
  const columns = densityOf(tracks, whole, width);
  const most = Math.max(1, ...columns.map((column) => column.total));
  const room = bandTop - 5;
  for (const column of columns) {
    const top = Math.max(1.5, Math.sqrt(column.total / most) * room);
    let y = bandTop - 1;
    for (const [op, count] of column.mix) {
      const part = (count / column.total) * top;
      ctx.fillStyle = tokens[op];
      ctx.globalAlpha = op === "internal" || op === "membership" ? 0.45 : 0.85;
      ctx.fillRect(column.x, y - part, columnPx - 0.6, part);
      y -= part;
    }
  }
  ctx.globalAlpha = 1;
  paintMatches(picture);
  paintViewport(picture);
}

/** Partitions over the full height; what befell single nodes as a line of marks at the foot. */
function paintFaults(
  { bands, ctx, height, history, tokens, tracks, whole, width }: MinimapPicture,
  top: number,
): void {
  const [lane] = history.lanes;
  for (const band of bands) {
    const node = "node" in band ? band.node : lane;
    if (node === undefined) continue;
    const px = (at: number) => ((tracks.xOfTime(node, at) - whole.from) / spanOf(whole)) * width;
    const left = px(band.from);
    const right = Math.max(left + 2, band.to === null ? width : px(band.to));
    if (band.kind === "partition") {
      ctx.fillStyle = tokens.cut;
      ctx.globalAlpha = 0.2;
      ctx.fillRect(left, 0, right - left, height);
      ctx.globalAlpha = 0.8;
      ctx.fillRect(left, 0, right - left, 3);
      ctx.globalAlpha = 1;
    } else {
      ctx.fillStyle =
        band.kind === "down" ? tokens.dead : band.kind === "paused" ? tokens.suspect : tokens.warning;
      if (band.kind === "restart") ctx.fillStyle = band.clock === "restored" ? tokens.ok : tokens.warning;
      ctx.globalAlpha = 0.85;
      ctx.fillRect(left, top, right - left, height - top);
      ctx.globalAlpha = 1;
    }
  }
}

const matchesMax = 2_000;

function paintMatches({ ctx, history, matches, tokens, tracks, whole, width }: MinimapPicture): void {
  ctx.fillStyle = tokens.accent;
  let painted = 0;
  for (const id of matches) {
    if ((painted += 1) > matchesMax) return;
    const event = history.event(id);
    if (event === undefined) continue;
    const x = ((tracks.xOf(event) - whole.from) / spanOf(whole)) * width;
    ctx.fillRect(x - 0.75, 0, 1.5, 6);
  }
}

function paintViewport({ ctx, height, tokens, view, whole, width }: MinimapPicture): void {
  const left = Math.max(0, ((view.from - whole.from) / spanOf(whole)) * width);
  const right = Math.min(width, Math.max(left + 6, ((view.to - whole.from) / spanOf(whole)) * width));
  ctx.fillStyle = tokens.bg;
  ctx.globalAlpha = 0.55;
  ctx.fillRect(0, 0, left, height);
  ctx.fillRect(right, 0, width - right, height);
  ctx.globalAlpha = 1;
  ctx.strokeStyle = tokens.accent;
  ctx.lineWidth = tokens.stroke;
  ctx.strokeRect(left + 0.75, 0.75, Math.max(4, right - left - 1.5), height - 1.5);
}
