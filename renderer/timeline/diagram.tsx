import { type Ref, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from "react";
import type { TimeMs } from "../../shared/ids.ts";
import type { Causality } from "../../shared/trace/causality.ts";
import type { History } from "../../shared/trace/history.ts";
import { sentenceOf } from "./describe.ts";
import { Engine, type EngineInput } from "./engine.ts";
import { attachGestures, type Hands } from "./gestures.ts";
import { Legend } from "./legend.tsx";
import { besideOf, nearestIn, stepFrom } from "./navigate.ts";
import styles from "./timeline.module.css";
import type { TimelineTokens } from "./tokens.ts";
import { type ShowHover, Tooltip } from "./tooltip.tsx";
import type { AxisKind, TimelineFilter, TimelineHandle, TimelineSelection, TimelineTarget } from "./types.ts";

export interface DiagramProps {
  /** Grows in place: the timeline watches its version itself. */
  readonly history: History;
  readonly causality: Causality;
  /** From {@link readTokens}; a new object when the theme changes. */
  readonly tokens: TimelineTokens;
  /** Whether time goes on: the session is being recorded now. */
  readonly live: boolean;
  /** Whether a live view keeps now at its right edge. */
  readonly follow: boolean;
  readonly onFollowChange: (follow: boolean) => void;
  readonly axis: AxisKind;
  readonly filter: TimelineFilter;
  readonly selection: TimelineSelection | null;
  readonly onSelect: (selection: TimelineSelection | null) => void;
  readonly hoveredKey?: string | null;
  /** The moment the panels show; null for now. */
  readonly cursor: TimeMs | null;
  readonly onCursor: (at: TimeMs | null) => void;
  /** Ids of the events the search has found. */
  readonly matches: ReadonlySet<number>;
  readonly onContextMenu: (target: TimelineTarget, point: { readonly x: number; readonly y: number }) => void;
  readonly ref?: Ref<TimelineHandle>;
}

/**
 * The space-time diagram. `data-idle="true"` on its root says that all there is has been drawn.
 */
export function Diagram({ ref, ...props }: DiagramProps) {
  const root = useRef<HTMLDivElement>(null);
  const base = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const minimap = useRef<HTMLCanvasElement>(null);
  const engine = useRef<Engine | null>(null);
  const latest = useRef<Given>(props);
  const hover = useRef<ShowHover>(null);
  const isEmpty = useIsEmpty(props.history);

  useLayoutEffect(() => {
    latest.current = props;
    engine.current?.set(inputOf(props));
  });

  useEffect(() => {
    const sheets = {
      root: root.current!,
      base: base.current!,
      overlay: overlay.current!,
      minimap: minimap.current!,
    };
    const made = new Engine(sheets, inputOf(latest.current), (follow) =>
      latest.current.onFollowChange(follow),
    );
    engine.current = made;
    const hands = handsOf(latest, hover);
    const letGo = attachGestures(
      sheets,
      () => made,
      () => hands,
    );
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (onKey(event.key, made, latest.current)) event.preventDefault();
    };
    sheets.overlay.addEventListener("keydown", onKeyDown);
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(sheets.root);
    return () => {
      observer.disconnect();
      letGo();
      made.destroy();
      engine.current = null;
    };
  }, []);

  useImperativeHandle(ref, () => handleOf(engine, latest, overlay), []);

  const { history, causality, selection, live } = props;
  const selected = selection?.kind === "event" ? history.event(selection.id) : undefined;
  return (
    <div ref={root} className={styles["timeline"]} data-idle="false">
      <div className={styles["minimap"]}>
        <canvas ref={minimap} aria-hidden="true" />
      </div>
      <div className={styles["plot"]}>
        <canvas ref={base} aria-hidden="true" />
        <canvas
          ref={overlay}
          className={styles["hands"]}
          tabIndex={0}
          aria-roledescription="space-time diagram"
          aria-label={`Timeline of ${history.lanes.length} nodes. Arrow keys go along a lane and between lanes, brackets along causes.`}
        />
        {isEmpty && <Empty live={live} />}
        {live && !props.follow && !isEmpty && (
          <button type="button" className={styles["follow"]} onClick={() => props.onFollowChange(true)}>
            Follow the present
          </button>
        )}
        <Tooltip ref={hover} history={history} causality={causality} />
      </div>
      <p className={styles["aloud"]} aria-live="polite">
        {selected === undefined ? "" : sentenceOf(selected, history)}
      </p>
    </div>
  );
}

/** All but the handle: what changes from one rendering to the next. */
type Given = Omit<DiagramProps, "ref">;

