/**
 * One process at a time on a data directory. Two nodes writing one database would interleave their logs and issue the
 * same timestamps twice.
 *
 * A file with a process id in it cannot do this: after SIGKILL it stays behind, and the id may belong to somebody
 * else by then. The lock is therefore an exclusive transaction on an empty database, which the operating system
 * releases with the process, however that ends.
 */
import { join } from "node:path";
import Database from "better-sqlite3";
import { NodeStoreError } from "./node-store-error.ts";

export interface DirectoryLock {
  release(): void;
}

/** Throws NodeStoreError: "locked" when another process holds it, "unreadable" when the directory refuses. */
export function lockDirectory(dir: string): DirectoryLock {
  let database: Database.Database | undefined;
  try {
    database = new Database(join(dir, "node.lock"), { timeout: 0 });
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
