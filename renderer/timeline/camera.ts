/**
 * Where one looks: the view on the axis, how it moves, and how it follows the present.
 *
 * Whatever leaves the right edge of a live view ends following. Moves glide, so that the eye can follow them; under
 * reduced motion they jump.
 */
import type { TimeMs } from "../../shared/ids.ts";
import type { EngineInput } from "./engine.ts";
import { viewAround } from "./navigate.ts";
import type { Tracks } from "./tracks.ts";
import type { AxisKind, View } from "./types.ts";
import { blend, clampView, fitView, type Limits, panView, spanOf, zoomView } from "./view.ts";

/** What is looked at. */
interface Stage {
  readonly input: EngineInput;
  readonly tracks: Tracks;
  /** Width of the lanes in px. */
  readonly plot: number;
  readonly radius: number;
  valueAtPx(x: number): number;
  /** Draw again. */
  stale(): void;
}

/** Width of the first view of a live session. */
const liveSpanMs = 8_000;
/** Under reduced motion a live view moves on in steps. */
const stillStepMs = 500;
const moveMs = 200;

export class Camera {
  readonly #stage: Stage;
  readonly #onFollowChange: (follow: boolean) => void;
  readonly #still = window.matchMedia("(prefers-reduced-motion: reduce)");
  view: View = { from: 0, to: liveSpanMs };
  /** Where one looked on the other axes. */
  #views = new Map<AxisKind, View>();
  #move: { from: View; to: View; start: number } | null = null;
  #isLaid = false;
  #clockOffset = Number.NEGATIVE_INFINITY;

  constructor(stage: Stage, onFollowChange: (follow: boolean) => void) {
    this.#stage = stage;
    this.#onFollowChange = onFollowChange;
  }

  get isMoving(): boolean {
    return this.#move !== null;
  }

  /** Another session: nothing of where one looked means anything now. */
  forget(): void {
    this.#views.clear();
    this.#isLaid = false;
    this.#clockOffset = Number.NEGATIVE_INFINITY;
  }

  leaveAxis(axis: AxisKind): void {
    this.#views.set(axis, this.view);
    this.#isLaid = false;
  }

