import { create } from "zustand";
import type { SessionInfo } from "../../shared/contract/state.ts";
import { confirm } from "../base/ask.ts";
import { type Files, labStore, type LabStore, sentenceOf } from "../base/store.ts";
import { showToast } from "../base/toasts.ts";
import { dateText } from "./words.ts";

/** The recordings the lab keeps; null until the first answer. */
export const useSessions = create<{ readonly sessions: readonly SessionInfo[] | null }>()(() => ({
  sessions: null,
}));

async function readSessions(): Promise<void> {
  const { connected, run } = labStore.getState();
  if (connected !== "open") return;
  const answer = await run("session.list", {});
  if (answer !== undefined) useSessions.setState({ sessions: answer.sessions });
}

/** What is followed by another list: a session was begun, opened or kept, or the line came back. */
const isNews = (now: LabStore, before: LabStore) =>
  now.lab?.session.id !== before.lab?.session.id ||
  now.mode !== before.mode ||
  now.overlay !== before.overlay ||
  now.connected !== before.connected;

/** Keeps the list fresh while it is looked at. Returns the function that stops. */
export function watchSessions(): () => void {
  void readSessions();
  return labStore.subscribe((now, before) => {
    if (isNews(now, before)) void readSessions();
  });
}

/** Moves a file; what goes wrong is said where messages are. */
async function withFiles<Result>(move: (files: Files) => Promise<Result | null>): Promise<Result | null> {
  const { files } = labStore.getState();
  if (files === null) return null;
  try {
    return await move(files);
  } catch (error) {
    showToast({ level: "error", text: sentenceOf(error) });
    return null;
  }
}

export async function exportSession(session: SessionInfo): Promise<void> {
  const place = await withFiles((files) => files.exportSession(session));
  if (place !== null) showToast({ level: "info", text: `A copy of “${session.name}” went to ${place}.` });
}

export async function importSession(): Promise<void> {
  const session = await withFiles((files) => files.importSession());
  if (session !== null) labStore.getState().openRecorded(session);
}

export async function deleteSession(session: SessionInfo): Promise<void> {
  const yes = await confirm({
    title: `Delete “${session.name}”?`,
    text: `The recording of ${dateText(session.createdAt)} is deleted from the disk. This cannot be undone.`,
    confirm: "Delete the recording",
  });
  if (!yes) return;
  const { run, mode, backToLive } = labStore.getState();
  if (mode.kind === "recorded" && mode.session.id === session.id) backToLive();
  await run("session.delete", { session: session.id });
  await readSessions();
}
