import { Circle, History as Past } from "lucide-react";
import type { ReactNode } from "react";
import { useLab } from "../base/store.ts";
import { cx } from "../base/ui/cx.ts";
import { Tooltip } from "../base/ui/tooltip.tsx";
import { useSteadyModel } from "../cluster/use-steady-model.ts";
import styles from "./status-bar.module.css";
import { bytesText, countText, dateText } from "./words.ts";

function Item(props: { readonly tip: string; readonly tone?: "bad" | "good"; readonly children: ReactNode }) {
  return (
    <Tooltip text={props.tip} side="top">
      <span className={cx(styles["item"], props.tone !== undefined && styles[props.tone])}>
        {props.children}
      </span>
    </Tooltip>
  );
}

function LiveNumbers() {
  const lab = useLab((state) => state.lab);
  const rates = useLab((state) => state.rates);
  if (lab === null) return null;
  const alive = lab.nodes.filter((node) => node.status === "running").length;
  const all = lab.nodes.length;
  return (
    <>
      <Item tip="Nodes that run, of all nodes of the cluster" tone={alive === all ? "good" : "bad"}>
        nodes alive <b>{`${alive}/${all}`}</b>
      </Item>
      <Item tip="Replies to clients over the last second">
        <b>{rates.operationsPerSecond.toFixed(rates.operationsPerSecond < 10 ? 1 : 0)}</b> ops/s
      </Item>
      <Item tip="Events recorded over the last second">
        <b>{countText(rates.eventsPerSecond)}</b> events/s
      </Item>
      <Item tip="From an event in a node to its arrival in this window, at most, over the last second">
        lag <b>{Math.round(rates.lagMs)}</b> ms
      </Item>
    </>
  );
}

/** Conflicts and losses at the moment looked at; nothing while there are none. */
function Damage() {
  const { conflicts, losses } = useSteadyModel(1_000);
  return (
    <>
      {conflicts.size > 0 && (
        <Item tip="Keys whose replicas hold concurrent versions" tone="bad">
          in conflict <b>{countText(conflicts.size)}</b>
        </Item>
      )}
      {losses.size > 0 && (
        <Item tip="Versions that lost to a concurrent one under last write wins" tone="bad">
          lost writes <b>{countText(losses.size)}</b>
        </Item>
      )}
    </>
  );
}

export function StatusBar() {
  const lab = useLab((state) => state.lab);
  const mode = useLab((state) => state.mode);
  const connected = useLab((state) => state.connected);
  const session = mode.kind === "recorded" ? mode.session : (lab?.session ?? null);
  const isLive = mode.kind === "live";
  return (
    <footer className={styles["bar"]}>
      <span className={cx(styles["mode"], isLive ? styles["live"] : styles["recorded"])}>
        {isLive ? <Circle aria-hidden fill="currentColor" /> : <Past aria-hidden />}
        {isLive ? (connected === "open" ? "live" : "not connected") : "recorded"}
      </span>
      {isLive && <LiveNumbers />}
      <Damage />
      <span className={styles["gap"]} />
      {session !== null && (
        <Item tip={`Begun ${dateText(session.createdAt)}, in ${session.path}`}>
          {session.name} <b>{bytesText(session.bytes)}</b> <b>{countText(session.events)}</b> events
        </Item>
      )}
      {lab !== null && <Item tip="Lightcone's version">{lab.version}</Item>}
    </footer>
  );
}
