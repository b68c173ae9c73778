import styles from "./bar.module.css";

/** How much of a whole is done. */
export function Bar(props: { readonly label: string; readonly value: number; readonly max: number }) {
  return (
    <progress className={styles["bar"]} aria-label={props.label} value={props.value} max={props.max || 1} />
  );
}
