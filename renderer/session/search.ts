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

/** Selects what the search field finds next and brings it into sight. */
export function selectMatch(direction: 1 | -1): void {
  const { history, search, select, selection } = labStore.getState();
  const from = selection?.kind === "event" ? selection.id : null;
  const found = nextMatch(history.all, search, from, direction);
  if (found === null || found.id === from) return;
  select({ kind: "event", id: found.id });
  runCommand("timeline.fit");
}
