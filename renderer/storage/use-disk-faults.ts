import { useMemo } from "react";
import type { SessionModel } from "../../shared/trace/model.ts";
import { useLab } from "../base/store.ts";
import { faultsInForce } from "./disk-faults.ts";

/** The faults of each node's disk at the moment looked at. `model`: a new one whenever that may have changed. */
export function useDiskFaults(model: SessionModel): ReadonlyMap<string, readonly string[]> {
  const history = useLab((state) => state.history);
  const cursor = useLab((state) => state.cursor);
  return useMemo(
    () => faultsInForce(history.lab, cursor),
    // oxlint-disable-next-line react/exhaustive-deps
    [model, history, cursor],
  );
}
