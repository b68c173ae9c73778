/** The frame around the lanes: the axis above, the lab's flags below it, the names on the left. */
import { traceGlyph } from "./glyphs.ts";
import { sideOf, partitionIn } from "./layout.ts";
import type { Picture } from "./paint.ts";
import { pxOf } from "./view.ts";

export function paintAxis({ ctx, layout, ticks, tokens, view }: Picture): void {
  ctx.fillStyle = tokens.surface2;
  ctx.fillRect(0, 0, layout.width, layout.axisBottom);
  ctx.fillStyle = tokens.line;
  ctx.fillRect(0, layout.axisBottom - 1, layout.width, 1);
  ctx.font = `500 ${tokens.size * 0.82}px ${tokens.mono}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  for (const { value, label } of ticks) {
    const x = Math.round(layout.gutter + pxOf(view, layout.width - layout.gutter, value)) + 0.5;
    if (x < layout.gutter) continue;
    ctx.fillStyle = tokens.line;
    ctx.fillRect(x - 0.5, layout.axisBottom - 5, 1, 5);
    if (x < layout.gutter + tokens.size * 2) continue;
    ctx.fillStyle = tokens.text2;
    ctx.fillText(label, x, layout.axisBottom / 2);
  }
}

export function paintGrid({ ctx, layout, ticks, tokens, view }: Picture): void {
  ctx.fillStyle = tokens.line;
  ctx.globalAlpha = 0.45;
  for (const { value } of ticks) {
    const x = Math.round(layout.gutter + pxOf(view, layout.width - layout.gutter, value));
    ctx.fillRect(x, layout.axisBottom, 1, layout.height);
  }
  ctx.globalAlpha = 1;
}

/** A pole through all lanes, a flag at its top, and its words where they do not run into the next. */
export function paintFlags({ ctx, layout, scene, tokens, selection }: Picture): void {
  const y = (layout.axisBottom + layout.top) / 2;
  const r = tokens.size * 0.46;
  ctx.save();
  ctx.beginPath();
  ctx.rect(layout.gutter, layout.axisBottom, layout.width, layout.height);
  ctx.clip();
  ctx.font = `550 ${tokens.size * 0.82}px ${tokens.font}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  scene.flags.forEach((flag, index) => {
    const isSelected = selection?.kind === "event" && selection.id === flag.event.id;
    ctx.fillStyle = isSelected ? tokens.accent : tokens.lab;
    ctx.globalAlpha = isSelected ? 1 : 0.3;
    ctx.fillRect(flag.x - tokens.stroke / 2, layout.axisBottom, tokens.stroke, layout.height);
    ctx.globalAlpha = 1;
    ctx.beginPath();
    traceGlyph(ctx, "lab", flag.x, y + r * 0.45, r);
    ctx.fill();
    const next = scene.flags[index + 1]?.x ?? layout.width;
    const left = flag.x + r * 1.9;
    const words = flag.more === 0 ? flag.text : `${flag.text} +${flag.more}`;
    if (left + ctx.measureText(words).width < next - 4) ctx.fillText(words, left, y);
  });
  ctx.restore();
}

export function paintGutter(picture: Picture): void {
  const { bands, ctx, layout, now, selection, tokens, tracks, view } = picture;
  ctx.fillStyle = tokens.surface;
  ctx.fillRect(0, layout.axisBottom, layout.gutter, layout.height);
  ctx.fillStyle = tokens.surface2;
  ctx.fillRect(0, 0, layout.gutter, layout.axisBottom - 1);
  ctx.fillStyle = tokens.line;
  ctx.fillRect(layout.gutter - 1, 0, 1, layout.height);
  const partition = partitionIn(bands, tracks.timeAt(view.from), Math.min(now, tracks.timeAt(view.to)));
  const em = tokens.size;
  for (const [index, row] of layout.rows.entries()) {
    if (row.bottom < layout.top || row.top > layout.height) continue;
    ctx.save();
    ctx.beginPath();
    ctx.rect(0, layout.top, layout.gutter, layout.height);
    ctx.clip();
    if (index > 0) {
      ctx.fillStyle = tokens.line;
      ctx.fillRect(0, Math.round(row.top), layout.gutter, 1);
    }
    const side = partition === null ? -1 : sideOf(partition.groups, row.node);
    if (side >= 0) {
      ctx.fillStyle = tokens.cut;
      ctx.globalAlpha = side % 2 === 0 ? 1 : 0.45;
      ctx.fillRect(0, row.top, tokens.stroke * 2, row.bottom - row.top);
      ctx.globalAlpha = 1;
    }
    const isSelected = selection?.kind === "node" && selection.node === row.node;
    ctx.fillStyle = isSelected ? tokens.accent : tokens.text;
    ctx.font = `600 ${em}px ${tokens.font}`;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.fillText(row.node, em * 0.9, row.y, layout.gutter - em * 1.5);
    paintStatus(picture, row.node, row.y + em * 1.25, row.stripeTop);
    ctx.restore();
  }
}

/** Below the name: how the node is at the right end of the view, when it is not simply running. */
function paintStatus(
  { bands, ctx, tokens, tracks, view }: Picture,
  node: string,
  y: number,
  limit: number,
): void {
  if (y + tokens.size * 0.4 > limit) return;
  const at = tracks.timeAt(view.to);
  const state = bands.findLast(
    (band) =>
      (band.kind === "down" || band.kind === "paused") &&
      band.node === node &&
      band.from <= at &&
      (band.to === null || band.to > at),
  );
  if (state === undefined) return;
  const word = state.kind === "down" ? state.how : "paused";
  ctx.font = `600 ${tokens.size * 0.8}px ${tokens.font}`;
  ctx.fillStyle = word === "paused" ? tokens.suspect : word === "stopped" ? tokens.left : tokens.dead;
  ctx.fillText(word, tokens.size * 0.9, y);
}
