import { useEffect, useReducer } from "react";
import { modelAt, type SessionModel } from "../../shared/trace/model.ts";
import { labStore } from "../base/store.ts";

/**
 * The model at the cursor, drawn anew at most every `everyMs` while events stream in (1,000 a second would otherwise
 * mean a table laid out anew for each frame), and at once when the cursor or the session changes.
 */
export function useSteadyModel(everyMs = 100): SessionModel {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const fire = () => {
      timer = null;
      redraw();
    };
    const unsubscribe = labStore.subscribe((state, before) => {
      if (state.cursor !== before.cursor || state.history !== before.history) redraw();
      else if (state.historyVersion !== before.historyVersion && timer === null)
        timer = setTimeout(fire, everyMs);
    });
    redraw();
    return () => {
      unsubscribe();
      if (timer !== null) clearTimeout(timer);
    };
  }, [everyMs]);
  const { history, cursor } = labStore.getState();
  return modelAt(history, cursor);
}
