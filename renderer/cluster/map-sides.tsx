import styles from "./cluster-map.module.css";
import type { Point } from "./geometry.ts";

/** The sides of a partition as soft areas. Nodes stand on an ellipse, so a side in their order is its own hull. */
export function MapSides(props: {
  readonly groups: readonly (readonly string[])[];
  readonly places: ReadonlyMap<string, Point>;
  readonly radius: number;
}) {
  if (props.groups.length < 2) return null;
  return props.groups.map((group) => {
    const points = [...props.places].filter(([node]) => group.includes(node)).map(([, place]) => place);
    if (points.length === 0) return null;
    const outline = [...points, points[0]!].map(({ x, y }) => `${x},${y}`).join("L");
    return (
      <path key={group.join()} className={styles["side"]} strokeWidth={props.radius * 3} d={`M${outline}Z`} />
    );
  });
}
