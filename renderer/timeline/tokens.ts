/** The style tokens a canvas needs, read from the custom properties of the theme. */
export interface TimelineTokens {
  readonly bg: string;
  readonly surface: string;
  readonly surface2: string;
  readonly line: string;
  readonly text: string;
  readonly text2: string;
  readonly text3: string;
  readonly accent: string;
  readonly put: string;
  readonly get: string;
  readonly delete: string;
  readonly internal: string;
  readonly membership: string;
  readonly consensus: string;
  readonly lab: string;
  readonly alive: string;
  readonly suspect: string;
  readonly dead: string;
  readonly left: string;
  readonly warning: string;
  readonly danger: string;
  readonly ok: string;
  readonly cut: string;
  readonly font: string;
  readonly mono: string;
  /** Base font size in px. */
  readonly size: number;
  /** Line width in px. */
  readonly stroke: number;
}

/** Reads the tokens that apply to an element. Read again when the theme changes. */
export function readTokens(element: Element): TimelineTokens {
  const style = getComputedStyle(element);
  const of = (name: string) => style.getPropertyValue(`--lc-${name}`).trim();
  const px = (name: string, fallback: number) => Number.parseFloat(of(name)) || fallback;
  return {
    bg: of("bg"),
    surface: of("surface"),
    surface2: of("surface-2"),
    line: of("line"),
    text: of("text"),
    text2: of("text-2"),
    text3: of("text-3"),
    accent: of("accent"),
    put: of("put"),
    get: of("get"),
    delete: of("delete"),
    internal: of("internal"),
    membership: of("membership"),
    consensus: of("consensus"),
    lab: of("lab"),
    alive: of("alive"),
    suspect: of("suspect"),
    dead: of("dead"),
    left: of("left"),
    warning: of("warning"),
    danger: of("danger"),
    ok: of("ok"),
    cut: of("cut"),
    font: of("font") || "sans-serif",
    mono: of("mono") || "monospace",
    size: px("size", 13),
    stroke: px("stroke", 1.5),
  };
}
