import { GitFork, LocateFixed } from "lucide-react";
import { labStore, useLab } from "../base/store.ts";
import { Button } from "../base/ui/button.tsx";
import { EmptyState } from "../base/ui/empty-state.tsx";
import { agoText } from "../cluster/beliefs.ts";
import { shownNodes } from "../cluster/network.ts";
import { useSteadyModel } from "../cluster/use-steady-model.ts";
import styles from "./conflicts.module.css";
import { readKey, useData } from "./exchanges.ts";

/** Keys whose replicas hold concurrent versions at the cursor. */
export function ConflictAlerts() {
  const model = useSteadyModel(250);
  const isLive = useLab((state) => state.mode.kind === "live");
  const select = useLab((state) => state.select);
  if (model.conflicts.size === 0)
    return (
      <EmptyState icon={GitFork} title="Keys with concurrent versions appear here">
        {isLive
          ? "Cut the network, write one key on both sides, and heal: both values stay, side by side."
          : "None has any at this moment of the recording."}
      </EmptyState>
    );
  const running = shownNodes(model).filter((node) => node.status === "running");
  return (
    <ul className={styles["list"]} aria-label="Keys in conflict">
      {[...model.conflicts].map(([key, conflict]) => (
        <li key={key} className={styles["alert"]}>
          <GitFork aria-hidden className={styles["icon"]} />
          <div className={styles["what"]}>
            <button type="button" className={styles["key"]} onClick={() => select({ kind: "key", key })}>
              {key}
            </button>
            <span className={styles["more"]}>
              {conflict.dots.length} concurrent versions, written at {conflict.dots.join(" and ")}; noticed by{" "}
              {conflict.node} {agoText(model.at - conflict.at)} ago
            </span>
          </div>
          <Button icon={LocateFixed} onClick={() => select({ kind: "event", id: conflict.event })}>
            Show on the timeline
          </Button>
          {isLive && running.length > 0 && (
            <Button variant="primary" onClick={() => resolve(running[0]!.node, key)}>
              Resolve
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Reads the siblings in the data panel, where one of them, or a new value, is written over all. */
function resolve(node: string, key: string): void {
  const { select, showDrawer } = labStore.getState();
  useData.setState({ mode: "read" });
  readKey(useData.getState().node ?? node, key);
  select({ kind: "key", key });
  showDrawer("data");
}
