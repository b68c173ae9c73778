/** The data directory of a node that does not run: whose it is, and its stores, opened as a start opens them. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { lockDirectory } from "../../storage/directory-lock.ts";
import { FaultyDisk } from "../../storage/disk/faulty-disk.ts";
import { RealDisk } from "../../storage/disk/real-disk.ts";
import { segmentPlaces } from "../../storage/log/file-scan.ts";
import type { LogOwner } from "../../storage/log/transaction-log.ts";
import { databasePath, nodeFormatVersion, openNodeDatabase } from "../../storage/node-database.ts";
import { foundKinds, readKinds, type Stores, storesOf } from "../../storage/node-kinds.ts";
import { NodeMeta } from "../../storage/node-meta.ts";
import { NodeSql } from "../../storage/node-sql.ts";
import { openQuietly } from "../../storage/quiet-database.ts";
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

/** Throws Error: in older formats there is no log, and one that is made here would hide what lies there. */
function assertFormat(dataDir: string): void {
  if (!existsSync(databasePath(dataDir))) return;
  const opened = openQuietly(databasePath(dataDir), false);
  try {
    const format = opened.database.pragma("user_version", { simple: true });
    if (format === nodeFormatVersion) return;
    throw new Error(
      `${databasePath(dataDir)} has format ${String(format)}, an old one: start its node once with this Lightcone.`,
    );
  } finally {
    opened.close();
  }
}

export interface StoppedNode extends Stores {
  readonly owner: LogOwner;
  readonly sql: NodeSql;
  readonly close: () => void;
}

/**
 * Holds the directory until `close`. Throws NodeStoreError "locked" when the node runs, Error when nothing says whose
 * directory it is.
 */
export function openStopped(dataDir: string): StoppedNode {
  const owner = ownerOfDirectory(dataDir);
  if (owner === null)
    throw new Error(`${dataDir} is no data directory of a node, or nothing in it can be read.`);
  assertFormat(dataDir);
  return openStores(dataDir, owner);
}

/** Likewise; what is not there is made, in the database. */
export function openStores(dataDir: string, owner: LogOwner): StoppedNode {
  const lock = lockDirectory(dataDir);
  const closing = [() => lock.release()];
  const close = () => {
    for (const end of closing.toReversed()) end();
  };
  try {
    const { database } = openNodeDatabase({ dataDir, ...owner });
    closing.push(() => database.close());
    const disk = new FaultyDisk(new RealDisk());
    const sql = new NodeSql(database, disk);
    const place = { sql, disk, dataDir, owner, now: Date.now, onBroken: () => {} };
    const kinds = readKinds(new NodeMeta(database)) ?? foundKinds(place) ?? { log: "sqlite", base: "sqlite" };
    if (kinds.log === "memory") {
      throw new Error(
        `${dataDir} holds no log: its node kept it in memory, and it is gone with the process.`,
      );
    }
    const stores = storesOf(kinds, place);
    closing.push(() => stores.snapshots.close());
    return { owner, sql, ...stores, close };
  } catch (error) {
    close();
    throw error;
  }
}
