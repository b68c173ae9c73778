import { type RefObject, useEffect, useEffectEvent, useState } from "react";
import { distance, type Point } from "./geometry.ts";

/** What the pointer is doing: drawing a line over the links, or leading a line from one node to another. */
export type Gesture =
  | { readonly kind: "stroke"; readonly points: readonly Point[] }
  | { readonly kind: "link"; readonly from: string; readonly at: Point; readonly over: string | null };

/** What lies under the pointer. */
export interface Target {
  readonly node: string | null;
  readonly link: { readonly from: string; readonly to: string } | null;
}

const startsAfter = 5;

/**
 * Follows one pointer over the drawing. A press that hardly moves is a click; Escape ends a gesture without effect.
 * Not `isLive`: only clicks are told.
 */
export function useMapGesture(
  stage: RefObject<HTMLElement | null>,
  isLive: boolean,
  tell: {
    readonly done: (gesture: Gesture) => void;
    readonly clicked: (target: Target) => void;
    readonly menu: (target: Target) => void;
  },
): Gesture | null {
  const [gesture, setGesture] = useState<Gesture | null>(null);
  const onDone = useEffectEvent(tell.done);
  const onClicked = useEffectEvent(tell.clicked);
  const onMenu = useEffectEvent(tell.menu);

  useEffect(() => {
    const element = stage.current!;
    const listening = new AbortController();
    const on = <Name extends keyof HTMLElementEventMap>(
      name: Name,
      listener: (event: HTMLElementEventMap[Name]) => void,
      capture = false,
    ) => element.addEventListener(name, listener, { signal: listening.signal, capture });
    let press: { readonly at: Point; readonly node: string | null } | null = null;
    let current: Gesture | null = null;
    let dragged = false;

    const show = (next: Gesture | null) => {
      current = next;
      setGesture(next);
    };
    const pointOf = (event: PointerEvent): Point => {
      const box = element.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    const end = (isFinished: boolean) => {
      const last = current;
      press = null;
      if (last === null) return;
      show(null);
      if (isFinished) onDone(last);
    };
    const follow = (event: PointerEvent) => {
      if (press === null) return;
      const at = pointOf(event);
      if (!dragged) {
        if (distance(press.at, at) < startsAfter) return;
        dragged = true;
        if (isLive) element.setPointerCapture(event.pointerId);
      }
      if (!isLive) return;
      if (press.node === null) {
        const before = current?.kind === "stroke" ? current.points : [press.at];
        if (distance(before.at(-1)!, at) >= 3) show({ kind: "stroke", points: [...before, at] });
      } else {
        const { node } = targetOf(document.elementFromPoint(event.clientX, event.clientY));
        show({ kind: "link", from: press.node, at, over: node === press.node ? null : node });
      }
    };

    on("pointerdown", (event) => {
      dragged = false;
      if (event.button === 0) press = { at: pointOf(event), node: targetOf(event.target).node };
    });
    on("pointermove", follow);
    on("pointerup", () => end(true));
    on("pointercancel", () => end(false));
    on("click", (event) => {
      if (!dragged) onClicked(targetOf(event.target));
      dragged = false;
    });
    on("contextmenu", (event) => onMenu(targetOf(event.target)), true);
    document.addEventListener(
      "keydown",
      (event) => {
        if (event.key !== "Escape" || current === null) return;
        event.preventDefault();
        end(false);
      },
      { signal: listening.signal, capture: true },
    );
    return () => listening.abort();
  }, [stage, isLive]);

  return gesture;
}

function targetOf(target: EventTarget | null): Target {
  if (!(target instanceof Element)) return { node: null, link: null };
  const node = target.closest<HTMLElement>("[data-node]")?.dataset["node"] ?? null;
  const [from, to] = target.closest<SVGElement>("[data-link]")?.dataset["link"]?.split(">") ?? [];
  return { node, link: from === undefined || to === undefined ? null : { from, to } };
}
