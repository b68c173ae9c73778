import { memo, useMemo } from "react";
import type { Ring } from "../../shared/ring/ring.ts";
import { cx } from "../base/ui/cx.ts";
import { onCircle } from "../cluster/geometry.ts";
import type { ShownNode } from "../cluster/network.ts";
import { useSize } from "../cluster/use-size.ts";
import { type Arc, arcsOf, type Move, ringSegment, type Step, ticks, turnOf } from "./geometry.ts";
import { fills, lookOf } from "./node-look.ts";
import styles from "./ring.module.css";

interface DrawingProps {
  readonly ring: Ring;
  readonly nodes: readonly ShownNode[];
  readonly active: string | null;
  readonly onPoint: (node: string | null) => void;
  readonly keyPosition: number | null;
  readonly steps: readonly Step[];
  readonly moves: readonly Move[];
}

const origin = { x: 0, y: 0 };

/** Inner radius of the band of arcs: in a small panel the band is thinner, so that words have room inside. */
const innerOf = (outer: number, em: number) => outer - Math.max(Math.min(em * 2, outer * 0.25), outer * 0.2);

export function RingDrawing(props: DrawingProps) {
  const [box, size] = useSize<HTMLElement>();
  const side = size === null ? 0 : Math.min(size.width, size.height);
  const em = size?.em ?? 13;
  const outer = side / 2 - em * 2.1;
  return (
    <figure
      ref={box}
      className={styles["drawing"]}
      aria-label={`Hash ring with ${props.nodes.length} nodes of ${props.ring.virtualNodes} virtual nodes each; the list beside it gives their shares.`}
    >
      {outer > 20 && (
        <svg width={side} height={side} viewBox={`${-side / 2} ${-side / 2} ${side} ${side}`} aria-hidden>
          <Patterns />
          <Arcs {...props} outer={outer} em={em} />
          <Moves moves={props.moves} nodes={props.nodes} outer={outer} em={em} />
          {props.keyPosition === null ? (
            <Middle
              big={`${props.nodes.length}`}
              small={props.nodes.length === 1 ? "node" : "nodes"}
              em={em}
              room={innerOf(outer, em)}
            />
          ) : (
            <KeyMark {...props} position={props.keyPosition} outer={outer} em={em} />
          )}
        </svg>
      )}
    </figure>
  );
}

interface Scale {
  readonly outer: number;
  readonly em: number;
}

/** Per node: its stretches as one shape, its virtual nodes as ticks outside. */
const Arcs = memo(function Arcs({ ring, nodes, active, onPoint, steps, outer, em }: DrawingProps & Scale) {
  const inner = innerOf(outer, em);
  const shapes = useMemo(() => {
    const arcs = arcsOf(ring.points);
    return new Map<string, { arcs: string; lifted: string; ticks: string }>(
      ring.nodes.map((node) => {
        const own = arcs.filter((arc) => arc.node === node);
        const points = ring.points
          .filter((point) => point.node === node)
          .map((point) => turnOf(point.position));
        return [
          node,
          {
            arcs: pathOf(own, inner, outer),
            lifted: pathOf(own, inner - em * 0.3, outer + em * 0.15),
            ticks: ticks(points, outer + em * 0.25, outer + em * 0.7),
          },
        ];
      }),
    );
  }, [ring, inner, outer, em]);
  const owners = new Set(steps.map((step) => step.node));
  return nodes.map(({ node, status }, index) => {
    const look = lookOf(index);
    const shape = shapes.get(node);
    if (shape === undefined) return null;
    const isActive = active === node;
    const isFaint = active === null ? owners.size > 0 && !owners.has(node) : !isActive;
    const d = isActive ? shape.lifted : shape.arcs;
    return (
      <g
        key={node}
        className={cx(styles[`hue${look.hue}`], isFaint && styles["faint"])}
        onPointerEnter={() => onPoint(node)}
        onPointerLeave={() => onPoint(null)}
      >
        <path className={styles["arc"]} d={d} />
        {look.fill !== "solid" && <path className={styles["fill"]} d={d} fill={`url(#ring-${look.fill})`} />}
        {status !== "running" && <path className={styles["fill"]} d={d} fill="url(#ring-down)" />}
        <path className={styles["tick"]} d={shape.ticks} />
      </g>
    );
  });
});

const pathOf = (arcs: readonly Arc[], inner: number, outer: number) =>
  arcs.map((arc) => ringSegment(arc, inner, outer)).join("");

