import { History as Past, Unplug } from "lucide-react";
import { useLab } from "../base/store.ts";
import { Button } from "../base/ui/button.tsx";
import styles from "./banners.module.css";
import { dateText, plural } from "./words.ts";

/** What one must know before believing the picture: it is old, it is a recording, it is not whole yet. */
export function Banners() {
  const connected = useLab((state) => state.connected);
  const mode = useLab((state) => state.mode);
  const loading = useLab((state) => state.loading);
  const backToLive = useLab((state) => state.backToLive);
  return (
    <>
      {connected === "lost" && (
        <div className={styles["lost"]} role="alert">
          <Unplug aria-hidden />
          <span>
            <b>The connection to the lab was lost.</b> Trying to reach it again; what you see is from before.
            If the lab was ended, start it again.
          </span>
        </div>
      )}
      {mode.kind === "recorded" && (
        <output className={styles["recorded"]}>
          <Past aria-hidden />
          <span>
            <b>Recorded session</b> {mode.session.name}, {dateText(mode.session.createdAt)},{" "}
            {plural(mode.session.events, "event")}. Nothing here changes the past; the cluster goes on unseen.
          </span>
          <Button onClick={backToLive}>Back to live</Button>
        </output>
      )}
      {loading !== null && loading.last > 0 && (
        <progress
          className={styles["loading"]}
          aria-label="Reading the session"
          value={loading.loaded}
          max={loading.last}
        />
      )}
    </>
  );
}
