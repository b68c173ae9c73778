/** One tab stop for a row or a column of buttons: arrow keys go from one to the next. */
import type { KeyboardEvent } from "react";

/** A key handler for each button of a list; the buttons carry `data-item`. */
export function roving(back: string, on: string): (stroke: KeyboardEvent<HTMLElement>) => void {
  return (stroke) => {
    const by = stroke.key === on ? 1 : stroke.key === back ? -1 : 0;
    const list = stroke.currentTarget.closest("ul, ol");
    if (by === 0 || list === null) return;
    stroke.preventDefault();
    const items = [...list.querySelectorAll<HTMLElement>("[data-item]")];
    items[items.indexOf(stroke.currentTarget) + by]?.focus();
  };
}
