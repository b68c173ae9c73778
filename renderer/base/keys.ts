/** A key stroke as it is written for people: "W", "Ctrl+Shift+P", "[", "Space", "F11". */
export type KeyText = string;

type Stroke = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey">;

const named: Record<string, string> = { Space: " " };

/** Whether a stroke is the one written. On a Mac the command key stands for Ctrl. */
export function matchesKey(stroke: Stroke, text: KeyText, isMac: boolean): boolean {
  const parts = text.split("+");
  const key = parts.pop()!;
  const wanted = named[key] ?? key;
  if (stroke.key.toLowerCase() !== wanted.toLowerCase()) return false;
  const command = isMac ? stroke.metaKey : stroke.ctrlKey;
  const stray = isMac ? stroke.ctrlKey : stroke.metaKey;
  if (stray || stroke.altKey || command !== parts.includes("Ctrl")) return false;
  // Signs such as ? need the shift key on some keyboards and not on others: the sign itself decides.
  const isLetter = /^[a-z]$/i.test(wanted) || wanted.length > 1;
  return !isLetter || stroke.shiftKey === parts.includes("Shift");
}

/** The parts of a stroke as they stand on the keyboard. */
export function keyCaps(text: KeyText, isMac: boolean): readonly string[] {
  const caps = isMac ? { Ctrl: "⌘", Shift: "⇧" } : { Ctrl: "Ctrl", Shift: "Shift" };
  return text.split("+").map((part) => caps[part as keyof typeof caps] ?? part);
}

const fields = "input, textarea, select, [contenteditable=true]";
const menus = "[role=menu], [role=listbox], dialog";
const pressables = "button, a[href], summary, [role=button], [role=tab], [role=switch], [role=separator]";

/** Where a stroke lands decides who owns it: text being typed, an open menu or dialog, a focused button. */
export function strokeOwner(target: EventTarget | null): "text" | "overlay" | "button" | "window" {
  if (!(target instanceof Element)) return "window";
  if (target.closest(fields) !== null) return "text";
  if (target.closest(menus) !== null) return "overlay";
  return target.closest(pressables) === null ? "window" : "button";
}

/** Whether a command may answer a stroke that landed there. */
export function mayFire(owner: ReturnType<typeof strokeOwner>, key: string, everywhere: boolean): boolean {
  if (owner === "window") return true;
  if (owner === "button") return key !== " " && key !== "Enter";
  return everywhere;
}

export const isMac = typeof navigator !== "undefined" && /mac/i.test(navigator.platform);
