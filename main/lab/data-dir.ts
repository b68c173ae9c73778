/**
 * The lab's folder: `nodes/<cluster>/<node>/` for what lives as long as a cluster, `sessions/` for what is kept.
 *
 * Two labs in one folder would delete each other's clusters, so the folder is locked.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { homedir, platform } from "node:os";
import { dirname, join, resolve } from "node:path";
import { LabError } from "../../shared/contract/errors.ts";
import { type Lock, takeLock } from "./lock.ts";

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
  readonly #lock: Lock;

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
    this.#lock = takeLock(
      join(path, "lab.lock"),
      `Another lab is running on ${path}: close it, or choose another folder with --data-dir.`,
    );
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
export function makeDir(path: string): void {
  const whole = resolve(path);
  if (!existsSync(dirname(whole))) makeDir(dirname(whole));
  try {
    mkdirSync(whole);
  } catch (error) {
    if (!statSync(whole, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
