import { Check, ChevronRight, type LucideIcon } from "lucide-react";
import { ContextMenu as Context, DropdownMenu as Dropdown } from "radix-ui";
import type { ReactElement } from "react";
import type { KeyText } from "../keys.ts";
import { usedPointer } from "../pointer-focus.ts";
import { cx } from "./cx.ts";
import { Kbd } from "./kbd.tsx";
import styles from "./menu.module.css";

export interface MenuItem {
  readonly label: string;
  readonly icon?: LucideIcon | undefined;
  readonly keys?: KeyText | undefined;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  /** Present on an item that is on or off, or one of several. */
  readonly checked?: boolean;
  readonly run: () => void;
}

/** A menu is a list: items, "separator" lines, headings and menus inside it. */
export type MenuEntry =
  | MenuItem
  | "separator"
  | { readonly heading: string }
  | {
      readonly label: string;
      readonly icon?: LucideIcon | undefined;
      readonly entries: readonly MenuEntry[];
    };

/** The two kinds of menu have the same parts; `Parts` is whichever is being drawn. */
type Parts = typeof Dropdown | typeof Context;

function Face(props: { readonly label: string; readonly icon?: LucideIcon | undefined }) {
  const Icon = props.icon;
  return (
    <>
      <span className={styles["slot"]}>
        {Icon !== undefined && <Icon className={styles["icon"]} aria-hidden />}
      </span>
      <span className={styles["label"]}>{props.label}</span>
    </>
  );
}

function Item({ parts: Parts, item }: { readonly parts: Parts; readonly item: MenuItem }) {
  const shared = {
    className: cx(styles["item"], item.danger === true && styles["danger"]),
    disabled: item.disabled === true,
    onSelect: () => item.run(),
  };
  const inside = (
    <>
      <Face label={item.label} icon={item.icon} />
      {item.keys !== undefined && <Kbd keys={item.keys} />}
      {item.checked === true && <Check className={styles["icon"]} aria-hidden />}
    </>
  );
  if (item.checked === undefined) return <Parts.Item {...shared}>{inside}</Parts.Item>;
  return (
    <Parts.CheckboxItem {...shared} checked={item.checked}>
      {inside}
    </Parts.CheckboxItem>
  );
}

function Entries({
  parts: Parts,
  entries,
}: {
  readonly parts: Parts;
  readonly entries: readonly MenuEntry[];
}) {
  return entries.map((entry, index) => {
    if (entry === "separator") return <Parts.Separator key={`line-${index}`} className={styles["line"]} />;
    if ("heading" in entry) {
      return (
        <Parts.Label key={entry.heading} className={styles["heading"]}>
          {entry.heading}
        </Parts.Label>
      );
    }
    if (!("entries" in entry)) return <Item key={entry.label} parts={Parts} item={entry} />;
    return (
      <Parts.Sub key={entry.label}>
        <Parts.SubTrigger className={styles["item"]}>
          <Face label={entry.label} icon={entry.icon} />
          <ChevronRight className={styles["icon"]} aria-hidden />
        </Parts.SubTrigger>
        <Parts.Portal>
          <Parts.SubContent className={styles["menu"]} sideOffset={4} collisionPadding={8}>
            <Entries parts={Parts} entries={entry.entries} />
          </Parts.SubContent>
        </Parts.Portal>
      </Parts.Sub>
    );
  });
}

/** After a choice by pointer the button that opened the menu does not take the focus: see pointer-focus.ts. */
function keepFocus(event: Event): void {
  if (usedPointer()) event.preventDefault();
}

// Menus are not modal: Radix locks the page behind modal ones with a <style> element, which the window's policy refuses.

/** Opens under the button inside it. */
export function Menu(props: { readonly entries: readonly MenuEntry[]; readonly children: ReactElement }) {
  return (
    <Dropdown.Root modal={false}>
      <Dropdown.Trigger asChild>{props.children}</Dropdown.Trigger>
      <Dropdown.Portal>
        <Dropdown.Content
          onCloseAutoFocus={keepFocus}
          className={styles["menu"]}
          sideOffset={5}
          align="start"
          collisionPadding={8}
        >
          <Entries parts={Dropdown} entries={props.entries} />
        </Dropdown.Content>
      </Dropdown.Portal>
    </Dropdown.Root>
  );
}

/** Opens at the pointer on a right click (or the menu key) anywhere on the element inside it. */
export function ContextMenu(props: {
  readonly entries: readonly MenuEntry[];
  readonly onOpenChange?: (open: boolean) => void;
  readonly children: ReactElement;
}) {
  return (
    <Context.Root modal={false} onOpenChange={(open) => props.onOpenChange?.(open)}>
      <Context.Trigger asChild>{props.children}</Context.Trigger>
      <Context.Portal>
        <Context.Content onCloseAutoFocus={keepFocus} className={styles["menu"]} collisionPadding={8}>
          <Entries parts={Context} entries={props.entries} />
        </Context.Content>
      </Context.Portal>
    </Context.Root>
  );
}
