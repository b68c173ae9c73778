/**
 * The timeline without React: holds the view, decides what must be painted again, and paints at most once a frame.
 *
 * Two sheets: the picture, painted again when events, view, theme or selection change, and above it what follows the
 * pointer. The history grows in place, so the engine looks at its version every frame rather than being told.
 */
import type { NodeId, TimeMs } from "../../shared/ids.ts";
import { type Band, bands } from "../../shared/trace/bands.ts";
import type { Causality } from "../../shared/trace/causality.ts";
import type { RecordedEvent } from "../../shared/trace/event.ts";
import type { History } from "../../shared/trace/history.ts";
import { BeliefIndex } from "./belief-index.ts";
import { Camera } from "./camera.ts";
import { hitAt, type Hit } from "./hit.ts";
import { type Layout, layoutLanes, orderLanes, partitionIn } from "./layout.ts";
import { paintMinimap } from "./minimap.ts";
import { paintOverlay } from "./paint-overlay.ts";
import { paintScene } from "./paint.ts";
import { type Scene, sceneOf } from "./scene.ts";
import { duration, elapsed, ticksOf } from "./ticks.ts";
import type { TimelineTokens } from "./tokens.ts";
import { Tracks } from "./tracks.ts";
import type { AxisKind, TimelineFilter, TimelineSelection } from "./types.ts";
import { pxOf, valueAt } from "./view.ts";

export interface EngineInput {
  readonly history: History;
  readonly causality: Causality;
  readonly tokens: TimelineTokens;
  /** Time goes on by itself. */
  readonly live: boolean;
  readonly follow: boolean;
  readonly axis: AxisKind;
  readonly filter: TimelineFilter;
  readonly selection: TimelineSelection | null;
  readonly hoveredKey: string | null;
  readonly cursor: TimeMs | null;
  readonly matches: ReadonlySet<number>;
}

export interface Sheets {
  readonly root: HTMLElement;
  readonly base: HTMLCanvasElement;
  readonly overlay: HTMLCanvasElement;
  readonly minimap: HTMLCanvasElement;
}

const emptyScene: Scene = { marks: [], columns: [], arrows: [], flags: [], isDense: false, cone: null };

export class Engine {
  readonly #sheets: Sheets;
  readonly #still = window.matchMedia("(prefers-reduced-motion: reduce)");
  #input: EngineInput;
  tracks: Tracks;
  #beliefs: BeliefIndex;
  #warned = new Map<RecordedEvent, boolean>();
  readonly camera: Camera;
  #tops = new Map<NodeId, number>();
  #scroll = 0;
  layout: Layout = layoutLanes([], { width: 1, height: 1, em: 13, scroll: 0 });
  scene: Scene = emptyScene;
  #hover: Hit = null;
  #span: readonly [number, number] | null = null;
  #seenVersion = -1;
  #isStale = true;
  #isOverlayStale = true;
  #paintedMinimapAt = 0;
  #dpr = 1;
  #frame = 0;

  constructor(sheets: Sheets, input: EngineInput, onFollowChange: (follow: boolean) => void) {
    this.#sheets = sheets;
    this.#input = input;
    this.tracks = new Tracks(input.history, input.causality);
    this.#beliefs = new BeliefIndex(input.history);
    this.camera = new Camera(this, onFollowChange);
    this.resize();
    const loop = (time: number) => {
      this.#frame = requestAnimationFrame(loop);
      this.#tick(time);
    };
    this.#frame = requestAnimationFrame(loop);
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
  }

  set(input: EngineInput): void {
    const before = this.#input;
    this.#input = input;
    if (input.history !== before.history || input.causality !== before.causality) {
      this.tracks = new Tracks(input.history, input.causality);
      this.#beliefs = new BeliefIndex(input.history);
      this.#warned.clear();
      this.camera.forget();
      this.#span = null;
    } else if (input.axis !== before.axis) {
      this.camera.leaveAxis(before.axis);
      this.#span = null;
    }
    if (input.follow && !before.follow) this.camera.widen();
    if (input.cursor !== before.cursor && input.cursor !== null) this.camera.keepInSight(input.cursor);
    this.stale();
  }

