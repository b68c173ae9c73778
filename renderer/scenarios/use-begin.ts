import { useEffect } from "react";
import { useStudio } from "./studio.ts";

/** Gives the focus to the control marked `data-begin`, once it was asked for and is there. */
export function useBegin(tab: "scenarios" | "hunt"): void {
  const isAsked = useStudio((state) => state.begin === tab && state.scenarios !== null);
  useEffect(() => {
    if (!isAsked) return;
    document.querySelector<HTMLElement>(`[data-begin="${tab}"]`)?.focus();
    useStudio.setState({ begin: null });
  }, [isAsked, tab]);
}
