import type { WindowCommand } from "../../base/commands.ts";
import { useReplay } from "../replay.ts";
import { exportSession, importSession } from "../sessions.ts";

export const sessionCommands: readonly WindowCommand[] = [
  {
    id: "session.save",
    title: "Keep this recording…",
    group: "Session",
    keys: ["Ctrl+S"],
    words: "save session",
    live: true,
    run: (state) => state.openOverlay("save"),
  },
  {
    id: "session.open",
    title: "Open a recorded session…",
    group: "Session",
    keys: ["Ctrl+O"],
    words: "recording replay",
    run: (state) => state.showDrawer("sessions"),
  },
  {
    id: "session.import",
    title: "Import a session file…",
    group: "Session",
    words: "recording open file",
    run: importSession,
  },
  {
    id: "session.export",
    title: "Save a copy of this session as a file…",
    group: "Session",
    words: "export file",
    async run(state) {
      const session = state.mode.kind === "recorded" ? state.mode.session : state.lab?.session;
      if (session !== undefined) await exportSession(session);
    },
  },
  {
    id: "session.back-to-live",
    title: "Back to live",
    group: "Session",
    recorded: true,
    run: (state) => state.backToLive(),
  },
  {
    id: "note",
    title: "Note something on the timeline…",
    group: "Session",
    keys: ["M"],
    words: "flag comment",
    live: true,
    run: (state) => state.openOverlay("note"),
  },
  {
    id: "replay.toggle",
    title: () => (useReplay.getState().playing ? "Hold the replay" : "Play"),
    group: "Session",
    keys: ["Space"],
    recorded: true,
    run: () => useReplay.getState().toggle(),
  },
  {
    id: "replay.now",
    title: "To the end of time",
    group: "Session",
    words: "now latest",
    enabled: (state) => state.cursor !== null,
    run: (state) => state.setCursor(null),
  },
];
