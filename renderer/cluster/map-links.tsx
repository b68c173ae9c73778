import { memo } from "react";
import { type LinkSettings, restingLink } from "../../shared/contract/state.ts";
import { cx } from "../base/ui/cx.ts";
import styles from "./cluster-map.module.css";
import { type NodePair, pairName } from "./cut.ts";
import { between, type Point, type Segment, shifted, trimmed } from "./geometry.ts";
import { countText, describeLink, isImpaired, settingTexts } from "./link-words.ts";

interface MapLinkProps {
  readonly pair: NodePair;
  readonly from: Point;
  readonly to: Point;
  readonly radius: number;
  readonly em: number;
  /** From a to b, and from b to a; undefined at rest. */
  readonly there: LinkSettings | undefined;
  readonly back: LinkSettings | undefined;
  /** Messages blocked so far in both directions. */
  readonly blocked: number;
  readonly isSelected: boolean;
  /** The stroke being drawn crosses it. */
  readonly isCrossed: boolean;
  /** False where so many links are marked that only signs have room. */
  readonly hasText: boolean;
}

/** The link of two nodes: one line while both directions are alike, else one line with an arrow for each. */
export const MapLink = memo(function MapLink(props: MapLinkProps) {
  const { pair, radius, em, isSelected, isCrossed } = props;
  const there = props.there ?? restingLink;
  const back = props.back ?? restingLink;
  const line = trimmed({ from: props.from, to: props.to }, radius + em * 0.35);
  const alike = JSON.stringify(there) === JSON.stringify(back);
  const title = `${describeLink(pair.a, pair.b, there, null)}\n${describeLink(pair.b, pair.a, back, null)}\n${countText(props.blocked)} messages blocked`;
  const reverse = { from: line.to, to: line.from };
  const apart = em * 0.42;
  return (
    <g
      data-link={pairName(pair.a, pair.b)}
      className={cx(styles["link"], isSelected && styles["chosen"], isCrossed && styles["crossed"])}
    >
      <title>{title}</title>
      <path className={styles["hit"]} d={pathOf(line)} strokeWidth={em} />
      {alike ? (
        <Line {...props} line={line} settings={there} hasArrow={false} count={props.blocked} />
      ) : (
        <>
          <Line {...props} line={shifted(line, apart)} settings={there} hasArrow count={props.blocked} />
          <Line {...props} line={shifted(reverse, apart)} settings={back} hasArrow count={props.blocked} />
        </>
      )}
    </g>
  );
});

const pathOf = ({ from, to }: Segment) => `M${from.x},${from.y}L${to.x},${to.y}`;

function Line(
  props: MapLinkProps & {
    readonly line: Segment;
    readonly settings: LinkSettings;
    readonly hasArrow: boolean;
    readonly count: number;
  },
) {
  const { line, settings, em } = props;
  const tone = settings.blocked ? styles["cut"] : isImpaired(settings) ? styles["impaired"] : styles["open"];
  // Off the middle, where the links of opposite nodes all meet.
  const mark = between(line, settings.blocked ? 0.5 : 0.42);
  const halfGap = em * 0.62;
  const length = Math.hypot(line.to.x - line.from.x, line.to.y - line.from.y) || 1;
  const gap = halfGap / length;
  return (
    <g className={cx(styles["line"], tone)}>
      {settings.blocked ? (
        <>
          <path d={pathOf({ from: line.from, to: between(line, 0.5 - gap) })} />
          <path d={pathOf({ from: between(line, 0.5 + gap), to: line.to })} />
        </>
      ) : (
        <path d={pathOf(line)} />
      )}
      {props.hasArrow && <Arrow line={line} em={em} />}
      {settings.blocked && <Cross at={mark} size={em * (props.hasText ? 0.34 : 0.26)} />}
      {props.hasText && <Mark {...props} at={mark} />}
    </g>
  );
}

function Arrow({ line, em }: { readonly line: Segment; readonly em: number }) {
  const angle = (Math.atan2(line.to.y - line.from.y, line.to.x - line.from.x) * 180) / Math.PI;
  const [length, half] = [em * 0.7, em * 0.3];
  return (
    <polygon
      className={styles["arrow"]}
      points={`0,0 ${-length},${half} ${-length},${-half}`}
      transform={`translate(${line.to.x},${line.to.y}) rotate(${angle})`}
    />
  );
}

function Cross({ at, size }: { readonly at: Point; readonly size: number }) {
  return (
    <path
      className={styles["cross"]}
      d={`M${at.x - size},${at.y - size}L${at.x + size},${at.y + size}M${at.x - size},${at.y + size}L${at.x + size},${at.y - size}`}
    />
  );
}

/** How much was blocked, or what slows the link, on a plate over the line. */
function Mark({
  at,
  em,
  settings,
  count,
}: {
  readonly at: Point;
  readonly em: number;
  readonly settings: LinkSettings;
  readonly count: number;
}) {
  const texts = settings.blocked ? (count > 0 ? [countText(count)] : []) : settingTexts(settings);
  if (texts.length === 0) return null;
  const size = em * 0.8;
  const width = Math.max(...texts.map((text) => text.length)) * size * 0.6 + size * 0.8;
  const height = texts.length * size * 1.25 + size * 0.3;
  const top = settings.blocked ? at.y + em * 0.5 : at.y - height / 2;
  return (
    <g className={styles["mark"]}>
      <rect x={at.x - width / 2} y={top} width={width} height={height} rx={size * 0.4} />
      {texts.map((text, line) => (
        <text key={text} x={at.x} y={top + size * (1.08 + line * 1.25)} fontSize={size}>
          {text}
        </text>
      ))}
    </g>
  );
}
