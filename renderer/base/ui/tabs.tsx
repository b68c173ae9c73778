import type { LucideIcon } from "lucide-react";
import { Tabs as Radix } from "radix-ui";
import { useEffect, useRef } from "react";
import styles from "./tabs.module.css";

export interface Tab<Name extends string> {
  readonly name: Name;
  readonly label: string;
  readonly icon?: LucideIcon;
  /** A count that asks to be looked at; nothing is shown at 0. */
  readonly badge?: number;
}

export function Tabs<Name extends string>(props: {
  readonly label: string;
  readonly tabs: readonly Tab<Name>[];
  readonly value: Name;
  readonly onChange: (name: Name) => void;
}) {
  const list = useRef<HTMLDivElement>(null);
  const { value } = props;
  useEffect(() => {
    const active = list.current?.querySelector(`[data-tab="${value}"]`);
    active?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [value]);
  return (
    <Radix.Root
      className={styles["tabs"]}
      value={value}
      onValueChange={(name) => props.onChange(name as Name)}
    >
      <Radix.List
        ref={list}
        className={styles["list"]}
        aria-label={props.label}
        onWheel={({ currentTarget, deltaY }) => void (currentTarget.scrollLeft += deltaY)}
        onFocus={({ target, currentTarget }) => {
          // After a click the list itself would be one more stop, with nothing to see.
          if (target === currentTarget)
            currentTarget.querySelector<HTMLElement>("[data-state=active]")?.focus();
        }}
      >
        {props.tabs.map(({ name, label, icon: Icon, badge }) => (
          <Radix.Trigger key={name} value={name} data-tab={name} className={styles["tab"]}>
            {Icon !== undefined && <Icon className={styles["icon"]} aria-hidden />}
            {label}
            {badge !== undefined && badge > 0 && <span className={styles["badge"]}>{badge}</span>}
          </Radix.Trigger>
        ))}
      </Radix.List>
    </Radix.Root>
  );
}
