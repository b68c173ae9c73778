import { HardDrive } from "lucide-react";
import { asNodeId } from "../../shared/ids.ts";
import { text } from "../../shared/trace/detail.ts";
import type { RecordedEvent } from "../../shared/trace/event.ts";
import type { History } from "../../shared/trace/history.ts";
import { useLab } from "../base/store.ts";
import { EmptyState } from "../base/ui/empty-state.tsx";
import { Select } from "../base/ui/field.tsx";
import { useSteadyModel } from "../cluster/use-steady-model.ts";
import { shownNodes } from "../cluster/network.ts";
import { sentenceOf } from "../timeline/describe.ts";
import { elapsed } from "../timeline/ticks.ts";
import { faultsInForce } from "./disk-faults.ts";
import styles from "./storage.module.css";
import { useChosenNode } from "./use-chosen-node.ts";

/** What a node tells of its storage in its trace, and what the lab did to it. */
const own = new Set(["start", "recovered", "stop"]);
const done = new Set(["disk", "damage", "disk-copy", "old-disk", "wipe", "kill", "restart", "exited"]);

/** Of a recorded session: what was said of a node's disk up to the moment looked at. */
export function RecordedStorage() {
  const model = useSteadyModel(250);
  const history = useLab((state) => state.history);
  const cursor = useLab((state) => state.cursor);
  const select = useLab((state) => state.select);
  const nodes = shownNodes(model).map(({ node }) => node);
  const node = useChosenNode(nodes);
  if (node === null)
    return (
      <EmptyState icon={HardDrive} title="What was recorded of the nodes’ disks appears here">
        No node had started by this moment of the recording.
      </EmptyState>
    );
  const events = storageEvents(history, node, cursor);
  const faults = faultsInForce(history.lab, cursor).get(node) ?? [];
  return (
    <div className={styles["panel"]}>
      <div className={styles["bar"]}>
        <Select
          aria-label="Node"
          value={node}
          onChange={(event) => select({ kind: "node", node: event.target.value })}
        >
          {nodes.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </Select>
        <span className={styles["source"]}>
          The files were not recorded, so the log itself cannot be shown. What was said of them:
        </span>
      </div>
      {faults.length > 0 && <p className={styles["notice"]}>In force at this moment: {faults.join("; ")}.</p>}
      <ul className={styles["told"]} aria-label={`What was recorded of the disk of ${node}`}>
        {events.map((event) => (
          <li key={event.id}>
            <button type="button" onClick={() => select({ kind: "event", id: event.id })}>
              <span className={styles["hint"]}>{elapsed(event.at - history.first, 1)}</span>{" "}
              {sentenceOf(event, history)}
            </button>
          </li>
        ))}
      </ul>
      {events.length === 0 && <p className={styles["hint"]}>Nothing by this moment of the recording.</p>}
    </div>
  );
}

const listedMax = 200;

/** Newest first. */
function storageEvents(history: History, node: string, cursor: number | null): RecordedEvent[] {
  const isWanted = ({ at }: RecordedEvent) => cursor === null || at <= cursor;
  const told = history
    .lane(asNodeId(node))
    .filter((event) => event.type === "local" && own.has(event.name) && isWanted(event));
  const acts = history.lab.filter(
    (event) => done.has(event.name) && text(event.detail?.["node"]) === node && isWanted(event),
  );
  return [...told, ...acts].sort((a, b) => b.at - a.at || b.id - a.id).slice(0, listedMax);
}
