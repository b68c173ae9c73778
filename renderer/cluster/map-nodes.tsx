import { CircleAlert, CircleStop, HardDrive, Hourglass, type LucideIcon, Pause, Skull } from "lucide-react";
import { memo } from "react";
import { cx } from "../base/ui/cx.ts";
import { shortName } from "../ring/node-look.ts";
import { type Doubt, doubtText } from "./beliefs.ts";
import styles from "./cluster-map.module.css";
import type { Point } from "./geometry.ts";
import type { MapLayout } from "./map-layout.ts";
import type { ShownNode, ShownStatus } from "./network.ts";

const icons: Partial<Record<ShownStatus, LucideIcon>> = {
  starting: Hourglass,
  paused: Pause,
  stopped: CircleStop,
  killed: Skull,
  failed: CircleAlert,
};

interface MapNodeProps {
  readonly node: ShownNode;
  readonly place: Point;
  readonly centre: Point;
  readonly radius: number;
  readonly em: number;
  readonly labels: MapLayout["labels"];
  readonly doubt: Doubt;
  readonly hasDiskFault: boolean;
  readonly isSelected: boolean;
  readonly isTarget: boolean;
}

/** All that is to be said of a node in one line: for those who hear the map instead of seeing it. */
export function describeNode(node: ShownNode, doubt: Doubt, diskFaults: readonly string[] = []): string {
  const parts = [
    node.node,
    node.status,
    ...(node.clockLost ? ["without the clock it had"] : []),
    ...diskFaults,
  ];
  const doubts = doubtText(doubt);
  return [...parts, ...(doubts === null ? [] : [doubts])].join(", ");
}

export const MapNode = memo(function MapNode(props: MapNodeProps) {
  const { node, place, radius, em, doubt, isSelected, isTarget } = props;
  const { status } = node;
  const Icon = icons[status];
  const iconSize = radius * 1.1;
  const hasName = hasNameIn(props.labels);
  const doubted = status === "running" && doubt.suspect + doubt.dead > 0;
  return (
    <g
      className={cx(styles["node"], styles[status], isTarget && styles["target"])}
      transform={`translate(${place.x},${place.y})`}
    >
      {isSelected && <circle className={styles["selected"]} r={radius + em * 0.42} />}
      {doubted && <circle className={styles["doubted"]} r={radius + em * 0.24} />}
      <Shape status={status} radius={radius} />
      {status === "paused" && <circle className={styles["hatch"]} fill="url(#map-hatch)" r={radius} />}
      {Icon === undefined ? (
        <text className={styles["short"]} dy="0.35em" fontSize={Math.min(em * 1.15, radius * 0.95)}>
          {shortName(node.node)}
        </text>
      ) : (
        <Icon
          className={styles["icon"]}
          x={-iconSize / 2}
          y={-iconSize / 2}
          width={iconSize}
          height={iconSize}
          aria-hidden
        />
      )}
      {props.labels !== "none" && <Label {...props} />}
      {props.hasDiskFault && <DiskSign radius={radius} em={em} />}
      {!hasName && Icon !== undefined && (
        <text className={styles["corner"]} x={radius * 0.9} y={-radius * 0.7} fontSize={em * 0.8}>
          {shortName(node.node)}
        </text>
      )}
    </g>
  );
});

/** At the foot of a node whose disk fails, is full or slow. */
function DiskSign({ radius, em }: { readonly radius: number; readonly em: number }) {
  const side = Math.max(em * 1.1, radius * 0.75);
  return (
    <g className={styles["disk"]} transform={`translate(${radius * 0.75},${radius * 0.75})`}>
      <circle r={side * 0.78} />
      <HardDrive x={-side / 2} y={-side / 2} width={side} height={side} aria-hidden />
    </g>
  );
}

function Shape({ status, radius }: { readonly status: ShownStatus; readonly radius: number }) {
  const side = radius * 1.8;
  if (status === "stopped")
    return (
      <rect
        className={styles["shape"]}
        x={-side / 2}
        y={-side / 2}
        width={side}
        height={side}
        rx={radius * 0.25}
      />
    );
  if (status === "failed") {
    const corners = [22.5, 67.5, 112.5, 157.5, 202.5, 247.5, 292.5, 337.5].map((degrees) => {
      const angle = (degrees * Math.PI) / 180;
      return `${radius * 1.05 * Math.cos(angle)},${radius * 1.05 * Math.sin(angle)}`;
    });
    return <polygon className={styles["shape"]} points={corners.join(" ")} />;
  }
  return <circle className={styles["shape"]} r={radius} />;
}

/** The name outside the circle of nodes, and under it what is out of the ordinary. */
function Label({ node, place, centre, radius, em, doubt, hasDiskFault, labels }: MapNodeProps) {
  const above = place.y < centre.y - em;
  const notes = notesOn(node, doubt, hasDiskFault, labels !== "full");
  const lines = hasNameIn(labels) ? [{ text: node.node, tone: "name" as const }, ...notes] : notes;
  const first = above ? -(radius + em * 0.75 + (lines.length - 1) * em * 1.05) : radius + em * 1.45;
  return (
    <g className={styles["label"]}>
      {lines.map(({ text, tone }, line) => (
        <text
          key={text}
          className={styles[tone]}
          y={first + line * em * 1.05}
          fontSize={tone === "name" ? em : em * 0.86}
        >
          {text}
        </text>
      ))}
    </g>
  );
}

const hasNameIn = (labels: MapLayout["labels"]) => labels === "full" || labels === "short";

function notesOn(
  node: ShownNode,
  doubt: Doubt,
  hasDiskFault: boolean,
  isShort: boolean,
): { text: string; tone: "note" | "alarm" }[] {
  const notes: { text: string; tone: "note" | "alarm" }[] = [];
  if (node.status !== "running") notes.push({ text: node.status, tone: "note" });
  else if (node.clockLost) notes.push({ text: "clock lost", tone: "alarm" });
  if (hasDiskFault) notes.push({ text: "disk fault", tone: "alarm" });
  const doubts = node.status === "running" || node.status === "paused" ? doubtText(doubt, isShort) : null;
  if (doubts !== null) notes.push({ text: doubts, tone: "alarm" });
  return notes;
}
