/** What a node tells of its storage, and the one thing that can be asked of it: a snapshot now. */
import type { StorageView } from "../../shared/contract/storage.ts";
import type { NodeId } from "../../shared/ids.ts";
import type { Position } from "../../shared/runtime/types.ts";
import type { SnapshotInfo } from "../storage/snapshots/snapshot-store.ts";
import { HttpError } from "./http.ts";

export interface StorageService {
  view(): StorageView;
  /** Resolves when it is durable. */
  snapshot(): Promise<SnapshotInfo>;
  /** Newest transaction, and the newest that survives the loss of power. */
  readonly last: Position;
  readonly durable: Position;
  /** Why nothing more can be made durable; null while it can. */
  readonly failure: string | null;
}

/** Throws HttpError "unavailable" once the disk has failed: whoever balances load looks at the status. */
export function health(node: NodeId, { last, durable, failure }: StorageService) {
  if (failure !== null)
    throw new HttpError("unavailable", `${node} cannot keep anything any more: ${failure}`);
  return { status: "ok", node_id: node, last_position: last, durable_position: durable };
}

export async function takeSnapshot(node: NodeId, storage: StorageService) {
  try {
    const { name, position, rows, bytes } = await storage.snapshot();
    return { node_id: node, snapshot: name, position, rows, bytes };
  } catch (error) {
    throw new HttpError(
      "unavailable",
      `The snapshot could not be taken: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
