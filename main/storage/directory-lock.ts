/**
 * One process at a time on a data directory. Two nodes writing one database would interleave their logs and issue the
 * same timestamps twice.
 *
 * A file with a process id in it cannot do this: after SIGKILL it stays behind, and the id may belong to somebody
 * else by then. The lock is therefore an exclusive transaction on an empty database, which the operating system
 * releases with the process, however that ends.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { NodeStoreError } from "./node-store-error.ts";

export interface DirectoryLock {
  release(): void;
}

const lockPath = (dir: string) => join(dir, "node.lock");

/** Throws NodeStoreError: "locked" when another process holds it, "unreadable" when the directory refuses. */
export function lockDirectory(dir: string): DirectoryLock {
  let database: Database.Database | undefined;
  try {
    database = new Database(lockPath(dir), { timeout: 0 });
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database?.close();
    if ((error as { code?: string }).code === "SQLITE_BUSY") {
      throw new NodeStoreError(
        "locked",
        `The data directory ${dir} is in use by another process; stop that node first, or choose another --data-dir.`,
        error,
      );
    }
    throw new NodeStoreError(
      "unreadable",
      `The data directory ${dir} cannot be written; check its path and permissions. (${String(error)})`,
      error,
    );
  }
  const held = database;
  return { release: () => held.close() };
}

/** Whether a process holds it at this moment. Changes nothing in the directory; false also where it cannot be asked. */
export function isDirectoryInUse(dir: string): boolean {
  if (!existsSync(lockPath(dir))) return false;
  let database: Database.Database | undefined;
  try {
    database = new Database(lockPath(dir), { readonly: true, fileMustExist: true, timeout: 0 });
    database.prepare("SELECT count(*) FROM sqlite_schema").get();
    return false;
  } catch (error) {
    return (error as { code?: string }).code === "SQLITE_BUSY";
  } finally {
    database?.close();
  }
}
