import { CircleAlert, Info, TriangleAlert, X } from "lucide-react";
import { Toast as Radix } from "radix-ui";
import { closeToast, type Toast, useToasts } from "../toasts.ts";
import { Button, IconButton } from "./button.tsx";
import { cx } from "./cx.ts";
import styles from "./toaster.module.css";

const icons = { info: Info, warning: TriangleAlert, error: CircleAlert };
/** Long enough to read aloud twice; an error waits to be closed. */
const shownMs = { info: 6_000, warning: 12_000, error: Number.POSITIVE_INFINITY };

function Entry({ toast }: { readonly toast: Toast }) {
  const Icon = icons[toast.level];
  const { action } = toast;
  return (
    <Radix.Root
      className={styles["toast"]}
      type={toast.level === "info" ? "background" : "foreground"}
      duration={shownMs[toast.level]}
      onOpenChange={(open) => {
        if (!open) closeToast(toast.id);
      }}
    >
      <Icon className={cx(styles["icon"], styles[toast.level])} aria-hidden />
      <Radix.Description className={styles["text"]}>{toast.text}</Radix.Description>
      {action !== undefined && (
        <Radix.Action altText={action.label} asChild>
          <Button onClick={action.run}>{action.label}</Button>
        </Radix.Action>
      )}
      <Radix.Close asChild>
        <IconButton icon={X} label="Close" />
      </Radix.Close>
    </Radix.Root>
  );
}

export function Toaster() {
  const toasts = useToasts((state) => state.toasts);
  return (
    <Radix.Provider swipeDirection="right" label="Messages">
      {toasts.map((toast) => (
        <Entry key={toast.id} toast={toast} />
      ))}
      <Radix.Viewport className={styles["corner"]} />
    </Radix.Provider>
  );
}