function inputOf(props: Given): EngineInput {
  const { history, causality, tokens, live, follow, axis, filter, selection, cursor, matches } = props;
  const hoveredKey = props.hoveredKey ?? null;
  return { history, causality, tokens, live, follow, axis, filter, selection, cursor, matches, hoveredKey };
}

interface Holder<Value> {
  readonly current: Value;
}

function handsOf(latest: Holder<Given>, hover: Holder<ShowHover | null>): Hands {
  return {
    onSelect: (selection) => latest.current.onSelect(selection),
    onCursor: (at) => latest.current.onCursor(at),
    onContextMenu: (target, point) => latest.current.onContextMenu(target, point),
    onHover: (hit, x, y, width) => hover.current?.show(hit === null ? null : { hit, x, y, width }),
  };
}

function handleOf(
  engine: Holder<Engine | null>,
  latest: Holder<Given>,
  overlay: Holder<HTMLCanvasElement | null>,
): TimelineHandle {
  return {
    fit: () => engine.current?.camera.fit(),
    zoomBy: (factor) => engine.current?.camera.zoomBy(factor),
    panBy: (share) => engine.current?.camera.panShare(share),
    showFrom: (moment) => engine.current?.camera.showFrom(moment),
    centreOn: (id) => engine.current?.camera.centreOn(id),
    showAll: (ids) => engine.current?.camera.showAll(ids),
    step: (direction) => {
      if (engine.current !== null) step(engine.current, latest.current, direction);
    },
    focus: () => overlay.current?.focus(),
  };
}

function step(engine: Engine, props: Given, direction: Parameters<typeof stepFrom>[2]): void {
  const { history, causality, selection } = props;
  const id = selection?.kind === "event" ? selection.id : null;
  const next =
    id === null
      ? firstInSight(engine)
      : stepFrom({ history, causality, tracks: engine.tracks }, id, direction);
  if (next === null) return;
  props.onSelect({ kind: "event", id: next });
  engine.camera.reveal(next);
}

/** Where stepping begins when nothing is selected: the event nearest to the middle of the first lane that has any. */
function firstInSight(engine: Engine): number | null {
  const middle = (engine.camera.view.from + engine.camera.view.to) / 2;
  for (const row of engine.layout.rows) {
    const track = engine.tracks.of(row.node);
    const nearest = track === undefined ? null : nearestIn(track, middle);
    if (nearest !== null) return nearest.id;
  }
  return null;
}

/** Keys the diagram answers itself while it has the focus. Returns whether it did. */
function onKey(key: string, engine: Engine, props: Given): boolean {
  const { history, causality, selection } = props;
  const id = selection?.kind === "event" ? selection.id : null;
  switch (key) {
    case "ArrowLeft":
      step(engine, props, "previous");
      return true;
    case "ArrowRight":
      step(engine, props, "next");
      return true;
    case "ArrowUp":
    case "ArrowDown": {
      if (id === null) step(engine, props, "next");
      else {
        const lanes = engine.layout.rows.map((row) => row.node);
        const paths = { history, causality, tracks: engine.tracks };
        const beside = besideOf(paths, lanes, id, key === "ArrowUp" ? -1 : 1);
        if (beside !== null) props.onSelect({ kind: "event", id: beside });
      }
      return true;
    }
    case "Enter":
      if (id !== null) engine.camera.centreOn(id);
      return id !== null;
    case "Home":
      engine.camera.fit();
      return true;
    case "End":
      if (props.live) props.onFollowChange(true);
      return props.live;
    case "PageUp":
      engine.camera.panShare(-0.8);
      return true;
    case "PageDown":
      engine.camera.panShare(0.8);
      return true;
    case "Escape":
      if (engine.chosen === null && selection === null) return false;
      if (engine.chosen === null) props.onSelect(null);
      engine.choose(null);
      return true;
    default:
      return false;
  }
}

/** Looks once a frame until the first event is there. */
function useIsEmpty(history: History): boolean {
  const [isEmpty, setEmpty] = useState(history.size === 0);
  useEffect(() => {
    let frame = 0;
    const look = () => {
      setEmpty(history.size === 0);
      if (history.size === 0) frame = requestAnimationFrame(look);
    };
    look();
    return () => cancelAnimationFrame(frame);
  }, [history]);
  return isEmpty;
}

function Empty({ live }: { readonly live: boolean }) {
  return (
    <div className={styles["empty"]}>
      <h2>{live ? "Nothing has happened yet" : "This session holds no events"}</h2>
      <p>
        Each node will have a line here, time running to the right. What it does stands on its line, and an
        arrow runs from every message sent to where it arrived. Two events that no path of lines and arrows
        connects are concurrent: neither could have known of the other.
      </p>
      {live && <p>Write a value in the data panel, or start the load with Space.</p>}
      <Legend />
    </div>
  );
}
