/**
 * Vector clocks as files a person can read: `<dir>/<node>.clock.json` holds `{"node-1":42,"node-2":15,"$crc32":…}`.
 *
 * A clock is replaced whole and flushed, name and all, before `save` returns, so a reader finds the old clock or the new
 * one, never half of one, and a power cut takes back nothing (P34). One process at a time has the directory: two
 * writers would each save clocks that the other has not seen, and the counter would go back. A file that cannot be
 * trusted is an error, once: it is set aside as `….corrupt-<time>`, where nothing touches it again.
 */
import { join } from "node:path";
import type { VectorClock } from "../../../shared/clock/vector-clock.ts";
import type { NodeId } from "../../../shared/ids.ts";
import { type DirectoryLock, lockDirectory } from "../directory-lock.ts";
import type { Disk } from "../disk/disk.ts";
import { RealDisk } from "../disk/real-disk.ts";
import { replaceWhole } from "../disk/whole-file.ts";
import { NodeStoreError } from "../node-store-error.ts";
import { clockFile, readClockFile } from "./clock-file.ts";
import { type DecodedClock, encodeClock } from "./clock-text.ts";
import {
  assertNode,
  assertStorable,
  closedError,
  type OnCorrupt,
  type VectorClockStore,
  VectorClockStoreError,
} from "./vector-clock-store.ts";

export interface FileClockStoreOptions {
  readonly disk?: Disk;
  /** For a disk that no other process can reach. */
  readonly lock?: (dir: string) => DirectoryLock;
  readonly onCorrupt?: OnCorrupt;
}

/** Left by a crash before a rename; older releases put a process id and a number in between. */
const leftOver = /\.clock\.json(\.\d+-\d+)?\.tmp$/;

export class FileClockStore implements VectorClockStore {
  readonly #dir: string;
  readonly #disk: Disk;
  readonly #onCorrupt: OnCorrupt;
  readonly #lock: DirectoryLock;
  #closed = false;

  /** Makes the directory, and holds it until `close` or the end of the process. */
  constructor(dir: string, options: FileClockStoreOptions = {}) {
    const { disk = new RealDisk(), lock = lockDirectory, onCorrupt = "set-aside" } = options;
    this.#dir = dir;
    this.#disk = disk;
    this.#onCorrupt = onCorrupt;
    attempt(`The directory ${dir} for vector clocks cannot be made; check its path and permissions.`, () =>
      disk.makeDirectory(dir),
    );
    this.#lock = locked(dir, lock);
    try {
      attempt(`The directory ${dir} for vector clocks cannot be written; check its permissions.`, () => {
        for (const name of disk.list(dir)) if (leftOver.test(name)) disk.remove(join(dir, name));
      });
    } catch (error) {
      this.close();
      throw error;
    }
  }

  save(node: NodeId, clock: VectorClock): void {
    this.#assertOpen();
    assertStorable(node, clock);
    const path = clockFile(this.#dir, node);
    attempt(`The vector clock cannot be saved to ${path}; check the disk's free space and permissions.`, () =>
      replaceWhole(this.#disk, path, Buffer.from(encodeClock(clock))),
    );
  }

  load(node: NodeId): VectorClock | null {
    this.#assertOpen();
    assertNode(node);
    const path = clockFile(this.#dir, node);
    const found = read(this.#disk, path);
    if (found === null) return null;
    if ("clock" in found) return found.clock;
    const what = `The vector clock in ${path} ${found.problem}`;
    const wayOut = `Put a good copy there (JSON like {"node-1":42}), or start without one: timestamps may then repeat.`;
    if (this.#onCorrupt === "leave") {
      throw new VectorClockStoreError("corrupt", `${what}; nothing was changed. ${wayOut}`);
    }
    throw new VectorClockStoreError(
      "corrupt",
      `${what}; it was set aside as ${this.#setAside(path)}. ${wayOut}`,
    );
  }

  has(node: NodeId): boolean {
    this.#assertOpen();
    assertNode(node);
    return this.#disk.exists(clockFile(this.#dir, node));
  }

  delete(node: NodeId): void {
    this.#assertOpen();
    assertNode(node);
    const path = clockFile(this.#dir, node);
    attempt(`The vector clock ${path} cannot be deleted; check its permissions.`, () => {
      this.#disk.remove(path);
      this.#disk.syncDirectory(this.#dir);
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#lock.release();
  }

  #setAside(path: string): string {
    const named = `${path}.corrupt-${Date.now()}`;
    let aside = named;
    for (let number = 2; this.#disk.exists(aside); number++) aside = `${named}-${number}`;
    attempt(`The damaged vector clock ${path} cannot be set aside; move it away by hand.`, () => {
      this.#disk.rename(path, aside);
      this.#disk.syncDirectory(this.#dir);
    });
    return aside;
  }

  #assertOpen(): void {
    if (this.#closed) throw closedError();
  }
}

function read(disk: Disk, path: string): DecodedClock | null {
  try {
    return readClockFile(disk, path);
  } catch (error) {
    const code = codeOf(error);
    throw new VectorClockStoreError(
      "io",
      code === "EISDIR"
        ? `${path} is a directory where a vector clock should be; move it away.`
        : `The vector clock in ${path} cannot be read; check its permissions. (${code})`,
      error,
    );
  }
}

function locked(dir: string, lock: (dir: string) => DirectoryLock): DirectoryLock {
  try {
    return lock(dir);
  } catch (error) {
    if (error instanceof NodeStoreError && error.kind === "locked") {
      throw new VectorClockStoreError(
        "locked",
        `The vector clocks in ${dir} are in use by another process; stop that one first, or choose another directory.`,
        error,
      );
    }
    throw new VectorClockStoreError(
      "io",
      `The directory ${dir} for vector clocks cannot be written; check its permissions.`,
      error,
    );
  }
}

function attempt(sentence: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    throw new VectorClockStoreError("io", `${sentence} (${codeOf(error)})`, error);
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);
