import type { LucideIcon } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import type { KeyText } from "../keys.ts";
import styles from "./button.module.css";
import { cx } from "./cx.ts";
import { Tooltip } from "./tooltip.tsx";

type NativeProps = Omit<ComponentProps<"button">, "className" | "type">;

export interface ButtonProps extends NativeProps {
  /** `primary` for the one thing most wanted here, `danger` for what destroys, `quiet` inside bars and rows. */
  readonly variant?: "plain" | "primary" | "danger" | "quiet";
  readonly icon?: LucideIcon | undefined;
  readonly type?: "button" | "submit";
  readonly children?: ReactNode;
}

export function Button({ variant = "plain", icon: Icon, type = "button", children, ...rest }: ButtonProps) {
  return (
    <button type={type} className={cx(styles["button"], styles[variant])} {...rest}>
      {Icon !== undefined && <Icon className={styles["icon"]} aria-hidden />}
      {children}
    </button>
  );
}

export interface IconButtonProps extends NativeProps {
  readonly icon: LucideIcon;
  /** Read aloud, and shown on hover. */
  readonly label: string;
  readonly keys?: KeyText | undefined;
  /** Present on a button that switches something on and off. */
  readonly pressed?: boolean;
  readonly variant?: "quiet" | "plain";
}

export function IconButton({
  icon: Icon,
  label,
  keys,
  pressed,
  variant = "quiet",
  ...rest
}: IconButtonProps) {
  return (
    <Tooltip text={label} keys={keys}>
      <button
        type="button"
        aria-label={label}
        aria-pressed={pressed}
        className={cx(styles["button"], styles["square"], styles[variant])}
        {...rest}
      >
        <Icon className={styles["icon"]} aria-hidden />
      </button>
    </Tooltip>
  );
}
