/**
 * The lab's folder: `nodes/<cluster>/<node>/` for what lives as long as a cluster, `sessions/` for what is kept.
 *
 * Two labs in one folder would delete each other's clusters, so the folder is locked. The lock is an SQLite file held
 * in exclusive mode: the operating system lets go of it however the lab dies, and no pid has to be believed.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { homedir, platform } from "node:os";
import { dirname, join, resolve } from "node:path";
import Database from "better-sqlite3";
import { LabError } from "../../shared/contract/errors.ts";

/** The customary place for an application's data on this system. */
export function defaultDataDir(): string {
  const home = homedir();
  if (platform() === "darwin") return join(home, "Library", "Application Support", "Lightcone");
  if (platform() === "win32")
    return join(process.env["APPDATA"] ?? join(home, "AppData", "Roaming"), "Lightcone");
  return join(process.env["XDG_DATA_HOME"] ?? join(home, ".local", "share"), "lightcone");
}

export class DataDir {
  readonly path: string;
  readonly sessions: string;
  readonly #nodes: string;
  readonly #lock: Database.Database;

  /** Makes the folder if need be and takes it; clusters of earlier labs are deleted, sessions stay. */
  constructor(path: string) {
    this.path = path;
    this.sessions = join(path, "sessions");
    this.#nodes = join(path, "nodes");
    try {
      makeDir(this.sessions);
      makeDir(this.#nodes);
    } catch (error) {
      throw new LabError(
        "bad_input",
        `The lab cannot use the folder ${path} (${(error as Error).message}): choose another with --data-dir.`,
      );
    }
    this.#lock = takeLock(path);
    for (const old of readdirSync(this.#nodes)) this.#remove(old);
  }

  cluster(name: string): string {
    return join(this.#nodes, name);
  }

  node(cluster: string, node: string): string {
    return join(this.#nodes, cluster, node);
  }

  removeCluster(name: string): void {
    this.#remove(name);
  }

  /** Lets go of the folder. */
  close(): void {
    this.#lock.close();
  }

  /** A leftover that cannot be deleted now is deleted by the next start; it is in nobody's way. */
  #remove(name: string): boolean {
    try {
      rmSync(join(this.#nodes, name), { recursive: true, force: true, maxRetries: 3 });
      return true;
    } catch {
      return false;
    }
  }
}

/** Node's own `recursive` never returns where the system answers "not found" to making a folder, as in /proc. */
function makeDir(path: string): void {
  const whole = resolve(path);
  if (!existsSync(dirname(whole))) makeDir(dirname(whole));
  try {
    mkdirSync(whole);
  } catch (error) {
    if (!statSync(whole, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

function takeLock(path: string): Database.Database {
  const file = join(path, "lab.lock");
  let lock: Database.Database | undefined;
  try {
    lock = new Database(file, { timeout: 200 });
    lock.pragma("locking_mode = EXCLUSIVE");
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock?.close();
    if ((error as { code?: string }).code === "SQLITE_BUSY") {
      throw new LabError(
        "wrong_state",
        `Another lab is running on ${path}: close it, or choose another folder with --data-dir.`,
      );
    }
    throw new LabError(
      "bad_input",
      `The lab cannot lock ${file} (${(error as Error).message}): delete it, or choose another folder with --data-dir.`,
    );
  }
}
