import styles from "./brand.module.css";

/** The mark: one event, the cone of its past below and of its future above. */
export function Mark() {
  return (
    <svg className={styles["mark"]} viewBox="0 0 24 24" aria-hidden>
      <path className={styles["cone"]} d="M12 12 4.5 2.5h15z" />
      <path className={styles["cone"]} d="M12 12 4.5 21.5h15z" />
      <path className={styles["edges"]} d="M4.5 2.5 19.5 21.5M19.5 2.5 4.5 21.5" />
      <circle className={styles["event"]} cx="12" cy="12" r="2.6" />
    </svg>
  );
}