  resize(): void {
    this.#dpr = window.devicePixelRatio;
    for (const canvas of [this.#sheets.base, this.#sheets.overlay, this.#sheets.minimap]) {
      const box = canvas.parentElement!.getBoundingClientRect();
      canvas.width = Math.max(1, Math.round(box.width * this.#dpr));
      canvas.height = Math.max(1, Math.round(box.height * this.#dpr));
    }
    // A sheet of another size is empty until it is painted.
    this.#paintedMinimapAt = 0;
    this.stale();
  }

  /** There is something to draw: from now on the diagram is not idle. */
  stale(): void {
    this.#isStale = true;
    this.#sheets.root.dataset["idle"] = "false";
  }

  get input(): EngineInput {
    return this.#input;
  }

  get plot(): number {
    return Math.max(1, this.layout.width - this.layout.gutter);
  }

  get radius(): number {
    return this.#input.tokens.size * 0.44;
  }

  valueAtPx(x: number): number {
    return valueAt(this.camera.view, this.plot, x - this.layout.gutter);
  }

  hitAt(x: number, y: number): Hit {
    return hitAt(this.scene, this.layout, x, y, this.radius * 2.2);
  }

  hover(hit: Hit): void {
    this.#hover = hit;
    this.#isOverlayStale = true;
  }

  /** Chooses a stretch of the axis, given in its units; null lets it go. */
  choose(span: readonly [number, number] | null): void {
    this.#span = span;
    this.#isOverlayStale = true;
  }

  get chosen(): readonly [number, number] | null {
    return this.#span;
  }

  /** Drags the picture by so many px. */
  panPx(dx: number, dy: number): void {
    this.#scroll += dy;
    if (dx !== 0) this.camera.panPx(dx);
    this.stale();
  }

  #tick(time: number): void {
    const { history, live, filter, axis } = this.#input;
    if (window.devicePixelRatio !== this.#dpr) this.resize();
    if (this.tracks.sync(filter, axis)) this.stale();
    if (history.version !== this.#seenVersion) {
      this.#seenVersion = history.version;
      this.stale();
    }
    if (history.size > 0) this.camera.advance(time);
    if (live) this.#isOverlayStale = true;
    if (this.#isStale) this.#paint(time);
    if (this.#isOverlayStale) this.#paintOverlay();
    const isIdle = !this.camera.isMoving && !this.#isStale && history.version === this.#seenVersion;
    this.#sheets.root.dataset["idle"] = String(isIdle);
  }

  #paint(time: number): void {
    const { axis, causality, hoveredKey, history, matches, selection, tokens } = this.#input;
    this.#isStale = false;
    const { base } = this.#sheets;
    const [width, height] = [base.width / this.#dpr, base.height / this.#dpr];
    const lasting = bands(history);
    this.layout = this.#layOut(width, height, lasting, time);
    const shared = {
      tracks: this.tracks,
      bands: lasting,
      layout: this.layout,
      view: this.camera.view,
      now: this.camera.now,
      radius: this.radius,
      selection,
    };
    this.scene = sceneOf({
      ...shared,
      history,
      causality,
      hoveredKey,
      matches,
      isWarned: (event) => this.#isWarned(event),
    });
    const ctx = this.#pen(base);
    const ticks = ticksOf(this.camera.view, axis, history.first, Math.max(2, this.plot / (tokens.size * 9)));
    paintScene({
      ...shared,
      ctx,
      tokens,
      scene: this.scene,
      beliefs: this.#beliefs,
      ticks,
      lanes: history.lanes,
    });
    this.#paintMinimap(time, lasting);
    this.#isOverlayStale = true;
  }

  /** A picture that moves every frame needs its minimap only now and then. */
  #paintMinimap(time: number, lasting: readonly Band[]): void {
    const { follow, history, live, matches, tokens } = this.#input;
    if (live && follow && !this.camera.isMoving && time - this.#paintedMinimapAt < 150) return;
    this.#paintedMinimapAt = time;
    const { minimap } = this.#sheets;
    const ctx = this.#pen(minimap);
    const [width, height] = [minimap.width / this.#dpr, minimap.height / this.#dpr];
    const { from, to } = this.camera.limits;
    const whole = { from, to: Math.max(to, from + 1) };
    const { tracks } = this;
    const { view } = this.camera;
    paintMinimap({ ctx, width, height, tokens, history, tracks, bands: lasting, matches, whole, view });
  }

  /** Lanes that change places glide there, so that the eye can follow. */
  #layOut(width: number, height: number, lasting: readonly Band[], time: number): Layout {
    const { history, tokens } = this.#input;
    const { timeAt } = { timeAt: (x: number) => this.tracks.timeAt(x) };
    const cut = partitionIn(
      lasting,
      timeAt(this.camera.view.from),
      Math.min(this.camera.now, timeAt(this.camera.view.to)),
    );
    const nodes = orderLanes(history.lanes, cut?.groups ?? null);
    const layout = layoutLanes(nodes, { width, height, em: tokens.size, scroll: this.#scroll });
    const hidden = Math.max(0, layout.content - (height - layout.top));
    if (this.#scroll < 0 || this.#scroll > hidden) {
      this.#scroll = Math.min(Math.max(0, this.#scroll), hidden);
      return this.#layOut(width, height, lasting, time);
    }
    const rows = layout.rows.map((row, index) => {
      const place = index / nodes.length;
      const shown = this.#tops.get(row.node) ?? place;
      const next =
        this.#still.matches || Math.abs(place - shown) < 0.002 ? place : shown + (place - shown) * 0.3;
      this.#tops.set(row.node, next);
      if (next !== place) this.stale();
      const by = (next - place) * layout.content;
      return {
        ...row,
        top: row.top + by,
        bottom: row.bottom + by,
        y: row.y + by,
        stripeTop: row.stripeTop + by,
      };
    });
    return { ...layout, rows };
  }

  #paintOverlay(): void {
    this.#isOverlayStale = false;
    const { axis, cursor, history, live, selection, tokens } = this.#input;
    const px = (value: number) => this.layout.gutter + pxOf(this.camera.view, this.plot, value);
    const [lane] = history.lanes;
    const cursorX = cursor === null || lane === undefined ? null : this.tracks.xOfTime(lane, cursor);
    const span = this.#span;
    paintOverlay({
      ctx: this.#pen(this.#sheets.overlay),
      tokens,
      layout: this.layout,
      scene: this.scene,
      radius: this.radius,
      selected: selection?.kind === "event" ? selection.id : null,
      place: this.#placeOfSelected(),
      hoveredMark: this.#hover?.kind === "mark" ? this.#hover.mark : null,
      hoveredArrow: this.#hover?.kind === "arrow" ? this.#hover.arrow : null,
      cursor:
        cursorX === null || cursor === null
          ? null
          : { x: px(cursorX), text: elapsed(cursor - history.first, 1) },
      span: span === null ? null : { x1: px(span[0]), x2: px(span[1]), text: this.#spanText(span) },
      now: live && axis === 1 && history.size > 0 ? px(this.camera.now) : null,
    });
  }

  /** Null for what has no place in a lane: the lab's acts, and losses. */
  #placeOfSelected(): { x: number; y: number; op: RecordedEvent["op"] } | null {
    const { history, selection } = this.#input;
    const event = selection?.kind === "event" ? history.event(selection.id) : undefined;
    const row = this.layout.rows.find(({ node }) => node === event?.node);
    if (event === undefined || row === undefined || event.type === "lost") return null;
    const x = this.layout.gutter + pxOf(this.camera.view, this.plot, this.tracks.xOf(event));
    return { x, y: row.y, op: event.op };
  }

  #spanText([a, b]: readonly [number, number]): string {
    const [from, to] = [Math.min(a, b), Math.max(a, b)];
    let events = 0;
    for (const track of this.tracks.all()) events += track.indexAt(to) - track.indexAt(from);
    const length = this.#input.axis === 1 ? duration(to - from) : `${Math.round(to - from)} steps`;
    return `${length} · ${events} ${events === 1 ? "event" : "events"}`;
  }

  #pen(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
    const ctx = canvas.getContext("2d")!;
    ctx.setTransform(this.#dpr, 0, 0, this.#dpr, 0, 0);
    return ctx;
  }

  /** Remembered, except while a cause may still be on its way. */
  #isWarned(event: RecordedEvent): boolean {
    const known = this.#warned.get(event);
    if (known !== undefined) return known;
    const { causality, history } = this.#input;
    const isWarned = causality.mismatch(event.id) !== null;
    if (event.type === "receive" && event.message !== undefined && history.send(event.message) === undefined)
      return isWarned;
    if (this.#warned.size > 100_000) this.#warned.clear();
    this.#warned.set(event, isWarned);
    return isWarned;
  }
}
