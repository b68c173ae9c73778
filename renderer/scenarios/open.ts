/** Opens a recording by its id and points into it, by the same way every recording is opened. */
import { runCommand } from "../base/commands.ts";
import { labStore } from "../base/store.ts";

let forget = () => {};

/**
 * Shows a session and calls back when all of it has been read, unless the person went elsewhere meanwhile. One that is
 * shown already is not read again.
 */
export async function openSession(id: string, whenRead: () => void): Promise<void> {
  forget();
  const { mode, loading, run, openRecorded } = labStore.getState();
  if (mode.kind === "recorded" && mode.session.id === id && loading === null) {
    whenRead();
    return;
  }
  const session = await run("session.open", { session: id });
  if (session === undefined) return;
  openRecorded(session);
  const { history } = labStore.getState();
  forget = labStore.subscribe((state) => {
    if (state.history === history && state.loading !== null) return;
    forget();
    if (state.history === history) whenRead();
  });
}

/** Marks these events, selects one of them and brings it into sight, with the panels at its moment. */
export function pointAt(events: readonly number[], selected: number): void {
  const { history, select, setCursor, mark } = labStore.getState();
  const event = history.event(selected);
  if (event === undefined) return;
  mark(events);
  setCursor(event.at);
  select({ kind: "event", id: selected });
  runCommand("timeline.centre");
}
