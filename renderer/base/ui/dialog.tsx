import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { IconButton } from "./button.tsx";
import { cx } from "./cx.ts";
import styles from "./dialog.module.css";

/**
 * The browser's own modal dialog: it holds the focus, makes the rest inert and closes with Escape by itself.
 * Mount it while it is open; the control with `data-focus` gets the focus.
 */
export function Dialog(props: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** Buttons, the wanted one last. */
  readonly actions?: ReactNode;
  readonly size?: "small" | "large";
  /** True when the content has its own head, such as a search field; the title is then only read aloud. */
  readonly bare?: boolean;
}) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const { onClose } = props;
  useEffect(() => {
    const dialog = element.current!;
    dialog.showModal();
    const wanted = dialog.querySelector<HTMLElement>("[data-focus]");
    (wanted ?? dialog).focus();
    if (wanted instanceof HTMLInputElement) wanted.select();
    const onCancel = (event: Event) => {
      event.preventDefault();
      onClose();
    };
    // A tooltip inside takes the first Escape for itself and would leave the dialog standing.
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape") onClose();
    };
    const onPress = (event: PointerEvent) => {
      if (event.target === dialog) onClose();
    };
    dialog.addEventListener("cancel", onCancel);
    dialog.addEventListener("keydown", onKey);
    dialog.addEventListener("pointerdown", onPress);
    return () => {
      dialog.removeEventListener("cancel", onCancel);
      dialog.removeEventListener("keydown", onKey);
      dialog.removeEventListener("pointerdown", onPress);
      dialog.close();
    };
  }, [onClose]);
  const bare = props.bare === true;
  return (
    <dialog
      ref={element}
      tabIndex={-1}
      className={cx(styles["dialog"], props.size === "large" && styles["large"])}
      aria-labelledby={bare ? undefined : titleId}
      aria-label={bare ? props.title : undefined}
    >
      <div className={styles["frame"]}>
        {!bare && (
          <header className={styles["head"]}>
            <h2 id={titleId} className={styles["title"]}>
              {props.title}
            </h2>
            <IconButton icon={X} label="Close" onClick={onClose} />
          </header>
        )}
        <div className={bare ? styles["bare"] : styles["body"]}>{props.children}</div>
        {props.actions !== undefined && <footer className={styles["actions"]}>{props.actions}</footer>}
      </div>
    </dialog>
  );
}
