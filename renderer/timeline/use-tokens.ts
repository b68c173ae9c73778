import { useSyncExternalStore } from "react";
import { readTokens, type TimelineTokens } from "./tokens.ts";

let known: TimelineTokens | null = null;

function subscribe(changed: () => void): () => void {
  const refresh = () => {
    known = null;
    changed();
  };
  const observer = new MutationObserver(refresh);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme", "style", "class"] });
  // Labels are drawn, not laid out: they must be drawn again when their font has come.
  document.fonts.addEventListener("loadingdone", refresh);
  return () => {
    observer.disconnect();
    document.fonts.removeEventListener("loadingdone", refresh);
  };
}

/** The tokens of the page's theme; a new object when it changes. */
export function useTokens(): TimelineTokens {
  return useSyncExternalStore(subscribe, () => (known ??= readTokens(document.documentElement)));
}
