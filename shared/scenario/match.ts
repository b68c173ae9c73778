/** The one way in which a scenario chooses events: for its conditions, its labels and its expectations. */
import type { RecordedEvent } from "../trace/event.ts";
import type { EventMatch } from "./schema.ts";

/** True when the event has everything the match names. Which of several is meant (`nth`) is for the caller to count. */
export function matches(event: RecordedEvent, match: EventMatch): boolean {
  const { detail } = event;
  return (
    (match.name === undefined || match.name === event.name) &&
    (match.node === undefined || match.node === event.node) &&
    (match.type === undefined || match.type === event.type) &&
    (match.op === undefined || match.op === event.op) &&
    (match.peer === undefined || match.peer === event.peer) &&
    (match.key === undefined || match.key === event.key) &&
    (match.text === undefined || match.text === detail?.["text"]) &&
    (match.about === undefined || match.about === detail?.["about"]) &&
    (match.status === undefined || match.status === detail?.["status"]) &&
    (match.detail === undefined ||
      Object.entries(match.detail).every(([field, value]) => detail?.[field] === value))
  );
}
