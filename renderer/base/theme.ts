import type { Theme } from "./prefs.ts";

const systemDark = () => window.matchMedia("(prefers-color-scheme: dark)");

/** Follows the system until a theme is chosen, and again when "system" is. */
export function applyTheme(theme: Theme): void {
  const shown = theme === "system" ? (systemDark().matches ? "dark" : "light") : theme;
  document.documentElement.dataset["theme"] = shown;
}

/** Calls back when the system changes between light and dark. */
export function onSystemTheme(changed: () => void): void {
  systemDark().addEventListener("change", changed);
}
