import { type RefObject, useLayoutEffect, useRef, useState } from "react";

export interface Size {
  readonly width: number;
  readonly height: number;
  /** The font size in pixels: drawings grow with the theme's type. */
  readonly em: number;
}

/** The measured size of an element; null until it is laid out. */
export function useSize<Element extends HTMLElement>(): readonly [RefObject<Element | null>, Size | null] {
  const element = useRef<Element>(null);
  const [size, setSize] = useState<Size | null>(null);
  useLayoutEffect(() => {
    const target = element.current!;
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = target;
      const em = Number.parseFloat(getComputedStyle(target).fontSize);
      setSize((before) =>
        before?.width === width && before.height === height && before.em === em
          ? before
          : { width, height, em },
      );
    };
    const sizes = new ResizeObserver(measure);
    sizes.observe(target);
    const theme = new MutationObserver(measure);
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    measure();
    return () => {
      sizes.disconnect();
      theme.disconnect();
    };
  }, []);
  return [element, size];
}
