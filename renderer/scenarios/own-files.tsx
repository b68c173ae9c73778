import { useLab } from "../base/store.ts";
import styles from "./panel.module.css";
import { scenarioFolder } from "./words.ts";

/** Where one's own scenarios go, and the same from a terminal. */
export function OwnFiles() {
  const folder = useLab(({ lab }) => (lab === null ? null : scenarioFolder(lab.session.path)));
  return (
    <div className={styles["teach"]}>
      <p>
        Your own are YAML files in <code>{folder ?? "the folder scenarios of the data directory"}</code>. From
        a terminal, the same files:
      </p>
      <ul>
        <li>
          <code>lightcone simulate mine.yaml --seed 7</code> on virtual time
        </li>
        <li>
          <code>lightcone run mine.yaml</code> on real processes
        </li>
        <li>
          <code>lightcone hunt mine.yaml --seeds 1..1000</code> over many seeds
        </li>
      </ul>
    </div>
  );
}