  /** One frame on. */
  advance(time: number): void {
    if (!this.#isLaid) this.#firstView();
    if (this.#move !== null) this.#advanceMove(time);
    if (this.#stage.input.live) this.#followNow();
  }

  /** Now, as well as it can be told from the events that have arrived. It never runs behind the newest event. */
  get now(): TimeMs {
    const { history, live } = this.#stage.input;
    if (!live || history.size === 0) return history.last;
    this.#clockOffset = Math.max(this.#clockOffset, history.last - performance.now());
    return performance.now() + this.#clockOffset;
  }

  get limits(): Limits {
    return { ...this.#stage.tracks.extent(this.now), spanMin: this.#stage.input.axis === 1 ? 0.5 : 6 };
  }

  #firstView(): void {
    const { axis, live, follow, history, selection } = this.#stage.input;
    const limits = this.limits;
    const kept = this.#views.get(axis);
    const event = selection?.kind === "event" ? history.event(selection.id) : undefined;
    this.#move = null;
    this.#isLaid = true;
    // On the axes that count, about one event in three signs' width is comfortable to read.
    const span = axis === 1 ? liveSpanMs : this.#stage.plot / (this.#stage.radius * 8);
    if (live && follow) this.view = { from: limits.to - span, to: limits.to };
    else if (event !== undefined && axis !== 1) {
      const x = this.#stage.tracks.xOf(event);
      this.view = { from: x - span / 2, to: x + span / 2 };
    } else if (kept !== undefined) this.view = kept;
    else if (axis === 1) this.view = fitView(limits);
    else this.view = clampView({ from: -1, to: span - 1 }, limits);
  }

  #advanceMove(time: number): void {
    const { from, to, start } = this.#move!;
    const progress = Math.min(1, Math.max(0, (time - start) / moveMs));
    this.view = blend(from, to, progress);
    if (progress === 1) {
      this.view = to;
      this.#move = null;
    }
    this.#stage.stale();
  }

  #followNow(): void {
    const { axis, follow } = this.#stage.input;
    if (!follow) {
      // Lanes grow towards now even when nobody follows them.
      if (axis === 1 && this.now < this.view.to) this.#stage.stale();
      return;
    }
    const span = spanOf(this.view);
    const end = axis === 1 ? this.now : this.#stage.tracks.extent(this.now).to;
    const step = this.#still.matches ? (axis === 1 ? stillStepMs : 1) : 0;
    const to = (step > 0 ? Math.ceil(end / step) * step : end) + span * 0.03;
    if (to === this.view.to) return;
    this.view = { from: to - span, to };
    this.#stage.stale();
  }

  /** What goes on now is not to be seen in a view of a few milliseconds. */
  widen(): void {
    if (this.#stage.input.axis === 1 && spanOf(this.view) < liveSpanMs / 8)
      this.view = { from: this.view.to - liveSpanMs, to: this.view.to };
  }

  fit(): void {
    this.#leave();
    this.#moveTo(fitView(this.limits));
  }

  show(view: View): void {
    this.#leave();
    this.#moveTo(clampView(view, this.limits));
  }

  /** From a moment to the end of what there is. */
  showFrom(moment: TimeMs): void {
    const { axis, history, filter } = this.#stage.input;
    const [lane] = history.lanes;
    if (lane === undefined) return;
    this.#stage.tracks.sync(filter, axis);
    const { to, spanMin } = this.limits;
    this.#leave();
    this.#goTo(fitView({ from: this.#stage.tracks.xOfTime(lane, moment), to, spanMin }));
  }

  zoomAt(factor: number, px: number): void {
    const { follow, live } = this.#stage.input;
    const at = follow && live ? this.view.to : this.#stage.valueAtPx(px);
    this.#setView(zoomView(this.view, factor, at, this.limits));
  }

  panPx(dx: number): void {
    this.#leave();
    this.#setView(panView(this.view, (dx / this.#stage.plot) * spanOf(this.view), this.limits));
  }

  panShare(share: number): void {
    this.#leave();
    this.#moveTo(panView(this.#move?.to ?? this.view, share * spanOf(this.view), this.limits));
  }

  zoomBy(factor: number): void {
    const { follow, live } = this.#stage.input;
    const base = this.#move?.to ?? this.view;
    const at = follow && live ? base.to : (base.from + base.to) / 2;
    this.#moveTo(zoomView(base, factor, at, this.limits));
  }

  centreOn(id: number): void {
    const event = this.#stage.input.history.event(id);
    if (event === undefined) return;
    this.#stage.tracks.sync(this.#stage.input.filter, this.#stage.input.axis);
    this.#leave();
    const { spanMin } = this.limits;
    this.#goTo(viewAround({ ...this.#stage.input, tracks: this.#stage.tracks }, event, spanMin));
  }

  /** So many events, and nothing beside them but a little air. */
  showAll(ids: Iterable<number>): void {
    const { history, filter, axis } = this.#stage.input;
    const { tracks } = this.#stage;
    tracks.sync(filter, axis);
    let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const id of ids) {
      const event = history.event(id);
      if (event === undefined) continue;
      const x = tracks.xOf(event);
      [from, to] = [Math.min(from, x), Math.max(to, x)];
    }
    if (from > to) return;
    const air = (to - from) * 0.06;
    this.#leave();
    this.#goTo(fitView({ from: from - air, to: to + air, spanMin: this.limits.spanMin }));
  }

  /** Brings an event into sight without changing how near the view is. */
  reveal(id: number): void {
    const event = this.#stage.input.history.event(id);
    if (event === undefined) return;
    const x = this.#stage.tracks.xOf(event);
    const view = this.#move?.to ?? this.view;
    const margin = spanOf(view) * 0.08;
    if (x >= view.from + margin && x <= view.to - margin) return;
    this.#leave();
    this.#moveTo({ from: x - spanOf(view) / 2, to: x + spanOf(view) / 2 });
  }

  /** The time cursor moved: a view that it leaves turns over like a page. */
  keepInSight(moment: TimeMs): void {
    const { axis, history, filter } = this.#stage.input;
    const [lane] = history.lanes;
    if (!this.#isLaid || lane === undefined) return;
    this.#stage.tracks.sync(filter, axis);
    const x = this.#stage.tracks.xOfTime(lane, moment);
    const { from, to } = this.#move?.to ?? this.view;
    if (x >= from && x <= to) return;
    const span = to - from;
    const start = x > to ? x - span * 0.05 : x - span * 0.95;
    this.#moveTo(clampView({ from: start, to: start + span }, this.limits));
  }

  /** The minimap was dragged: the view's middle to a share of the whole. */
  showAtShare(share: number): void {
    const { from, to } = this.limits;
    const middle = from + share * (to - from);
    const half = spanOf(this.view) / 2;
    this.#leave();
    this.#setView(clampView({ from: middle - half, to: middle + half }, this.limits));
  }

  #leave(): void {
    if (this.#stage.input.follow) this.#onFollowChange(false);
  }

  /** To a place that does not depend on the view before: told before the first frame, it is the first view. */
  #goTo(view: View): void {
    if (this.#isLaid) return this.#moveTo(view);
    this.#isLaid = true;
    this.#setView(view);
  }

  #setView(view: View): void {
    this.view = view;
    this.#move = null;
    this.#stage.stale();
  }

  #moveTo(view: View): void {
    if (this.#still.matches) this.#setView(view);
    else this.#move = { from: this.view, to: view, start: performance.now() };
    this.#stage.stale();
  }
}
