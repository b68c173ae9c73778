import { useEffect, useState } from "react";
import type { History } from "../../shared/trace/history.ts";
import { everything, matcherOf } from "../data/event-filter.ts";

/** Events looked at in one go: about a frame's worth. */
const sliceEvents = 20_000;
const nothing: ReadonlySet<number> = new Set();

/** Ids of the events that match the search. Long histories are searched over many frames, new events as they come. */
export function useMatches(history: History, search: string): ReadonlySet<number> {
  const [found, setFound] = useState<{ search: string; matches: ReadonlySet<number> } | null>(null);
  useEffect(() => {
    if (search.trim() === "") return undefined;
    const isMatch = matcherOf({ ...everything, text: search });
    let matches: ReadonlySet<number> = nothing;
    let [next, epoch, frame] = [0, history.epoch, 0];
    const look = () => {
      frame = requestAnimationFrame(look);
      if (history.epoch !== epoch) [next, epoch, matches] = [0, history.epoch, nothing];
      if (next === history.size) return;
      const end = Math.min(history.size, next + sliceEvents);
      const fresh: number[] = [];
      for (; next < end; next++) if (isMatch(history.all[next]!)) fresh.push(history.all[next]!.id);
      if (fresh.length > 0 || next === fresh.length) matches = new Set([...matches, ...fresh]);
      setFound((before) => (before?.matches === matches ? before : { search, matches }));
    };
    look();
    return () => cancelAnimationFrame(frame);
  }, [history, search]);
  return search.trim() === "" || found?.search !== search ? nothing : found.matches;
}
