/**
 * How a new node.db takes the place of a damaged one: whole, or not at all.
 *
 * The new one is made and closed under another name; giving it the name `node.db-next` decides. From then on a start, this
 * one or the next after a kill, sets aside what is left of the old one, its write-ahead log first: SQLite would read that
 * into whatever database lies beside it. Only then the new one gets the name `node.db`.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { TimeMs } from "../../shared/ids.ts";
import { damageNotePath } from "./database-damage.ts";
import type { Disk } from "./disk/disk.ts";
import { databasePath } from "./node-database.ts";
import { reachedPath } from "./reached-file.ts";
import { setAsideDirectory } from "./set-aside.ts";

const nextPath = (dataDir: string) => `${databasePath(dataDir)}-next`;

/** Where the new one is made. What an interrupted attempt left there is of no use to anybody. */
export function unfinishedPath(dataDir: string): string {
  const path = `${databasePath(dataDir)}-unfinished`;
  for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
  return path;
}

/** The new one is whole, closed, and flushed: it counts from now on. */
export function decideSwap(disk: Disk, dataDir: string): void {
  disk.rename(`${databasePath(dataDir)}-unfinished`, nextPath(dataDir));
  disk.syncDirectory(dataDir);
}

/** Does nothing when nothing was decided. Returns what was done, a sentence each. */
export function finishSwap(disk: Disk, dataDir: string, at: TimeMs): string[] {
  if (!disk.exists(nextPath(dataDir))) return [];
  const path = databasePath(dataDir);
  const names = [`${path}-wal`, `${path}-shm`, damageNotePath(dataDir), reachedPath(dataDir), path];
  const old = names.filter((file) => disk.exists(file));
  const lines = old.length === 0 ? [] : [moveAside(disk, dataDir, old, at)];
  disk.rename(nextPath(dataDir), path);
  disk.syncDirectory(dataDir);
  return lines;
}

function moveAside(disk: Disk, dataDir: string, files: readonly string[], at: TimeMs): string {
  const aside = setAsideDirectory(disk, dataDir, "node.db", at);
  for (const file of files) disk.rename(file, join(dataDir, aside, file.slice(dataDir.length + 1)));
  disk.syncDirectory(join(dataDir, aside));
  disk.syncDirectory(dataDir);
  return `node.db was set aside as ${aside}, and a new one begun; the trace begins anew with it.`;
}
