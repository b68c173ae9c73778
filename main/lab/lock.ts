/**
 * A folder that one process at a time may use. The lock is an SQLite file held in exclusive mode: the operating system
 * lets go of it however the process dies, and no pid has to be believed.
 */
import Database from "better-sqlite3";
import { LabError } from "../../shared/contract/errors.ts";

export interface Lock {
  close(): void;
}

/** Takes `file`, made if need be. Throws LabError: `inUse` when another process holds it, else why it cannot be had. */
export function takeLock(file: string, inUse: string): Lock {
  let lock: Database.Database | undefined;
  try {
    lock = new Database(file, { timeout: 200 });
    lock.pragma("locking_mode = EXCLUSIVE");
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock?.close();
    if ((error as { code?: string }).code === "SQLITE_BUSY") throw new LabError("wrong_state", inUse);
    throw new LabError(
      "bad_input",
      `${file} cannot be locked (${(error as Error).message}): delete it, or choose another folder.`,
    );
  }
}
