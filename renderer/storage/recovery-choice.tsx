import { useId } from "react";
import { type RecoveryMode, recoveryModes } from "../../shared/contract/storage.ts";
import styles from "./forms.module.css";
import { recoveryWords } from "./words.ts";

/** What a start does about damage in the middle of the log. */
export function RecoveryChoice(props: {
  readonly value: RecoveryMode;
  readonly onChange: (mode: RecoveryMode) => void;
}) {
  const id = useId();
  return (
    <fieldset className={styles["modes"]}>
      <legend>When the log is damaged</legend>
      {recoveryModes.map((mode) => (
        <div key={mode} className={styles["mode"]}>
          <input
            type="radio"
            id={`${id}-${mode}`}
            name={id}
            value={mode}
            checked={props.value === mode}
            aria-describedby={`${id}-${mode}-text`}
            onChange={() => props.onChange(mode)}
          />
          <label htmlFor={`${id}-${mode}`}>{recoveryWords[mode].label}</label>
          <span id={`${id}-${mode}-text`} className={styles["hint"]}>
            {recoveryWords[mode].text}
          </span>
        </div>
      ))}
    </fieldset>
  );
}
