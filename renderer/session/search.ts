import type { RecordedEvent } from "../../shared/trace/event.ts";
import { runCommand } from "../base/commands.ts";
import { labStore } from "../base/store.ts";
import { everything, matcherOf } from "../data/event-filter.ts";

/** The next event after `from` that holds the words (or the one before it), round the end; null when none does. */
export function nextMatch(
  all: readonly RecordedEvent[],
  text: string,
  from: number | null,
  direction: 1 | -1,
): RecordedEvent | null {
  if (text.trim() === "") return null;
  const isMatch = matcherOf({ ...everything, text });
  const at = from === null ? -1 : all.findIndex((event) => event.id === from);
  const start = at === -1 && direction === -1 ? 0 : at;
  for (let away = 1; away <= all.length; away++) {
    const event = all.at((start + away * direction) % all.length);
    if (event !== undefined && isMatch(event)) return event;
  }
  return null;
}

let forget = () => {};

/**
 * Selects what the search field finds next and brings it into sight. While the session is still being read, a match that
 * is not there yet is waited for, until the person searches for or selects something else.
 */
export function selectMatch(direction: 1 | -1): void {
  forget();
  if (goToMatch(direction)) return;
  const { history, search, selection } = labStore.getState();
  forget = labStore.subscribe((state) => {
    const isWanted = state.history === history && state.search === search && state.selection === selection;
    if (isWanted && state.loading !== null) return;
    forget();
    if (isWanted) goToMatch(direction);
  });
}

/** False when the next match is not known yet, because the session is still being read. */
function goToMatch(direction: 1 | -1): boolean {
  const { history, loading, search, select, selection } = labStore.getState();
  const from = selection?.kind === "event" ? selection.id : null;
  const found = nextMatch(history.all, search, from, direction);
  // Where the session ends is known when all of it has been read: only then is there a last match, or a way round.
  const isAhead = found !== null && direction === 1 && found.id > (from ?? 0);
  if (loading !== null && !isAhead) return false;
  if (found === null || found.id === from) return true;
  select({ kind: "event", id: found.id });
  runCommand("timeline.fit");
  return true;
}
