import { Tooltip as Radix } from "radix-ui";
import type { ReactElement, ReactNode } from "react";
import type { KeyText } from "../keys.ts";
import { Kbd } from "./kbd.tsx";
import styles from "./tooltip.module.css";

export const TooltipProvider = Radix.Provider;

/** A short sentence, and the key that does the same, for the one element inside. */
export function Tooltip(props: {
  readonly text: ReactNode;
  readonly keys?: KeyText | undefined;
  readonly side?: "top" | "bottom" | "left" | "right";
  readonly children: ReactElement;
}) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{props.children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          className={styles["tip"]}
          side={props.side ?? "bottom"}
          sideOffset={6}
          collisionPadding={8}
        >
          {props.text}
          {props.keys !== undefined && <Kbd keys={props.keys} />}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
