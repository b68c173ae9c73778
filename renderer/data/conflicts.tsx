import { CircleHelp, GitFork, LocateFixed } from "lucide-react";
import type { Loss } from "../../shared/trace/copies.ts";
import type { ModelConflict, SessionModel } from "../../shared/trace/model.ts";
import { labStore, useLab } from "../base/store.ts";
import { Button } from "../base/ui/button.tsx";
import { EmptyState } from "../base/ui/empty-state.tsx";
import { agoText } from "../cluster/beliefs.ts";
import { shownNodes } from "../cluster/network.ts";
import { useSteadyModel } from "../cluster/use-steady-model.ts";
import styles from "./conflicts.module.css";
import { openKey } from "../key/chosen-key.ts";
import { readKey, useData } from "./exchanges.ts";

/** Keys whose replicas hold concurrent versions at the cursor, and versions that last-write-wins threw away. */
export function ConflictAlerts() {
  const model = useSteadyModel(250);
  const isLive = useLab((state) => state.mode.kind === "live");
  if (model.conflicts.size === 0 && model.losses.size === 0)
    return (
      <EmptyState icon={GitFork} title="Keys with concurrent versions appear here">
        {isLive
          ? "Cut the network, write one key on both sides, and heal: both values stay, side by side."
          : "None has any at this moment of the recording."}
      </EmptyState>
    );
  return (
    <>
      {model.conflicts.size > 0 && (
        <ul className={styles["list"]} aria-label="Keys in conflict">
          {[...model.conflicts].map(([key, conflict]) => (
            <Alert key={key} keyName={key} conflict={conflict} model={model} isLive={isLive} />
          ))}
        </ul>
      )}
      <Losses losses={[...model.losses.values()]} now={model.at} />
    </>
  );
}

function Alert(props: {
  readonly keyName: string;
  readonly conflict: ModelConflict;
  readonly model: SessionModel;
  readonly isLive: boolean;
}) {
  const { keyName, conflict, model, isLive } = props;
  const select = useLab((state) => state.select);
  const running = shownNodes(model).filter((node) => node.status === "running");
  return (
    <li className={styles["alert"]}>
      <GitFork aria-hidden className={styles["icon"]} />
      <div className={styles["what"]}>
        <button type="button" className={styles["key"]} onClick={() => openKey(keyName)}>
          {keyName}
        </button>
        <span className={styles["more"]}>
          {conflict.dots.length} concurrent versions, written at {conflict.dots.join(" and ")}; noticed by{" "}
          {conflict.node} {agoText(model.at - conflict.at)} ago
        </span>
      </div>
      <Button icon={CircleHelp} onClick={() => openKey(keyName)}>
        Why
      </Button>
      <Button icon={LocateFixed} onClick={() => select({ kind: "event", id: conflict.event })}>
        Show on the timeline
      </Button>
      {isLive && running.length > 0 && (
        <Button variant="primary" onClick={() => resolve(running[0]!.node, keyName)}>
          Resolve
        </Button>
      )}
    </li>
  );
}

const lossesMax = 200;

/** Acknowledged writes that nobody will read again: what last-write-wins costs. */
function Losses({ losses, now }: { readonly losses: readonly Loss[]; readonly now: number }) {
  const select = useLab((state) => state.select);
  if (losses.length === 0) return null;
  const newest = losses.slice(-lossesMax).toReversed();
  return (
    <section className={styles["losses"]} aria-label="Lost to last write wins">
      <h3>Lost to last write wins: {losses.length === 1 ? "1 write" : `${losses.length} writes`}</h3>
      <ul>
        {newest.map(({ key, dot, by, value, at, event }) => (
          <li key={`${key} ${dot}`}>
            <button type="button" className={styles["key"]} onClick={() => openKey(key)}>
              {key}
            </button>
            <button
              type="button"
              className={styles["loss"]}
              onClick={() => select({ kind: "event", id: event })}
            >
              {value === null ? dot : `“${value}” (${dot})`} lost to {by} {agoText(now - at)} ago
            </button>
          </li>
        ))}
      </ul>
      {losses.length > lossesMax && <p>{losses.length - lossesMax} older ones are not listed.</p>}
    </section>
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
