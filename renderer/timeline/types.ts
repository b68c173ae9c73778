import type { TimeMs } from "../../shared/ids.ts";
import type { Operation } from "../../shared/trace/event.ts";

/** What the horizontal axis counts: 1 real time, 2 events of each lane, 3 causal depth (Lamport's order). */
export type AxisKind = 1 | 2 | 3;

/** The visible stretch of the axis, in its own units: milliseconds since the epoch, or events. */
export interface View {
  readonly from: number;
  readonly to: number;
}

export interface TimelineFilter {
  /** Whether membership's chatter (probes, rumours) is drawn. */
  readonly membership: boolean;
  /** The operations drawn; all of them when absent. */
  readonly ops?: ReadonlySet<Operation>;
  /** Only what is about this key. */
  readonly key?: string | null;
}

export type TimelineSelection =
  | { readonly kind: "event"; readonly id: number }
  | { readonly kind: "node"; readonly node: string }
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "link"; readonly from: string; readonly to: string };

export type TimelineTarget =
  | { readonly kind: "event"; readonly id: number }
  | { readonly kind: "node"; readonly node: string }
  | { readonly kind: "time"; readonly at: TimeMs };

/** What the window's keys and menus do to the timeline. */
export interface TimelineHandle {
  /** Everything there is into view. */
  fit(): void;
  /** What there is from a moment on into view. */
  showFrom(moment: TimeMs): void;
  /** Above 1 goes nearer. */
  zoomBy(factor: number): void;
  /** In widths of the view; negative goes back. */
  panBy(share: number): void;
  /** The event to the middle, near enough to tell it from its neighbours. */
  centreOn(id: number): void;
  /** All of these into view. */
  showAll(ids: Iterable<number>): void;
  /** Selects along the lane (previous, next) or along causes (cause, effect). */
  step(direction: "previous" | "next" | "cause" | "effect"): void;
  focus(): void;
}
