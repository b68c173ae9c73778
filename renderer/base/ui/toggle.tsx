import { Switch, ToggleGroup } from "radix-ui";
import { type ReactNode, useId } from "react";
import styles from "./toggle.module.css";

/** On or off, with immediate effect. */
export function Toggle(props: {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly disabled?: boolean;
}) {
  const id = useId();
  return (
    <span className={styles["toggle"]}>
      <Switch.Root
        id={id}
        className={styles["track"]}
        checked={props.checked}
        disabled={props.disabled === true}
        onCheckedChange={props.onChange}
      >
        <Switch.Thumb className={styles["thumb"]} />
      </Switch.Root>
      <label htmlFor={id}>{props.label}</label>
    </span>
  );
}

/** One of a few, side by side. */
export function Choice<Name extends string>(props: {
  readonly label: string;
  readonly options: readonly { readonly name: Name; readonly label: ReactNode; readonly title?: string }[];
  readonly value: Name;
  readonly onChange: (name: Name) => void;
}) {
  return (
    <ToggleGroup.Root
      type="single"
      className={styles["choice"]}
      aria-label={props.label}
      value={props.value}
      onValueChange={(name) => {
        if (name !== "") props.onChange(name as Name);
      }}
    >
      {props.options.map((option) => (
        <ToggleGroup.Item
          key={option.name}
          value={option.name}
          className={styles["option"]}
          aria-label={option.title}
          title={option.title}
        >
          {option.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
