/** The shapes of the signs, as paths around a centre. Each operation has its own, so that colour is never the only sign. */
import type { Operation } from "../../shared/trace/event.ts";

type Pen = Pick<Path2D, "moveTo" | "lineTo" | "closePath" | "arc" | "rect">;

function polygon(pen: Pen, points: readonly (readonly [number, number])[]): void {
  points.forEach(([x, y], index) => (index === 0 ? pen.moveTo(x, y) : pen.lineTo(x, y)));
  pen.closePath();
}

/** All shapes cover about the same area, so that none looks more important. */
export function traceGlyph(pen: Pen, op: Operation, x: number, y: number, radius: number): void {
  const r = radius;
  switch (op) {
    case "put":
      return polygon(pen, [
        [x, y - r * 1.2],
        [x + r * 1.12, y + r * 0.84],
        [x - r * 1.12, y + r * 0.84],
      ]);
    case "delete":
      return polygon(pen, [
        [x, y + r * 1.2],
        [x + r * 1.12, y - r * 0.84],
        [x - r * 1.12, y - r * 0.84],
      ]);
    case "get":
      pen.moveTo(x + r * 0.92, y);
      return pen.arc(x, y, r * 0.92, 0, Math.PI * 2);
    case "internal":
      return polygon(pen, [
        [x, y - r * 1.02],
        [x + r * 1.02, y],
        [x, y + r * 1.02],
        [x - r * 1.02, y],
      ]);
    case "membership":
      return pen.rect(x - r * 0.78, y - r * 0.78, r * 1.56, r * 1.56);
    case "consensus":
      return polygon(
        pen,
        [0, 1, 2, 3, 4, 5].map((corner) => {
          const angle = (corner * Math.PI) / 3;
          return [x + r * 1.02 * Math.cos(angle), y + r * 1.02 * Math.sin(angle)];
        }),
      );
    case "lab":
      return polygon(pen, [
        [x, y - r],
        [x + r * 1.5, y - r * 0.45],
        [x, y + r * 0.1],
      ]);
    default:
      return op satisfies never;
  }
}

export function traceArrowHead(
  pen: Pen,
  x: number,
  y: number,
  angle: number,
  length: number,
  spread = 0.42,
): void {
  pen.moveTo(x, y);
  pen.lineTo(x - length * Math.cos(angle - spread), y - length * Math.sin(angle - spread));
  pen.lineTo(x - length * Math.cos(angle + spread), y - length * Math.sin(angle + spread));
  pen.closePath();
}

/** ✕ */
export function traceCross(pen: Pen, x: number, y: number, r: number): void {
  pen.moveTo(x - r, y - r);
  pen.lineTo(x + r, y + r);
  pen.moveTo(x + r, y - r);
  pen.lineTo(x - r, y + r);
}

/** A skull: cranium and jaw in `ink`, the eyes in `eyes`. */
export function paintSkull(
  ctx: CanvasRenderingContext2D,
  x: number,
  y: number,
  r: number,
  ink: string,
  eyes: string,
): void {
  ctx.fillStyle = ink;
  ctx.beginPath();
  ctx.arc(x, y - r * 0.18, r * 0.86, 0, Math.PI * 2);
  ctx.rect(x - r * 0.48, y + r * 0.3, r * 0.96, r * 0.66);
  ctx.fill();
  ctx.fillStyle = eyes;
  ctx.beginPath();
  ctx.arc(x - r * 0.34, y - r * 0.08, r * 0.23, 0, Math.PI * 2);
  ctx.arc(x + r * 0.34, y - r * 0.08, r * 0.23, 0, Math.PI * 2);
  ctx.rect(x - r * 0.24, y + r * 0.62, r * 0.12, r * 0.34);
  ctx.rect(x + r * 0.12, y + r * 0.62, r * 0.12, r * 0.34);
  ctx.fill();
}
