/**
 * Every panel by itself on a made-up session, with a connection that records what it is asked.
 * `?panel=map&theme=dark&nodes=5&calm&recorded&empty`; `window.calls` holds the commands in their order.
 */
import "@fontsource-variable/inter";
import "@fontsource-variable/jetbrains-mono";
import "../../../renderer/base/tokens.css";
import "../../../renderer/base/global.css";
import { type FunctionComponent, useEffect } from "react";
import { createRoot } from "react-dom/client";
import { labStore } from "../../../renderer/base/store.ts";
import { TooltipProvider } from "../../../renderer/base/ui/tooltip.tsx";
import { ClusterMap } from "../../../renderer/cluster/cluster-map.tsx";
import { LinkMatrix } from "../../../renderer/cluster/link-matrix.tsx";
import { Members } from "../../../renderer/cluster/members.tsx";
import { Statistics } from "../../../renderer/cluster/statistics.tsx";
import { ConflictAlerts } from "../../../renderer/data/conflicts.tsx";
import { DataPanel } from "../../../renderer/data/data-panel.tsx";
import { EventLog } from "../../../renderer/data/event-log.tsx";
import { RingView } from "../../../renderer/ring/ring-view.tsx";
import { StoragePanel } from "../../../renderer/storage/storage-panel.tsx";
import type { Place } from "../../../renderer/storage/pages.ts";
import type { DataAnswer, LabConnection } from "../../../shared/contract/contract.ts";
import { LabError } from "../../../shared/contract/errors.ts";
import { type FileDamage, storageDefaults } from "../../../shared/contract/storage.ts";
import { Causality } from "../../../shared/trace/causality.ts";
import { History } from "../../../shared/trace/history.ts";
import styles from "./harness.module.css";
import { sampleStorage } from "./sample-storage.ts";
import { sampleSession } from "./sample.ts";

const panels: Readonly<Record<string, FunctionComponent>> = {
  map: ClusterMap,
  links: LinkMatrix,
  members: Members,
  statistics: Statistics,
  ring: RingView,
  data: DataPanel,
  log: EventLog,
  conflicts: ConflictAlerts,
  storage: StoragePanel,
};

export interface HarnessWindow {
  /** Commands with their parameters, in the order they were asked. */
  calls: { command: string; params: unknown }[];
  /** The next data command fails with this. */
  failNext: { message: string; definite: boolean } | null;
  lab: typeof labStore;
}

const harness = window as unknown as HarnessWindow;
harness.calls = [];
harness.failNext = null;
harness.lab = labStore;

const query = new URLSearchParams(location.search);
const count = Number(query.get("nodes") ?? 5);
const sample = sampleSession(count, !query.has("calm"), Number(query.get("seconds") ?? 40));
const history = new History();
if (!query.has("empty")) history.append(sample.events);

const counts = { sent: 0, blocked: 0, lost: 0, duplicated: 0, delayed: 0, reordered: 0 };
const resting = { blocked: false, latency: null, loss: 0, duplicate: 0, reorder: 0 };
const session = {
  id: "s1",
  name: "Sample",
  path: "",
  createdAt: sample.now,
  events: history.size,
  bytes: 0,
  recording: true,
};

function answer(key: string): DataAnswer {
  const values = [
    { value: "blue, from the left side", dot: "node-1:41" },
    { value: "green, from the right side", dot: "node-4:28" },
  ];
  return {
    key,
    values: key.startsWith("cart") || key === "user:7" ? values : values.slice(0, 1),
    context: { "node-1": 41, "node-4": 28 },
    coordinator: "node-2",
    replicas: ["node-2", "node-4", "node-1"],
    successful: ["node-2", "node-1"],
    failed: ["node-4"],
    latencyMs: 3.42,
  };
}

const storage = sampleStorage(query);

function answerStorage(
  name: string,
  params: { node: string; file: string; after?: Place; limit: number; damage: FileDamage },
) {
  if (name === "node.storage") return storage.view(params.node);
  if (name === "node.records") return storage.records(params.file, params.after ?? null, params.limit);
  if (name === "disk.damage" && "offset" in params.damage)
    storage.damage(params.damage.file, params.damage.offset);
  return null;
}

const connection: LabConnection = {
  call(name, params) {
    harness.calls.push({ command: name, params });
    const failure = harness.failNext;
    harness.failNext = null;
    if (failure !== null) return Promise.reject(new LabError("timed_out", failure.message, failure.definite));
    const key = (params as { key?: string }).key ?? "";
    const answered = name.startsWith("data.") ? answer(key) : (answerStorage(name, params as never) ?? {});
    return Promise.resolve(answered as never);
  },
  on: () => () => undefined,
  onConnected: () => () => undefined,
  close: () => undefined,
};

document.documentElement.dataset["theme"] = query.get("theme") ?? "light";
labStore.setState({
  connection,
  connected: "open",
  history,
  causality: new Causality(history),
  historyVersion: history.version,
  mode: query.has("recorded") ? { kind: "recorded", session } : { kind: "live" },
  lab: {
    version: "0",
    cluster: { name: "lab", preset: "lab", n: 3, r: 2, w: 2, virtualNodes: 150 },
    nodes: sample.nodes.map((id, i) => ({
      id,
      address: `127.0.0.1:${8081 + i}`,
      pid: query.has("stopped") ? null : 4100 + i,
      life: sample.now,
      status: query.has("stopped") ? "killed" : "running",
      clockStore: "sqlite",
      storage: storageDefaults,
      dataDir: "",
      error: null,
    })),
    links: sample.nodes.flatMap((from) =>
      sample.nodes.filter((to) => to !== from).map((to) => ({ from, to, settings: resting, counts })),
    ),
    partition: null,
    load: { running: true, opsPerSecond: 12, ok: 0, failed: 0 },
    session,
    undo: null,
    studio: { run: null, hunt: null },
  },
});

const Panel = panels[query.get("panel") ?? "map"]!;

/** Says when the panel listens: effects run from the inside outwards, so this one is the last. */
function Page() {
  useEffect(() => {
    document.documentElement.dataset["ready"] = "true";
  }, []);
  return (
    <TooltipProvider>
      <main className={styles["frame"]}>
        <Panel />
      </main>
    </TooltipProvider>
  );
}

createRoot(document.querySelector("#lab")!).render(<Page />);
