import { HardDrive } from "lucide-react";
import { useLab } from "../base/store.ts";
import { EmptyState } from "../base/ui/empty-state.tsx";
import { NodeStorageView } from "./node-storage.tsx";
import { RecordedStorage } from "./recorded-storage.tsx";
import { useChosenNode } from "./use-chosen-node.ts";

/** What a node keeps on its disk, and how to break it. */
export function StoragePanel() {
  const isLive = useLab((state) => state.mode.kind === "live");
  return isLive ? <LiveStorage /> : <RecordedStorage />;
}

function LiveStorage() {
  const nodes = useLab((state) => state.lab?.nodes);
  const session = useLab((state) => state.lab?.session.id ?? "");
  const chosen = useChosenNode(nodes?.map(({ id }) => id) ?? []);
  const node = nodes?.find(({ id }) => id === chosen);
  if (node === undefined)
    return (
      <EmptyState icon={HardDrive} title="What a node keeps on its disk appears here">
        Its log record by record, its snapshots and its clock. Start a cluster from the toolbar.
      </EmptyState>
    );
  return <NodeStorageView key={`${session} ${node.id}`} node={node} nodes={nodes ?? []} />;
}
