import { Download, FolderInput, Play, Save, Trash2 } from "lucide-react";
import { useEffect } from "react";
import type { SessionInfo } from "../../shared/contract/state.ts";
import { runCommand } from "../base/commands.ts";
import { labStore, useLab } from "../base/store.ts";
import { Button, IconButton } from "../base/ui/button.tsx";
import { EmptyState } from "../base/ui/empty-state.tsx";
import { deleteSession, exportSession, useSessions, watchSessions } from "./sessions.ts";
import styles from "./sessions-panel.module.css";
import { bytesText, countText, dateText } from "./words.ts";

function Row(props: { readonly session: SessionInfo; readonly isShown: boolean }) {
  const { session } = props;
  const open = () => labStore.getState().openRecorded(session);
  return (
    <tr data-shown={props.isShown}>
      <th scope="row">
        {session.name}
        {session.recording && <span className={styles["recording"]}>● recording</span>}
        {props.isShown && <span className={styles["shown"]}>shown</span>}
      </th>
      <td>{dateText(session.createdAt)}</td>
      <td className={styles["number"]}>{countText(session.events)}</td>
      <td className={styles["number"]}>{bytesText(session.bytes)}</td>
      <td className={styles["tools"]}>
        <Button
          variant="quiet"
          icon={session.recording ? Save : Play}
          onClick={session.recording ? () => runCommand("session.save") : open}
        >
          {session.recording ? "Keep…" : "Open"}
        </Button>
        <IconButton
          icon={Download}
          label="Save a copy as a file…"
          onClick={() => void exportSession(session)}
        />
        {!session.recording && (
          <IconButton icon={Trash2} label="Delete…" onClick={() => void deleteSession(session)} />
        )}
      </td>
    </tr>
  );
}

/** The recordings the lab keeps; opening one replays it by the same code that draws the live cluster. */
export function SessionsPanel() {
  const sessions = useSessions((state) => state.sessions);
  const mode = useLab((state) => state.mode);
  useEffect(watchSessions, []);
  const shown = mode.kind === "recorded" ? mode.session.id : null;
  const kept = sessions?.filter((session) => !session.recording) ?? [];
  const live = sessions?.filter((session) => session.recording) ?? [];
  return (
    <div className={styles["panel"]}>
      <div className={styles["bar"]}>
        <span>Each recording is one file. What is live is always being recorded.</span>
        {mode.kind === "live" && (
          <Button icon={Save} onClick={() => runCommand("session.save")}>
            Keep this recording…
          </Button>
        )}
        <Button icon={FolderInput} onClick={() => runCommand("session.import")}>
          Import…
        </Button>
      </div>
      {sessions !== null && (
        <table className={styles["table"]}>
          <thead>
            <tr>
              <th scope="col">Session</th>
              <th scope="col">Begun</th>
              <th scope="col" className={styles["number"]}>
                Events
              </th>
              <th scope="col" className={styles["number"]}>
                Size
              </th>
              <th scope="col" aria-label="What can be done" />
            </tr>
          </thead>
          <tbody>
            {[...live, ...kept].map((session) => (
              <Row key={session.id} session={session} isShown={session.id === shown} />
            ))}
          </tbody>
        </table>
      )}
      {sessions !== null && kept.length === 0 && (
        <EmptyState title="Recordings you keep appear here.">
          Keep the one that runs now, or import a file. Opened, it can be played, stepped and searched like
          the live cluster, as often as you like.
        </EmptyState>
      )}
    </div>
  );
}
