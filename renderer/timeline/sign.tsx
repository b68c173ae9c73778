import type { Operation } from "../../shared/trace/event.ts";
import { traceGlyph } from "./glyphs.ts";

/** The sign of an operation, in the same shape and colour as on the timeline. */
export function Sign({ op, size = "0.85em" }: { readonly op: Operation; readonly size?: string }) {
  const path = svgPathOf(op);
  return (
    <svg width={size} height={size} viewBox="-6 -6 12 12" aria-hidden="true" style={{ flex: "none" }}>
      <path d={path} fill={`var(--lc-${op})`} />
    </svg>
  );
}

/** The canvas shapes, written as an SVG path. */
function svgPathOf(op: Operation): string {
  const parts: string[] = [];
  const pen = {
    moveTo: (x: number, y: number) => parts.push(`M${x} ${y}`),
    lineTo: (x: number, y: number) => parts.push(`L${x} ${y}`),
    closePath: () => parts.push("Z"),
    rect: (x: number, y: number, width: number, height: number) =>
      parts.push(`M${x} ${y}h${width}v${height}h${-width}Z`),
    arc: (x: number, y: number, r: number) =>
      parts.push(`M${x + r} ${y}A${r} ${r} 0 1 1 ${x - r} ${y}A${r} ${r} 0 1 1 ${x + r} ${y}Z`),
  };
  traceGlyph(pen, op, 0, 0, 5);
  return parts.join("");
}
