/** The pointer's hands on the timeline: wheel, drag, click. Returns the function that lets go of the elements. */
import type { TimeMs } from "../../shared/ids.ts";
import type { Engine, Sheets } from "./engine.ts";
import { eventOf, type Hit } from "./hit.ts";
import { stepFrom } from "./navigate.ts";
import type { TimelineSelection, TimelineTarget } from "./types.ts";

export interface Hands {
  onSelect(selection: TimelineSelection | null): void;
  onCursor(at: TimeMs | null): void;
  onContextMenu(target: TimelineTarget, point: { readonly x: number; readonly y: number }): void;
  /** What is under the resting pointer, in px of a picture that is so wide. */
  onHover(hit: Hit, x: number, y: number, width: number): void;
}

/** A press that moves less than this is a click. */
const clickPx = 4;

type Drag =
  | { readonly kind: "pan"; x: number; y: number; moved: number }
  | { readonly kind: "span"; readonly from: number }
  | { readonly kind: "scrub" };

export function attachGestures(sheets: Sheets, engine: () => Engine, hands: () => Hands): () => void {
  const { overlay, minimap } = sheets;
  const abort = new AbortController();
  const { signal } = abort;
  let drag: Drag | null = null;
  const pointOf = (event: MouseEvent) => {
    const box = overlay.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  overlay.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 24 : 1;
      if (event.ctrlKey || event.metaKey)
        engine().camera.zoomAt(Math.exp(-event.deltaY * lines * 0.0022), pointOf(event).x);
      else if (event.altKey) engine().panPx(0, event.deltaY * lines);
      else engine().panPx((event.deltaX + event.deltaY) * lines, 0);
    },
    { passive: false, signal },
  );

  overlay.addEventListener(
    "pointerdown",
    (event) => {
      if (event.button !== 0) return;
      const { x, y } = pointOf(event);
      overlay.setPointerCapture(event.pointerId);
      hands().onHover(null, x, y, overlay.clientWidth);
      const hit = engine().hitAt(x, y);
      if (event.shiftKey) drag = { kind: "span", from: engine().valueAtPx(x) };
      else if (hit?.kind === "axis") {
        drag = { kind: "scrub" };
        hands().onCursor(engine().tracks.timeAt(engine().valueAtPx(x)));
      } else drag = { kind: "pan", x: event.clientX, y: event.clientY, moved: 0 };
    },
    { signal },
  );

  overlay.addEventListener(
    "pointermove",
    (event) => {
      const { x, y } = pointOf(event);
      if (drag === null) {
        const hit = engine().hitAt(x, y);
        engine().hover(hit);
        overlay.style.cursor = hit === null ? "grab" : hit.kind === "axis" ? "col-resize" : "pointer";
        hands().onHover(hit, x, y, overlay.clientWidth);
      } else if (drag.kind === "span") engine().choose([drag.from, engine().valueAtPx(x)]);
      else if (drag.kind === "scrub") hands().onCursor(engine().tracks.timeAt(engine().valueAtPx(x)));
      else {
        const [dx, dy] = [drag.x - event.clientX, drag.y - event.clientY];
        drag.moved += Math.abs(dx) + Math.abs(dy);
        [drag.x, drag.y] = [event.clientX, event.clientY];
        if (drag.moved < clickPx) return;
        overlay.style.cursor = "grabbing";
        engine().panPx(dx, dy);
      }
    },
    { signal },
  );

  const release = (event: PointerEvent) => {
    const ended = drag;
    drag = null;
    if (ended === null || event.type === "pointercancel") return;
    const { x, y } = pointOf(event);
    if (ended.kind === "span") {
      const chosen = engine().chosen;
      if (chosen !== null && chosen[0] === chosen[1]) engine().choose(null);
    }
    if (ended.kind === "pan" && ended.moved < clickPx) click(engine(), hands(), x, y);
  };
  overlay.addEventListener("pointerup", release, { signal });
  overlay.addEventListener("pointercancel", release, { signal });

  overlay.addEventListener(
    "pointerleave",
    () => {
      engine().hover(null);
      hands().onHover(null, 0, 0, 0);
    },
    { signal },
  );

  overlay.addEventListener("dblclick", (event) => doubleClick(engine(), hands(), pointOf(event)), { signal });

  overlay.addEventListener(
    "contextmenu",
    (event) => {
      event.preventDefault();
      const { x, y } = pointOf(event);
      hands().onContextMenu(targetAt(engine(), x, y), { x: event.clientX, y: event.clientY });
    },
    { signal },
  );

  const toShare = (event: PointerEvent) => {
    const box = minimap.getBoundingClientRect();
    engine().camera.showAtShare(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
  };
  minimap.addEventListener(
    "pointerdown",
    (event) => {
      minimap.setPointerCapture(event.pointerId);
      toShare(event);
    },
    { signal },
  );
  minimap.addEventListener(
    "pointermove",
    (event) => {
      if (minimap.hasPointerCapture(event.pointerId)) toShare(event);
    },
    { signal },
  );
  return () => abort.abort();
}

function click(engine: Engine, hands: Hands, x: number, y: number): void {
  const hit = engine.hitAt(x, y);
  engine.choose(null);
  if (hit?.kind === "name") return hands.onSelect({ kind: "node", node: hit.node });
  const id = idOf(engine, hit, x);
  hands.onSelect(id === null ? null : { kind: "event", id });
}

function idOf(engine: Engine, hit: Hit, x: number): number | null {
  const { selection } = engine.input;
  const selected = selection?.kind === "event" ? selection.id : null;
  if (hit?.kind === "mark") return eventOf(hit.mark, x, selected).id;
  if (hit?.kind === "arrow") return hit.arrow.event.id;
  return hit?.kind === "flag" ? hit.flag.event.id : null;
}

/** On the axis: back to now. On an event: to its cause. */
function doubleClick(engine: Engine, hands: Hands, { x, y }: { x: number; y: number }): void {
  const hit = engine.hitAt(x, y);
  if (hit?.kind === "axis") return hands.onCursor(null);
  const chosen = engine.chosen;
  if (chosen !== null) return engine.camera.show({ from: Math.min(...chosen), to: Math.max(...chosen) });
  const { selection } = engine.input;
  const id = selection?.kind === "event" ? selection.id : idOf(engine, hit, x);
  const cause =
    hit === null || id === null ? null : stepFrom({ ...engine.input, tracks: engine.tracks }, id, "cause");
  if (cause === null) return;
  hands.onSelect({ kind: "event", id: cause });
  engine.camera.reveal(cause);
}

function targetAt(engine: Engine, x: number, y: number): TimelineTarget {
  const hit = engine.hitAt(x, y);
  if (hit?.kind === "name") return { kind: "node", node: hit.node };
  const id = idOf(engine, hit, x);
  return id === null
    ? { kind: "time", at: engine.tracks.timeAt(engine.valueAtPx(x)) }
    : { kind: "event", id };
}
