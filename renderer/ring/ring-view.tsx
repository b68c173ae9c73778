import { CircleDashed } from "lucide-react";
import { useMemo, useState } from "react";
import { asKey, asNodeId, type Key, type NodeId } from "../../shared/ids.ts";
import { naturalOrder } from "../../shared/trace/history.ts";
import type { SessionModel } from "../../shared/trace/model.ts";
import { Ring } from "../../shared/ring/ring.ts";
import { useLab } from "../base/store.ts";
import { EmptyState } from "../base/ui/empty-state.tsx";
import { Field, Input, Select } from "../base/ui/field.tsx";
import { type ShownNode, shownNodes, useNames } from "../cluster/network.ts";
import { useSteadyModel } from "../cluster/use-steady-model.ts";
import { movesBetween, shareOf, walk } from "./geometry.ts";
import { useChosenKey } from "../key/chosen-key.ts";
import { HealthPanel } from "./health-panel.tsx";
import { keysPerNode } from "./health.ts";
import { KeyWalk } from "./key-walk.tsx";
import { MovesPanel } from "./moves-panel.tsx";
import { NodeShares } from "./node-shares.tsx";
import { PreviewPanel } from "./preview-panel.tsx";
import { RingDrawing } from "./ring-drawing.tsx";
import styles from "./ring.module.css";

export function RingView() {
  const model = useSteadyModel(250);
  const nodes = shownNodes(model);
  if (nodes.length === 0 || model.cluster === null)
    return (
      <EmptyState icon={CircleDashed} title="The hash ring appears here">
        Start a cluster from the toolbar: each node takes its places on the ring, and each key has its owners.
      </EmptyState>
    );
  return <RingPanel model={model} cluster={model.cluster} />;
}

function RingPanel(props: {
  readonly model: SessionModel;
  readonly cluster: NonNullable<SessionModel["cluster"]>;
}) {
  const { model, cluster } = props;
  const nodes = shownNodes(model);
  const names = useNames(nodes);
  const { virtualNodes } = cluster;
  const ring = useMemo(() => Ring.of(names.map(asNodeId), virtualNodes), [names, virtualNodes]);
  const selection = useLab((state) => state.selection);
  const select = useLab((state) => state.select);
  const [typed, setTyped] = useState<string | null>(null);
  const [pointed, setPointed] = useState<string | null>(null);
  const [change, setChange] = useState("none");
  const selectedKey = useChosenKey();
  const key = typed ?? selectedKey ?? "";
  const active = pointed ?? (selection?.kind === "node" ? selection.node : null);
  const steps = useMemo(
    () => (key === "" ? [] : walk(ring.points, ring.position(asKey(key)), cluster.n)),
    [ring, key, cluster.n],
  );
  const after = useMemo(() => changed(ring, change), [ring, change]);
  const moves = useMemo(() => movesBetween(ring.points, after.points), [ring, after]);
  const seen = useSeenKeys(model);
  const load = useMemo(() => keysPerNode(seen, ring, cluster.n), [seen, ring, cluster.n]);
  const shownAfter = useMemo(
    () => after.nodes.toSorted(naturalOrder).map((node) => nodeOf(nodes, node)),
    [after, nodes],
  );

  return (
    <div className={styles["panel"]}>
      <div className={styles["picture"]}>
        <RingDrawing
          ring={ring}
          nodes={nodes}
          active={active}
          onPoint={setPointed}
          keyPosition={key === "" ? null : ring.position(asKey(key))}
          steps={steps}
          moves={moves}
        />
        {after !== ring && (
          <RingDrawing
            ring={after}
            nodes={shownAfter}
            active={active}
            onPoint={setPointed}
            keyPosition={null}
            steps={[]}
            moves={[]}
          />
        )}
      </div>
      <div className={styles["side"]}>
        <div className={styles["fields"]}>
          <Field label="Key">
            {(control) => (
              <Input
                {...control}
                mono
                value={key}
                placeholder="user:1"
                list="ring-keys"
                onChange={(event) => {
                  setTyped(event.target.value);
                  if (selection?.kind === "key") select(null);
                }}
                onBlur={() => {
                  if (typed !== null && typed !== "") select({ kind: "key", key: typed });
                  setTyped(null);
                }}
                onKeyDown={(event) => {
                  if (event.key === "Enter" && key !== "") select({ kind: "key", key });
                }}
              />
            )}
          </Field>
          <datalist id="ring-keys">
            {[...model.keys.keys()].slice(0, 200).map((known) => (
              <option key={known} value={known}>
                {known}
              </option>
            ))}
          </datalist>
          <Field label="What would move">
            {(control) => (
              <Select {...control} value={change} onChange={(event) => setChange(event.target.value)}>
                <option value="none">Nothing: the ring as it is</option>
                <option value="join">If {nextName(ring.nodes)} joined</option>
                {[...ring.nodes].sort(naturalOrder).map((node) => (
                  <option key={node} value={`leave ${node}`} disabled={ring.nodes.length === 1}>
                    If {node} left
                  </option>
                ))}
              </Select>
            )}
          </Field>
        </div>
        {after !== ring && (
          <>
            <output className={styles["moves"]}>
              {Math.round(shareOf(moves) * 1000) / 10} % of all positions would change hands; the rest stays.
              The outer band shows them, the second ring is the one after.
            </output>
            <PreviewPanel
              before={ring}
              after={after}
              n={cluster.n}
              seen={seen}
              joins={change === "join" ? nextName(ring.nodes) : null}
              onDone={() => setChange("none")}
            />
          </>
        )}
        <MovesPanel model={model} />
        <HealthPanel model={model} cluster={cluster} ring={ring} keys={seen} />
        <KeyWalk model={model} cluster={cluster} keyName={key} ring={ring} steps={steps} />
        <NodeShares
          ring={ring}
          nodes={nodes}
          active={active}
          onPoint={setPointed}
          steps={steps}
          load={load}
          served={model.served}
        />
      </div>
    </div>
  );
}

/** Keys looked at: more would be hashed anew each time, and tell the same. */
const keysMax = 5_000;

/** The keys of the session; the same list until there is another one. */
function useSeenKeys(model: SessionModel): readonly Key[] {
  const [kept, setKept] = useState<readonly Key[]>([]);
  // Keys are only ever added, or the moment is another one.
  const count = Math.min(model.keys.size, keysMax);
  if (kept.length === count && (count === 0 || model.keys.has(kept.at(-1)!))) return kept;
  const seen = [...model.keys.keys().take(count)];
  setKept(seen);
  return seen;
}

/** As it is now; one that is not there yet looks as if it ran. */
function nodeOf(nodes: readonly ShownNode[], node: NodeId): ShownNode {
  const newcomer = { address: "", status: "running", life: null, pid: null, clockStore: null } as const;
  return nodes.find((known) => known.node === node) ?? { node, ...newcomer, clockLost: false };
}

function changed(ring: Ring, change: string): Ring {
  if (change === "join") return ring.with(asNodeId(nextName(ring.nodes)));
  if (change.startsWith("leave ")) return ring.without(asNodeId(change.slice("leave ".length)));
  return ring;
}

/** The name the lab would give to one more node. */
function nextName(nodes: readonly string[]): string {
  const numbers = nodes.map((node) => Number(/\d+$/.exec(node)?.[0] ?? 0));
  return `node-${Math.max(0, ...numbers) + 1}`;
}
