/**
 * How far the log of a stopped or running node must reach: what was noted of it (../../storage/log-reach), unless a
 * snapshot has all of that.
 */
import { existsSync } from "node:fs";
import { RealDisk } from "../../storage/disk/real-disk.ts";
import { notedReach } from "../../storage/log-reach.ts";
import type { LogOwner } from "../../storage/log/transaction-log.ts";
import { checkFormat, databasePath } from "../../storage/node-database.ts";
import { NodeStoreError } from "../../storage/node-store-error.ts";
import { openQuietly, type QuietDatabase } from "../../storage/quiet-database.ts";
import { FileSnapshotStore } from "../../storage/snapshots/file-snapshot-store.ts";
import { SnapshotError, type SnapshotStore } from "../../storage/snapshots/snapshot-store.ts";
import { SqliteSnapshotStore } from "../../storage/snapshots/sqlite-snapshot-store.ts";
import type { Position } from "../../../shared/runtime/types.ts";
import { ownerIn } from "./check-database.ts";

/** 0 where nothing says so. */
export interface LogReach {
  readonly files: Position;
  readonly table: Position;
}

const nowhere: LogReach = { files: 0, table: 0 };

/** A database that cannot be read is reported by those who look at it. */
export function reachOfLog(dataDir: string, inUse: boolean): LogReach {
  if (!existsSync(databasePath(dataDir))) return nowhere;
  let opened: QuietDatabase | null = null;
  try {
    opened = openQuietly(databasePath(dataDir), inUse);
    checkFormat(opened.database);
    const owner = ownerIn(opened);
    return owner === null ? nowhere : reachIn(opened, dataDir, owner);
  } catch (error) {
    const isTold = error instanceof NodeStoreError || error instanceof SnapshotError;
    if (!isTold && (error as { code?: string }).code === undefined) throw error;
    return nowhere;
  } finally {
    opened?.close();
  }
}

function reachIn({ database }: QuietDatabase, dataDir: string, owner: LogOwner): LogReach {
  const noted = notedReach(database, dataDir);
  if (noted === null) return nowhere;
  const { log, base, reached } = noted;
  const options = { owner, readOnly: true } as const;
  const snapshots: SnapshotStore =
    base === "sqlite"
      ? new SqliteSnapshotStore({ database, ...options })
      : new FileSnapshotStore({ disk: new RealDisk(), dataDir, now: Date.now, ...options });
  try {
    const covered = snapshots.list()[0]?.position ?? 0;
    if (covered >= reached) return nowhere;
    return log === "sqlite" ? { files: 0, table: reached } : { files: reached, table: 0 };
  } finally {
    snapshots.close();
  }
}
