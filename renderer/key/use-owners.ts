import { useMemo } from "react";
import { asKey, asNodeId, type NodeId } from "../../shared/ids.ts";
import { Ring } from "../../shared/ring/ring.ts";
import type { SessionModel } from "../../shared/trace/model.ts";
import { shownNodes, useNames } from "../cluster/network.ts";

const nobody: readonly NodeId[] = [];

/** The owners of a key in the order of the ring, as the nodes of the moment make it. */
export function useOwners(model: SessionModel, key: string | null): readonly NodeId[] {
  const names = useNames(shownNodes(model));
  const virtualNodes = model.cluster?.virtualNodes ?? 0;
  const n = model.cluster?.n ?? 0;
  const ring = useMemo(
    () => (virtualNodes === 0 ? null : Ring.of(names.map(asNodeId), virtualNodes)),
    [names, virtualNodes],
  );
  return ring === null || key === null ? nobody : ring.owners(asKey(key), n);
}
