import { useState } from "react";
import { labStore, type Overlay, useLab } from "../base/store.ts";
import { showToast } from "../base/toasts.ts";
import { Button } from "../base/ui/button.tsx";
import { Dialog } from "../base/ui/dialog.tsx";
import { Field, Input, TextArea } from "../base/ui/field.tsx";
import { DiskDialog } from "../storage/disk-dialog.tsx";
import { RestartDialog } from "../storage/restart-dialog.tsx";
import styles from "./dialogs.module.css";
import { KeysSheet } from "./keys-sheet.tsx";
import { NewCluster } from "./new-cluster.tsx";
import { Palette } from "./palette.tsx";
import { dateText } from "./words.ts";

const close = () => labStore.getState().openOverlay(null);

function Note() {
  const [text, setText] = useState("");
  const submit = async () => {
    const answer = await labStore.getState().run("note", { text: text.trim() });
    if (answer !== undefined) close();
  };
  return (
    <Dialog title="Note" onClose={close}>
      <form
        className={styles["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() !== "") void submit();
        }}
      >
        <Field label="A flag with these words stands on the timeline at this moment.">
          {(control) => (
            <TextArea
              {...control}
              data-focus
              maxLength={1000}
              value={text}
              onChange={(e) => setText(e.target.value)}
            />
          )}
        </Field>
        <div className={styles["actions"]}>
          <Button onClick={close}>Cancel</Button>
          <Button variant="primary" type="submit" disabled={text.trim() === ""}>
            Put the note
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Save() {
  const session = useLab((state) => state.lab?.session ?? null);
  const [name, setName] = useState(() => (session === null ? "" : `Lab of ${dateText(Date.now())}`));
  const submit = async () => {
    const saved = await labStore.getState().run("session.save", { name: name.trim() });
    if (saved === undefined) return;
    close();
    showToast({
      level: "info",
      text: `Kept as “${saved.name}”. The recording goes on.`,
      action: { label: "Show sessions", run: () => labStore.getState().showDrawer("sessions") },
    });
  };
  return (
    <Dialog title="Keep this recording" onClose={close}>
      <form
        className={styles["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== "") void submit();
        }}
      >
        <Field label="Name" hint="All that was recorded so far is kept under this name, as one file.">
          {(control) => (
            <Input
              {...control}
              data-focus
              maxLength={100}
              value={name}
              onChange={(e) => setName(e.target.value)}
            />
          )}
        </Field>
        <div className={styles["actions"]}>
          <Button onClick={close}>Cancel</Button>
          <Button variant="primary" type="submit" disabled={name.trim() === ""}>
            Keep it
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const dialogs: Record<Exclude<Overlay, null>, () => React.ReactNode> = {
  palette: Palette,
  keys: KeysSheet,
  note: Note,
  "new-cluster": NewCluster,
  save: Save,
  restart: RestartDialog,
  disk: DiskDialog,
};

/** Whichever dialog is open. */
export function Dialogs() {
  const overlay = useLab((state) => state.overlay);
  if (overlay === null) return null;
  const Open = dialogs[overlay];
  return <Open />;
}
