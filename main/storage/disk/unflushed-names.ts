/**
 * The names that a power cut would bring back: files made, renamed or removed in directories that were not flushed since.
 *
 * A file that was replaced or removed is held open meanwhile: its bytes stay on the disk until the last handle is closed,
 * so nothing has to be copied for a power cut that seldom comes. Windows does not rename over an open file; there a
 * name that replaced another is taken as flushed.
 */
import { dirname } from "node:path";
import type { Disk, DiskFile } from "./disk.ts";
import type { UnsyncedFile } from "./unsynced-file.ts";

interface Held {
  readonly file: DiskFile;
  readonly unsynced: UnsyncedFile | undefined;
}

interface NameChange {
  readonly from: string | null;
  readonly to: string | null;
  /** What had the name before. */
  readonly gone: Held | null;
  /** Directories that have still to be flushed. */
  readonly directories: Set<string>;
}

const canHold = process.platform !== "win32";
const chunkBytes = 1 << 20;

export class UnflushedNames {
  readonly #disk: Disk;
  /** Files that are open, or have lost bytes to fear for, by name. */
  readonly #files: Map<string, UnsyncedFile>;
  #changes: NameChange[] = [];

  constructor(disk: Disk, files: Map<string, UnsyncedFile>) {
    this.#disk = disk;
    this.#files = files;
  }

  made(path: string): void {
    this.#changes.push({ from: null, to: path, gone: null, directories: new Set([dirname(path)]) });
  }

  rename(from: string, to: string): void {
    if (from === to) return this.#disk.rename(from, to);
    const replaces = this.#disk.exists(to);
    const gone = replaces ? this.#hold(to) : null;
    try {
      this.#disk.rename(from, to);
    } catch (error) {
      gone?.file.close();
      throw error;
    }
    if (replaces) this.#forget(to);
    this.#move(from, to);
    if (replaces && gone === null) return;
    this.#changes.push({ from, to, gone, directories: new Set([dirname(from), dirname(to)]) });
  }

  remove(path: string): void {
    if (!this.#disk.exists(path)) return;
    const gone = this.#hold(path);
    try {
      this.#disk.remove(path);
    } catch (error) {
      gone?.file.close();
      throw error;
    }
    this.#forget(path);
    if (gone !== null) {
      this.#changes.push({ from: path, to: null, gone, directories: new Set([dirname(path)]) });
    }
  }

  flushed(dir: string): void {
    for (const { directories, gone } of this.#changes) {
      directories.delete(dir);
      if (directories.size === 0) gone?.file.close();
    }
    this.#changes = this.#changes.filter(({ directories }) => directories.size > 0);
  }

  /** The newest first, so that each finds the names as it left them. */
  undo(): void {
    for (const { from, to, gone } of this.#changes.splice(0).toReversed()) {
      if (to !== null && !this.#disk.exists(to)) continue;
      if (from === null) {
        this.#disk.remove(to!);
        this.#forget(to!);
      } else if (to !== null) {
        this.#disk.rename(to, from);
        this.#move(to, from);
      }
      if (gone !== null) this.#bringBack(to ?? from!, gone);
    }
  }

  /** Null where it cannot be held: it is a directory, or the system is Windows. */
  #hold(path: string): Held | null {
    if (!canHold) return null;
    try {
      return { file: this.#disk.open(path, "read"), unsynced: this.#files.get(path) };
    } catch {
      // The rename or the removal itself says what is wrong.
      return null;
    }
  }

  #bringBack(path: string, { file, unsynced }: Held): void {
    const copy = this.#disk.open(path, "create");
    const chunk = new Uint8Array(chunkBytes);
    for (let at = 0, got = file.read(chunk, 0); got > 0; at += got, got = file.read(chunk, at)) {
      copy.write(chunk.subarray(0, got), at);
    }
    copy.close();
    file.close();
    if (unsynced === undefined) return;
    unsynced.path = path;
    this.#files.set(path, unsynced);
  }

  #move(from: string, to: string): void {
    const file = this.#files.get(from);
    if (file === undefined) return;
    this.#files.delete(from);
    this.#files.set(to, file);
    file.path = to;
  }

  #forget(path: string): void {
    const file = this.#files.get(path);
    if (file === undefined) return;
    this.#files.delete(path);
    file.path = null;
  }
}
