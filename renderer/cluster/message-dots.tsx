import { useEffect, useRef } from "react";
import type { Operation, RecordedEvent } from "../../shared/trace/event.ts";
import { labStore } from "../base/store.ts";
import styles from "./cluster-map.module.css";
import { between, trimmed } from "./geometry.ts";
import type { MapLayout } from "./map-layout.ts";
import type { Size } from "./use-size.ts";

interface Dot {
  readonly op: Operation;
  readonly from: string;
  readonly to: string;
  readonly start: number;
  readonly isLost: boolean;
}

/** Long enough to see, though a message between processes of one machine takes less than a millisecond. */
const flightMs = 480;
const dotsMax = 48;

const mayMove = () => !window.matchMedia("(prefers-reduced-motion: reduce)").matches;

/** The newest messages as signs that travel once along their link; those that are lost stop half way. */
export function MessageDots({ layout, size }: { readonly layout: MapLayout; readonly size: Size }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current!;
    const scale = window.devicePixelRatio;
    element.width = size.width * scale;
    element.height = size.height * scale;
    const context = element.getContext("2d")!;
    let dots: Dot[] = [];
    let seen = labStore.getState().history.size;
    let frame = 0;

    function draw(now: number) {
      frame = 0;
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, size.width, size.height);
      const colours = getComputedStyle(element);
      dots = dots.filter((dot) => now - dot.start < flightMs);
      for (const dot of dots) drawDot(context, colours, dot, layout, (now - dot.start) / flightMs, size.em);
      if (dots.length > 0) frame = requestAnimationFrame(draw);
    }

    const unsubscribe = labStore.subscribe((state, before) => {
      if (state.history !== before.history) seen = 0;
      if (state.historyVersion === before.historyVersion && state.history === before.history) return;
      const { history } = state;
      const isNow = state.mode.kind === "live" && state.cursor === null && state.loading === null;
      const fresh = isNow && mayMove() ? history.all.slice(Math.max(seen, history.size - 400)) : [];
      seen = history.size;
      const start = performance.now();
      for (const event of fresh) {
        const dot = dotOf(event, state.membershipShown, start);
        if (dot !== null && dots.length < dotsMax) dots.push(dot);
      }
      if (dots.length > 0 && frame === 0) frame = requestAnimationFrame(draw);
    });
    return () => {
      unsubscribe();
      cancelAnimationFrame(frame);
    };
  }, [layout, size]);
  return <canvas ref={canvas} className={styles["dots"]} aria-hidden />;
}

function dotOf(event: RecordedEvent, membershipShown: boolean, start: number): Dot | null {
  if ((event.type !== "send" && event.type !== "lost") || event.peer === undefined) return null;
  if (event.op === "membership" && !membershipShown) return null;
  return { op: event.op, from: event.node, to: event.peer, start, isLost: event.type === "lost" };
}

function drawDot(
  context: CanvasRenderingContext2D,
  colours: CSSStyleDeclaration,
  dot: Dot,
  { places, radius }: MapLayout,
  progress: number,
  em: number,
) {
  const [from, to] = [places.get(dot.from), places.get(dot.to)];
  if (from === undefined || to === undefined) return;
  const { x, y } = between(
    trimmed({ from, to }, radius + em * 0.3),
    dot.isLost ? Math.min(progress, 0.5) : progress,
  );
  const r = em * 0.3;
  context.globalAlpha = progress > 0.8 ? (1 - progress) * 5 : 1;
  context.fillStyle = context.strokeStyle = colours.getPropertyValue(
    dot.isLost ? "--lc-cut" : `--lc-${dot.op}`,
  );
  context.lineWidth = em * 0.14;
  context.beginPath();
  if (dot.isLost && progress >= 0.5) {
    context.moveTo(x - r, y - r);
    context.lineTo(x + r, y + r);
    context.moveTo(x - r, y + r);
    context.lineTo(x + r, y - r);
    context.stroke();
  } else {
    signOf(context, dot.op, x, y, r);
    context.fill();
  }
  context.globalAlpha = 1;
}

/** The timeline's signs: PUT ▲, GET ●, DELETE ▼, membership ■, anything else ◆. */
function signOf(context: CanvasRenderingContext2D, op: Operation, x: number, y: number, r: number) {
  if (op === "get") {
    context.arc(x, y, r, 0, 2 * Math.PI);
  } else if (op === "membership") {
    context.rect(x - r * 0.85, y - r * 0.85, r * 1.7, r * 1.7);
  } else if (op === "put" || op === "delete") {
    const tip = op === "put" ? -r * 1.2 : r * 1.2;
    context.moveTo(x, y + tip);
    context.lineTo(x + r * 1.1, y - tip * 0.7);
    context.lineTo(x - r * 1.1, y - tip * 0.7);
    context.closePath();
  } else {
    context.moveTo(x, y - r);
    context.lineTo(x + r, y);
    context.lineTo(x, y + r);
    context.lineTo(x - r, y);
    context.closePath();
  }
}
