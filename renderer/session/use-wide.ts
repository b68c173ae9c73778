import { useSyncExternalStore } from "react";

/** From here on the inspector has room of its own beside the timeline. */
const query = "(min-width: 1500px)";

function subscribe(changed: () => void): () => void {
  const media = window.matchMedia(query);
  media.addEventListener("change", changed);
  return () => media.removeEventListener("change", changed);
}

export function useWide(): boolean {
  return useSyncExternalStore(subscribe, () => window.matchMedia(query).matches);
}
