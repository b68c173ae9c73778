import { max } from "d3-array";
import { scaleLinear } from "d3-scale";
import { area, line, stack } from "d3-shape";
import styles from "./statistics.module.css";
import { useSize } from "./use-size.ts";

interface Frame {
  /** Read aloud instead of the picture. */
  readonly label: string;
  readonly unit: string;
}

interface Row {
  readonly at: number;
}

/** Gridlines with their values, and how long ago the chart begins. */
function Axes(props: {
  readonly ticks: readonly number[];
  readonly y: (value: number) => number;
  readonly unit: string;
  readonly left: number;
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
  readonly em: number;
}) {
  const { ticks, y, left, width, height, em } = props;
  return (
    <g className={styles["axes"]} fontSize={em * 0.82}>
      {ticks.map((value) => (
        <g key={value} transform={`translate(0,${y(value)})`}>
          <line x1={left} x2={width} />
          <text x={left - em * 0.4} dy="0.32em" textAnchor="end">
            {`${value}${props.unit}`}
          </text>
        </g>
      ))}
      <text x={left} y={height - em * 0.1}>
        −{props.seconds} s
      </text>
      <text x={width} y={height - em * 0.1} textAnchor="end">
        now
      </text>
    </g>
  );
}

function useFrame(rows: readonly Row[], top: number) {
  const [box, size] = useSize<HTMLElement>();
  const { width, height, em } = size ?? { width: 0, height: 0, em: 13 };
  const left = em * 3.8;
  const x = scaleLinear([0, Math.max(1, rows.length)], [left, width]);
  const y = scaleLinear([0, top || 1], [height - em * 1.5, em * 0.6]).nice(3);
  return {
    box,
    width,
    height,
    em,
    left,
    x,
    y,
    ticks: y.ticks(3),
    isReady: width > left * 1.5 && height > em * 3,
  };
}

/** One bar for each second, its parts stacked in a fixed order. */
export function StackChart<Name extends string>(
  props: Frame & {
    readonly series: readonly Name[];
    readonly rows: readonly (Row & Readonly<Record<Name, number>>)[];
  },
) {
  const { rows, series } = props;
  const total = max(rows, (row) => series.reduce((sum, name) => sum + row[name], 0)) ?? 0;
  const { box, isReady, x, y, ...frame } = useFrame(rows, total);
  const layers = stack<Row & Readonly<Record<Name, number>>, Name>()
    .keys(series)
    .value((row, name) => row[name])([...rows]);
  return (
    <figure ref={box} className={styles["chart"]} aria-label={props.label}>
      {isReady && (
        <svg width={frame.width} height={frame.height} aria-hidden>
          <Axes {...frame} y={y} unit={props.unit} seconds={rows.length} />
          {layers.map((layer) => (
            <g key={layer.key} className={styles[layer.key]}>
              {layer.map(([low, high], index) => (
                <rect
                  key={rows[index]!.at}
                  x={x(index) + 1}
                  width={Math.max(1, x(index + 1) - x(index) - 2)}
                  y={y(high)}
                  height={Math.max(0, y(low) - y(high))}
                />
              ))}
            </g>
          ))}
        </svg>
      )}
    </figure>
  );
}

/** Median as a line, the 95th percentile as a dashed line over a soft area; gaps where nothing was answered. */
export function LineChart(
  props: Frame & {
    readonly rows: readonly (Row & { readonly low: number | null; readonly high: number | null })[];
  },
) {
  const { rows } = props;
  const { box, isReady, x, y, ...frame } = useFrame(rows, max(rows, (row) => row.high ?? 0) ?? 0);
  type Point = (typeof rows)[number];
  const middle = (_: Point, index: number) => x(index + 0.5);
  const high = line<Point>()
    .defined((row) => row.high !== null)
    .x(middle)
    .y((row) => y(row.high!));
  const low = line<Point>()
    .defined((row) => row.low !== null)
    .x(middle)
    .y((row) => y(row.low!));
  const under = area<Point>()
    .defined((row) => row.low !== null && row.high !== null)
    .x(middle)
    .y0((row) => y(row.low!))
    .y1((row) => y(row.high!));
  const last = rows.at(-1);
  return (
    <figure ref={box} className={styles["chart"]} aria-label={props.label}>
      {isReady && (
        <svg width={frame.width} height={frame.height} aria-hidden>
          <Axes {...frame} y={y} unit={props.unit} seconds={rows.length} />
          <path className={styles["between"]} d={under([...rows]) ?? ""} />
          <path className={styles["high"]} d={high([...rows]) ?? ""} />
          <path className={styles["low"]} d={low([...rows]) ?? ""} />
          {last?.high != null && (
            <g className={styles["ends"]} fontSize={frame.em * 0.82}>
              <text x={frame.width - 2} y={y(last.high) - frame.em * 0.4} textAnchor="end">
                p95
              </text>
            </g>
          )}
        </svg>
      )}
    </figure>
  );
}