/** The stretches that would change hands, in the colour of their new owner. */
function Moves({
  moves,
  nodes,
  outer,
  em,
}: Scale & { readonly moves: readonly Move[]; readonly nodes: readonly ShownNode[] }) {
  const receivers = [...new Set(moves.map((move) => move.receiver))];
  return receivers.map((receiver) => {
    const known = nodes.findIndex(({ node }) => node === receiver);
    const hue = lookOf(known === -1 ? nodes.length : known).hue;
    const own = moves.filter((move) => move.receiver === receiver);
    return (
      <path
        key={receiver}
        className={cx(styles["arc"], styles[`hue${hue}`])}
        d={pathOf(own, outer + em * 0.95, outer + em * 1.75)}
      />
    );
  });
}

/** Where the key lies, and how far the walk to its last owner goes. */
function KeyMark({ position, steps, outer, em }: Scale & DrawingProps & { readonly position: number }) {
  const turn = turnOf(position);
  const last = steps.at(-1);
  const end = last === undefined ? turn : turnOf(last.position);
  const walked = { from: turn, to: end < turn ? end + 1 : end };
  const tip = onCircle(origin, outer + em * 0.9, turn);
  const inner = innerOf(outer, em);
  const foot = onCircle(origin, inner - em * 0.3, turn);
  const owners = steps.filter((step) => step.owner !== null);
  return (
    <>
      <path className={styles["walked"]} d={ringSegment(walked, inner - em * 0.75, inner - em * 0.35)} />
      <path
        className={styles["pin"]}
        d={`M0,0 L${-em * 0.55},${-em * 1.1} L${em * 0.55},${-em * 1.1}Z`}
        transform={`translate(${tip.x},${tip.y}) rotate(${turn * 360})`}
      />
      <line className={styles["needle"]} x1={tip.x} y1={tip.y} x2={foot.x} y2={foot.y} />
      <Middle
        big={owners.map((step) => step.node).join("\n")}
        small={`${(turn * 100).toFixed(2)} % round`}
        em={em}
        room={inner - em * 0.75}
      />
    </>
  );
}

/** Words in the middle, when the circle of radius `room` holds them; the list beside the ring says the same. */
function Middle(props: {
  readonly big: string;
  readonly small: string;
  readonly em: number;
  readonly room: number;
}) {
  const { big, small, em, room } = props;
  const lines = big.split("\n");
  if (room < em * (lines.length > 1 ? 2.6 + lines.length * 0.8 : 2.8)) return null;
  const size = lines.length > 1 ? em * 1.1 : em * 2.6;
  const top = -((lines.length - 1) * size * 1.35) / 2 + (lines.length > 1 ? em * 0.6 : em * 0.3);
  return (
    <g className={styles["middle"]}>
      {lines.length > 1 && (
        <text className={styles["small"]} y={top - size * 1.5} fontSize={em * 0.9}>
          owners, in order
        </text>
      )}
      {lines.map((line, index) => (
        <text key={line} className={styles["big"]} y={top + index * size * 1.35} fontSize={size}>
          {lines.length > 1 ? `${index + 1}  ${line}` : line}
        </text>
      ))}
      <text
        className={styles["small"]}
        y={top + (lines.length - 1) * size * 1.35 + em * 1.7}
        fontSize={em * 0.9}
      >
        {small}
      </text>
    </g>
  );
}

/** Fills that tell nodes apart without colour, and the hatching of those that do not run. */
function Patterns() {
  const shapes = {
    solid: null,
    stripes: <path className={styles["grain"]} d="M0,0V6" />,
    dots: <circle className={styles["speck"]} cx="3" cy="3" r="1.3" />,
    cross: <path className={styles["grain"]} d="M0,3H6M3,0V6" />,
  };
  return (
    <defs>
      {fills.map((fill) => (
        <pattern
          key={fill}
          id={`ring-${fill}`}
          width="6"
          height="6"
          patternUnits="userSpaceOnUse"
          patternTransform={fill === "stripes" ? "rotate(45)" : undefined}
        >
          {shapes[fill]}
        </pattern>
      ))}
      <pattern
        id="ring-down"
        width="5"
        height="5"
        patternUnits="userSpaceOnUse"
        patternTransform="rotate(-45)"
      >
        <path className={styles["down"]} d="M0,0V5" />
      </pattern>
    </defs>
  );
}
