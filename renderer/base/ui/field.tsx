import { type ComponentProps, type ReactNode, useId } from "react";
import { cx } from "./cx.ts";
import styles from "./field.module.css";

/** A label over its control, with a hint, or with what is wrong and what to do. */
export function Field(props: {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | null | undefined;
  readonly children: (control: { readonly id: string; readonly "aria-describedby": string }) => ReactNode;
}) {
  const id = useId();
  const noteId = `${id}-note`;
  const error = props.error ?? null;
  return (
    <div className={styles["field"]}>
      <label htmlFor={id} className={styles["label"]}>
        {props.label}
      </label>
      {props.children({ id, "aria-describedby": noteId })}
      <p
        id={noteId}
        className={cx(styles["note"], error !== null && styles["error"])}
        role={error === null ? undefined : "alert"}
      >
        {error ?? props.hint}
      </p>
    </div>
  );
}

type Plain<Tag extends "input" | "select" | "textarea"> = Omit<ComponentProps<Tag>, "className">;

export function Input({ mono, ...rest }: Plain<"input"> & { readonly mono?: boolean }) {
  return (
    <input className={cx(styles["control"], mono === true && styles["mono"])} spellCheck={false} {...rest} />
  );
}

export function TextArea(props: Plain<"textarea">) {
  return <textarea className={cx(styles["control"], styles["area"])} {...props} />;
}

export function Select(props: Plain<"select">) {
  return <select className={cx(styles["control"], styles["select"])} {...props} />;
}
