import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import styles from "./empty-state.module.css";

/** Says what will appear here and how to make it appear. */
export function EmptyState(props: {
  readonly icon?: LucideIcon;
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}) {
  const Icon = props.icon;
  return (
    <div className={styles["empty"]}>
      {Icon !== undefined && <Icon className={styles["icon"]} aria-hidden />}
      <p className={styles["title"]}>{props.title}</p>
      {props.children !== undefined && <div className={styles["text"]}>{props.children}</div>}
      {props.action}
    </div>
  );
}
