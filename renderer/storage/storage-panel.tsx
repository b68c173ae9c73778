import { HardDrive } from "lucide-react";
import { useState } from "react";
import type { NodeState } from "../../shared/contract/state.ts";
import { useLab } from "../base/store.ts";
import { EmptyState } from "../base/ui/empty-state.tsx";
import { NodeStorageView } from "./node-storage.tsx";
import { RecordedStorage } from "./recorded-storage.tsx";

/** What a node keeps on its disk, and how to break it. */
export function StoragePanel() {
  const isLive = useLab((state) => state.mode.kind === "live");
  return isLive ? <LiveStorage /> : <RecordedStorage />;
}

function LiveStorage() {
  const nodes = useLab((state) => state.lab?.nodes);
  const session = useLab((state) => state.lab?.session.id ?? "");
  const selection = useLab((state) => state.selection);
  const node = useChosenNode(nodes ?? [], selection?.kind === "node" ? selection.node : null);
  if (node === null)
    return (
      <EmptyState icon={HardDrive} title="What a node keeps on its disk appears here">
        Its log record by record, its snapshots and its clock. Start a cluster from the toolbar.
      </EmptyState>
    );
  return <NodeStorageView key={`${session} ${node.id}`} node={node} nodes={nodes ?? []} />;
}

/** The node that was selected last, else the first. */
function useChosenNode(nodes: readonly NodeState[], selected: string | null): NodeState | null {
  const [kept, setKept] = useState<string | null>(null);
  if (selected !== null && selected !== kept) setKept(selected);
  const wanted = selected ?? kept;
  return nodes.find(({ id }) => id === wanted) ?? nodes[0] ?? null;
}
