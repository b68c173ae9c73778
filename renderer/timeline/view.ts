/** The visible stretch of the axis: every way to move it, as functions from one view to the next. */
import type { View } from "./types.ts";

/** What there is to see, and how near one may go. */
export interface Limits extends View {
  readonly spanMin: number;
}

const room = 0.04;

export const spanOf = (view: View) => view.to - view.from;

export function pxOf(view: View, width: number, value: number): number {
  return ((value - view.from) / spanOf(view)) * width;
}

export function valueAt(view: View, width: number, px: number): number {
  return view.from + (px / width) * spanOf(view);
}

/** Everything, with a little air on both sides. */
export function fitView(limits: Limits): View {
  const span = Math.max(limits.to - limits.from, limits.spanMin);
  const air = span * room;
  return { from: limits.from - air, to: limits.from + span + air };
}

/** Keeps the span between the nearest and the widest, and some of what there is in sight. */
export function clampView(view: View, limits: Limits): View {
  const whole = spanOf(fitView(limits));
  const span = Math.min(Math.max(spanOf(view), limits.spanMin), Math.max(whole, limits.spanMin));
  const middle = (view.from + view.to) / 2;
  const from = Math.min(
    Math.max(middle - span / 2, limits.from - span * 0.9),
    Math.max(limits.to - span * 0.1, limits.from - span * 0.9),
  );
  return { from, to: from + span };
}

/** Factor above 1 goes nearer; the value under the pointer stays where it is. */
export function zoomView(view: View, factor: number, at: number, limits: Limits): View {
  const whole = spanOf(fitView(limits));
  const span = Math.min(
    Math.max(spanOf(view) / factor, limits.spanMin),
    Math.max(whole, limits.spanMin, spanOf(view)),
  );
  const share = (at - view.from) / spanOf(view);
  return { from: at - share * span, to: at + (1 - share) * span };
}

export function panView(view: View, by: number, limits: Limits): View {
  return clampView({ from: view.from + by, to: view.to + by }, limits);
}

/** Between two views, for the eye to follow: `progress` from 0 to 1. */
export function blend(a: View, b: View, progress: number): View {
  const eased = 1 - (1 - progress) ** 3;
  // Spans differ by orders of magnitude, so they change by factors; the rest follows them.
  const span = spanOf(a) * (spanOf(b) / spanOf(a)) ** eased;
  const share =
    Math.abs(spanOf(b) - spanOf(a)) < 1e-9 * spanOf(a) ? eased : (spanOf(a) - span) / (spanOf(a) - spanOf(b));
  const from = a.from + (b.from - a.from) * share;
  return { from, to: from + span };
}
