import { type KeyboardEvent, memo } from "react";
import type { Operation, RecordedEvent } from "../../shared/trace/event.ts";
import { labStore } from "../base/store.ts";
import { cx } from "../base/ui/cx.ts";
import styles from "./event-log.module.css";

const signs: Record<Operation, string> = {
  put: "▲",
  get: "●",
  delete: "▼",
  internal: "◆",
  membership: "■",
  consensus: "⬢",
  lab: "⚑",
};

export const EventRow = memo(function EventRow(props: {
  readonly event: RecordedEvent;
  /** Time of the session's first event. */
  readonly first: number;
  readonly height: number;
  readonly isSelected: boolean;
  /** It happens after the cursor. */
  readonly isLater: boolean;
  /** The one row that Tab reaches. */
  readonly isReached: boolean;
  readonly onKeyDown: (stroke: KeyboardEvent, id: number) => void;
}) {
  const { event, isSelected } = props;
  return (
    <button
      type="button"
      data-event={event.id}
      aria-pressed={isSelected}
      tabIndex={props.isReached ? 0 : -1}
      className={cx(styles["row"], isSelected && styles["selected"], props.isLater && styles["later"])}
      style={{ height: props.height }}
      onClick={() => labStore.getState().select({ kind: "event", id: event.id })}
      onKeyDown={(stroke) => props.onKeyDown(stroke, event.id)}
    >
      <span className={styles["time"]}>{((event.at - props.first) / 1000).toFixed(3)} s</span>
      <span className={styles["node"]}>{event.node}</span>
      <span aria-hidden className={cx(styles["sign"], styles[event.op])}>
        {signs[event.op]}
      </span>
      <span className={styles["name"]}>{event.name}</span>
      <span className={styles["peer"]}>{peerText(event)}</span>
      <span className={styles["key"]}>{event.key ?? ""}</span>
      <span className={styles["detail"]}>{detailText(event)}</span>
    </button>
  );
});

function peerText({ type, peer }: RecordedEvent): string {
  switch (type) {
    case "send":
      return `→ ${peer ?? "?"}`;
    case "receive":
      return `← ${peer ?? "?"}`;
    case "lost":
      return `✕ ${peer ?? "?"}`;
    case "local":
      return "";
  }
}

function detailText({ detail }: RecordedEvent): string {
  if (detail === undefined) return "";
  return Object.entries(detail)
    .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ")
    .slice(0, 300);
}
