import { Database } from "lucide-react";
import { useEffect } from "react";
import { useLab } from "../base/store.ts";
import { EmptyState } from "../base/ui/empty-state.tsx";
import { type ShownNode, shownNodes } from "../cluster/network.ts";
import { useSteadyModel } from "../cluster/use-steady-model.ts";
import { AnswerList } from "./answer-list.tsx";
import styles from "./data.module.css";
import { DataForm } from "./data-form.tsx";
import { useData } from "./exchanges.ts";
import { KeyList } from "./key-list.tsx";

export function DataPanel() {
  const model = useSteadyModel(250);
  const isLive = useLab((state) => state.mode.kind === "live");
  const selectedKey = useLab((state) => (state.selection?.kind === "key" ? state.selection.key : null));
  const chosen = useData((state) => state.node);
  const nodes = shownNodes(model);
  const node = nodeFor(chosen, nodes);
  useEffect(() => {
    if (selectedKey !== null) useData.setState({ key: selectedKey });
  }, [selectedKey]);
  if (node === null)
    return (
      <EmptyState icon={Database} title="Values are written and read here">
        Start a cluster from the toolbar, then write a value through any of its nodes.
      </EmptyState>
    );
  return (
    <div className={styles["panel"]}>
      {isLive && <DataForm nodes={nodes} node={node} cluster={model.cluster} />}
      {isLive && <AnswerList node={node} />}
      <KeyList model={model} node={node} isLive={isLive} />
    </div>
  );
}

/** The chosen node while it is in the cluster, else the first that runs. */
function nodeFor(chosen: string | null, nodes: readonly ShownNode[]): string | null {
  const kept = nodes.find((node) => node.node === chosen);
  return (kept ?? nodes.find((node) => node.status === "running") ?? nodes[0])?.node ?? null;
}
