import type { Operation } from "../../shared/trace/event.ts";
import { Sign } from "./sign.tsx";
import styles from "./timeline.module.css";

const signs: readonly (readonly [Operation, string])[] = [
  ["put", "put"],
  ["get", "get"],
  ["delete", "delete"],
  ["internal", "internal"],
  ["membership", "membership"],
  ["consensus", "consensus"],
  ["lab", "the lab's own acts"],
];

/** What the signs mean. */
export function Legend() {
  return (
    <ul className={styles["legend"]} aria-label="Signs">
      {signs.map(([op, word]) => (
        <li key={op}>
          <Sign op={op} size="1em" /> {word}
        </li>
      ))}
    </ul>
  );
}
