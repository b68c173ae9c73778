/**
 * The mark of a directory that is being restored from a snapshot: the folder in which the new contents are made.
 *
 * It is there before anything else is changed and goes last. Who is killed between leaves a directory that may hold the old
 * contents, some of them, or none; a node that started on it would take it for its own, or begin empty and give out
 * numbers a second time (P1). So a start refuses, and the restore is asked for again.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { NodeStoreError } from "./node-store-error.ts";

export const restoringFolder = "restoring";

/** Throws NodeStoreError "unreadable". For whoever holds the directory. */
export function assertRestored(dataDir: string): void {
  if (!existsSync(join(dataDir, restoringFolder))) return;
  throw new NodeStoreError(
    "unreadable",
    `A restore into ${dataDir} did not get to its end; ask "lightcone restore" for it again, with --force. Nothing was changed.`,
  );
}
