import { describe, expect, it } from "vitest";
import { keyCaps, matchesKey, mayFire } from "../../../renderer/base/keys.ts";

const stroke = (
  key: string,
  held: Partial<Record<"ctrlKey" | "metaKey" | "shiftKey" | "altKey", boolean>> = {},
) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...held,
});

describe("key strokes", () => {
  it.each([
    ["w", {}, "W", true],
    ["W", { shiftKey: true }, "W", false],
    ["w", { ctrlKey: true }, "W", false],
    ["w", { altKey: true }, "W", false],
    ["?", { shiftKey: true }, "?", true],
    ["?", {}, "?", true],
    ["[", {}, "[", true],
    [" ", {}, "Space", true],
    ["P", { ctrlKey: true, shiftKey: true }, "Ctrl+Shift+P", true],
    ["p", { ctrlKey: true }, "Ctrl+Shift+P", false],
    ["p", {}, "Ctrl+Shift+P", false],
    ["z", { ctrlKey: true }, "Ctrl+Z", true],
    ["Z", { ctrlKey: true, shiftKey: true }, "Ctrl+Z", false],
    ["F11", {}, "F11", true],
    ["F1", {}, "F", false],
    ["Escape", {}, "Escape", true],
  ] as const)("%j with %j against %s: %s", (key, held, text, expected) => {
    expect(matchesKey(stroke(key, held), text, false)).toBe(expected);
  });

  it("on a Mac the command key stands for Ctrl", () => {
    expect(matchesKey(stroke("z", { metaKey: true }), "Ctrl+Z", true)).toBe(true);
    expect(matchesKey(stroke("z", { ctrlKey: true }), "Ctrl+Z", true)).toBe(false);
    expect(keyCaps("Ctrl+Shift+P", true)).toEqual(["⌘", "⇧", "P"]);
    expect(keyCaps("Ctrl+Shift+P", false)).toEqual(["Ctrl", "Shift", "P"]);
  });

  it("does not fire while text is typed or a dialog is open, unless it is meant to", () => {
    expect(mayFire("text", "k", false)).toBe(false);
    expect(mayFire("overlay", "k", false)).toBe(false);
    expect(mayFire("text", "P", true)).toBe(true);
    expect(mayFire("window", "k", false)).toBe(true);
  });

  it("leaves Space and Enter to the button that has the focus", () => {
    expect(mayFire("button", " ", false)).toBe(false);
    expect(mayFire("button", "Enter", false)).toBe(false);
    expect(mayFire("button", "k", false)).toBe(true);
  });
});
