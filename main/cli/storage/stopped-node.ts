/** The data directory of a node that does not run: whose it is, and its stores, opened as a start opens them. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { lockDirectory } from "../../storage/directory-lock.ts";
import { RealDisk } from "../../storage/disk/real-disk.ts";
import { FileLogSource } from "../../storage/log/file-log-source.ts";
import { segmentPlaces } from "../../storage/log/file-scan.ts";
import { SqliteLogSource } from "../../storage/log/sqlite-log-source.ts";
import { hasLogTables } from "../../storage/log/sqlite-tables.ts";
import type { LogOwner, LogSource } from "../../storage/log/transaction-log.ts";
import { databasePath, openNodeDatabase } from "../../storage/node-database.ts";
import { openQuietly } from "../../storage/quiet-database.ts";
import { FileSnapshotStore } from "../../storage/snapshots/file-snapshot-store.ts";
import type { SnapshotStore } from "../../storage/snapshots/snapshot-store.ts";
import { SqliteSnapshotStore } from "../../storage/snapshots/sqlite-snapshot-store.ts";
import { ownerIn } from "./check-database.ts";
import { isSegmentName } from "./log-files.ts";
import { openSnapshotFile, ownerIn as ownerInSnapshot } from "./snapshot-file.ts";

const isThere = (dir: string, isOurs: (name: string) => boolean) =>
  existsSync(dir) && readdirSync(dir).some(isOurs);
const hasSegments = (dataDir: string) => isThere(join(dataDir, "log"), isSegmentName);
const hasSnapshotFiles = (dataDir: string) =>
  isThere(join(dataDir, "snapshots"), (name) => name.endsWith(".snapshot"));

/** By the first of its files that says so; null when none can. Changes nothing. */
export function ownerOfDirectory(dataDir: string): LogOwner | null {
  for (const ask of [ownerByDatabase, ownerByLog, ownerBySnapshots]) {
    try {
      const owner = ask(dataDir);
      if (owner !== null) return owner;
    } catch {
      // A damaged file cannot say; another may.
    }
  }
  return null;
}

function ownerByDatabase(dataDir: string): LogOwner | null {
  if (!existsSync(databasePath(dataDir))) return null;
  const opened = openQuietly(databasePath(dataDir), false);
  try {
    return ownerIn(opened);
  } finally {
    opened.close();
  }
}

function ownerByLog(dataDir: string): LogOwner | null {
  if (!hasSegments(dataDir)) return null;
  const places = segmentPlaces({ disk: new RealDisk(), dir: join(dataDir, "log"), owner: null, after: null });
  return places.find(({ head }) => head !== null)?.head?.owner ?? null;
}

function ownerBySnapshots(dataDir: string): LogOwner | null {
  if (!hasSnapshotFiles(dataDir)) return null;
  const dir = join(dataDir, "snapshots");
  const newest = readdirSync(dir)
    .filter((name) => name.endsWith(".snapshot"))
    .toSorted()
    .at(-1)!;
  const file = openSnapshotFile(join(dir, newest));
  try {
    return ownerInSnapshot(file.head);
  } finally {
    file.close();
  }
}

export interface StoppedNode {
  readonly owner: LogOwner;
  readonly source: LogSource;
  readonly snapshots: SnapshotStore;
  readonly close: () => void;
}

/** Throws Error: a log that is made here would hide what lies there in an older format. */
function assertLog(dataDir: string): void {
  if (hasSegments(dataDir) || hasSnapshotFiles(dataDir)) return;
  const opened = openQuietly(databasePath(dataDir), false);
  try {
    if (hasLogTables(opened.database)) return;
  } finally {
    opened.close();
  }
  throw new Error(`${dataDir} has no transaction log yet: start its node once with this Lightcone.`);
}

/**
 * Holds the directory until `close`. Throws NodeStoreError "locked" when the node runs, Error when nothing says whose
 * directory it is.
 */
export function openStopped(dataDir: string): StoppedNode {
  const owner = ownerOfDirectory(dataDir);
  if (owner === null)
    throw new Error(`${dataDir} is no data directory of a node, or nothing in it can be read.`);
  assertLog(dataDir);
  const lock = lockDirectory(dataDir);
  const closing = [() => lock.release()];
  const close = () => {
    for (const end of closing.toReversed()) end();
  };
  try {
    const isInDatabase = {
      log: !hasSegments(dataDir),
      snapshots: !hasSegments(dataDir) && !hasSnapshotFiles(dataDir),
    };
    const files = { disk: new RealDisk(), dataDir, owner, now: Date.now };
    const database =
      isInDatabase.log || isInDatabase.snapshots ? openNodeDatabase({ dataDir, ...owner }) : null;
    if (database !== null) closing.push(() => database.close());
    const source = isInDatabase.log
      ? new SqliteLogSource({ database: database!, owner })
      : new FileLogSource(files);
    const snapshots = isInDatabase.snapshots
      ? new SqliteSnapshotStore({ database: database!, owner })
      : new FileSnapshotStore(files);
    closing.push(() => snapshots.close());
    return { owner, source, snapshots, close };
  } catch (error) {
    close();
    throw error;
  }
}
