import type { VectorClock } from "../../shared/clock/vector-clock.ts";
import type { NodeId } from "../../shared/ids.ts";
import { clockParts } from "./paint-labels.ts";
import styles from "./timeline.module.css";

interface ClockLabelProps {
  readonly clock: VectorClock;
  /** The clock before it in the lane: what differs is bold. */
  readonly before: VectorClock | null;
  readonly lanes: readonly NodeId[];
}

/** ⟨3,0,1⟩ in the order of the lanes. */
export function ClockLabel({ clock, before, lanes }: ClockLabelProps) {
  const spoken = lanes.map((node) => `${node} ${clock[node] ?? 0}`).join(", ");
  return (
    <span className={styles["clock"]} title={spoken}>
      <span aria-hidden="true">
        {clockParts(clock, before, lanes).map((part, index) => {
          const key = `${index} ${part.text}`;
          return part.isChanged ? <b key={key}>{part.text}</b> : <span key={key}>{part.text}</span>;
        })}
      </span>
      <span className={styles["aloud"]}>{spoken}</span>
    </span>
  );
}
