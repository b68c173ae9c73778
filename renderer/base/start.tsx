import "@fontsource-variable/inter";
import "@fontsource-variable/jetbrains-mono";
import "./tokens.css";
import "./global.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import type { LabConnection } from "../../shared/contract/contract.ts";
import { Shell } from "../session/shell.tsx";
import { handleKey } from "./commands.ts";
import { exposeIdle } from "./idle.ts";
import { releaseFocusAfterClicks } from "./pointer-focus.ts";
import { loadPrefs, prefsOf, samePrefs, savePrefs } from "./prefs.ts";
import { startSessionLoop } from "./session-loop.ts";
import { type Files, labStore } from "./store.ts";
import { applyTheme, onSystemTheme } from "./theme.ts";
import { EmptyState } from "./ui/empty-state.tsx";

const root = () => createRoot(document.querySelector("#lab")!);

/** Opens the lab's window over a connection; the entries differ in nothing else. */
export function startWindow(connection: LabConnection, files: Files): void {
  labStore.setState(loadPrefs(localStorage));
  applyTheme(labStore.getState().theme);
  onSystemTheme(() => applyTheme(labStore.getState().theme));
  labStore.subscribe((state, before) => {
    if (state.theme !== before.theme) applyTheme(state.theme);
    if (!samePrefs(state, before)) savePrefs(localStorage, prefsOf(state));
  });
  document.addEventListener("keydown", handleKey);
  releaseFocusAfterClicks();
  exposeIdle(startSessionLoop(connection, files));
  root().render(
    <StrictMode>
      <Shell />
    </StrictMode>,
  );
}

/** The one page that is no lab: says why, and what to do. */
export function refuse(title: string, text: string): void {
  applyTheme("system");
  root().render(<EmptyState title={title}>{text}</EmptyState>);
}
