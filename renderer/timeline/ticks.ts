/** Where the axis is marked, and what the marks say. */
import { scaleLinear, scaleUtc } from "d3-scale";
import type { AxisKind, View } from "./types.ts";

export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** About `count` marks. Time is told from `origin`, the first event of the session. */
export function ticksOf(view: View, axis: AxisKind, origin: number, count: number): readonly Tick[] {
  if (axis !== 1) {
    const whole = scaleLinear([view.from, view.to], [0, 1])
      .ticks(count)
      .filter((value) => Number.isInteger(value) && value >= 0);
    return whole.map((value) => ({ value, label: String(value + 1) }));
  }
  const from = view.from - origin;
  const to = view.to - origin;
  // Elapsed time is marked like a clock that started at zero: seconds, 5 s, 15 s, minutes.
  const scale = to - from < 20 ? scaleLinear([from, to], [0, 1]) : scaleUtc([from, to], [0, 1]);
  const values = scale.ticks(count).map(Number);
  const step = values.length > 1 ? values[1]! - values[0]! : to - from;
  return values
    .filter((value) => value >= 0)
    .map((value) => ({ value: value + origin, label: elapsed(value, step) }));
}

/** Time since the start of the session, as exactly as marks `step` apart need: 1:04, 12.5 s, 12.504 s. */
export function elapsed(ms: number, step: number): string {
  const digits = step >= 1_000 ? 0 : Math.min(6, Math.ceil(-Math.log10(step / 1_000) - 1e-9));
  if (Math.abs(ms) < 60_000) return `${(ms / 1_000).toFixed(digits)} s`;
  const scale = 10 ** digits;
  const total = Math.round((Math.abs(ms) / 1_000) * scale) / scale;
  const hours = Math.floor(total / 3_600);
  const minutes = Math.floor((total % 3_600) / 60);
  const seconds = (total % 60).toFixed(digits).padStart(digits === 0 ? 2 : digits + 3, "0");
  const sign = ms < 0 ? "−" : "";
  return hours > 0
    ? `${sign}${hours}:${String(minutes).padStart(2, "0")}:${seconds}`
    : `${sign}${minutes}:${seconds}`;
}

/** A length of time for people: 840 µs, 12.4 ms, 3.25 s, 2 min 5 s. */
export function duration(ms: number): string {
  const size = Math.abs(ms);
  if (size === 0) return "0 ms";
  if (size < 1) return `${Math.round(ms * 1_000)} µs`;
  if (size < 1_000) return `${Number(ms.toPrecision(3))} ms`;
  if (size < 60_000) return `${Number((ms / 1_000).toPrecision(3))} s`;
  const seconds = Math.round(ms / 1_000);
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${Math.trunc(seconds / 60)} min ${seconds % 60} s`;
}

const two = (value: number) => String(value).padStart(2, "0");

/** The time of day at an event, to the millisecond. */
export function timeOfDay(at: number): string {
  const date = new Date(at);
  const ms = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}
