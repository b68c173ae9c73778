/**
 * Snapshots as files: `<data-dir>/snapshots/<position, 12 digits>.snapshot`.
 *
 * A snapshot is written under a name that ends in `.tmp`, flushed, renamed, and the directory flushed, in this order: at
 * no moment is there a file of the final name that is not whole on the disk, and when `finish` returns the name survives
 * the loss of power too (P34; Pillai et al. 2014, "All File Systems Are Not Created Equal", §3). What a crash leaves
 * under the other name is removed when the store is opened. Nothing is removed, made or renamed before all files were
 * looked at: a directory of another node stays as it is.
 */
import { join } from "node:path";
import type { TimeMs } from "../../../shared/ids.ts";
import type { Disk, DiskFile } from "../disk/disk.ts";
import type { LogOwner } from "../log/transaction-log.ts";
import { setAsideDirectory } from "../set-aside.ts";
import {
  type Bytes,
  cannot,
  closed,
  FramedWriter,
  infoOf,
  missing,
  type Place,
  snapshotOf,
} from "./framed.ts";
import {
  type DamagedSnapshot,
  type Snapshot,
  SnapshotError,
  type SnapshotHead,
  type SnapshotInfo,
  type SnapshotStore,
  type SnapshotWriter,
} from "./snapshot-store.ts";

export interface FileSnapshotOptions {
  readonly disk: Disk;
  readonly dataDir: string;
  readonly owner: LogOwner;
  /** Wall clock of the names under which things are set aside. */
  readonly now: () => TimeMs;
  /** To look at a directory that may be another process's: leftovers stay. */
  readonly readOnly?: boolean;
}

/** Flushed as it grows: one flush of all of it would hold up the node, and its log, for as long as the disk takes. */
const flushedAtOnceBytes = 1024 * 1024;
const folder = "snapshots";
const namePattern = /^\d{12}\.snapshot$/;
const leftoverPattern = /^\d{12}\.snapshot\.tmp$/;
const nameOf = (position: number) => `${folder}/${String(position).padStart(12, "0")}.snapshot`;

export class FileSnapshotStore implements SnapshotStore {
  readonly #options: FileSnapshotOptions;
  #writer: SnapshotWriter | null = null;
  #isClosed = false;

  /** Throws SnapshotError "foreign", "newer_format" or "io", with nothing changed. */
  constructor(options: FileSnapshotOptions) {
    this.#options = options;
    this.#look();
    if (options.readOnly !== true) this.#removeLeftovers();
  }

  begin(head: SnapshotHead): SnapshotWriter {
    this.#assertOpen();
    this.#writer?.abandon();
    const { disk, owner } = this.#options;
    const name = nameOf(head.position);
    const place = this.#attempt(`The snapshot ${name} cannot be written`, () => {
      disk.makeDirectory(this.#path(folder));
      disk.remove(this.#path(`${name}.tmp`));
      return this.#place(name);
    });
    return (this.#writer = new FramedWriter(place, owner, head));
  }

  list(): readonly SnapshotInfo[] {
    this.#assertOpen();
    return this.#look().sound;
  }

  damaged(): readonly DamagedSnapshot[] {
    this.#assertOpen();
    return this.#look().damaged;
  }

  open(position: number): Snapshot {
    this.#assertOpen();
    const name = nameOf(position);
    if (!this.#options.disk.exists(this.#path(name))) throw missing(String(position));
    const open = () => this.#open(name);
    const bytes = open();
    try {
      return snapshotOf(infoOf(bytes, this.#options.owner), open);
    } finally {
      bytes.close();
    }
  }

  prune(count: number): void {
    const old = this.list().slice(count);
    if (old.length === 0) return;
    this.#attempt("Old snapshots cannot be removed", () => {
      for (const { name } of old) this.#options.disk.remove(this.#path(name));
      this.#options.disk.syncDirectory(this.#path(folder));
    });
  }

  setAside(name: string): string {
    this.#assertOpen();
    const { disk, dataDir, now } = this.#options;
    const base = name.slice(folder.length + 1);
    if (!namePattern.test(base) || !disk.exists(this.#path(name))) throw missing(name);
    return this.#attempt(`The snapshot ${name} cannot be set aside`, () => {
      const dir = setAsideDirectory(disk, dataDir, "snapshot", now());
      disk.rename(this.#path(name), this.#path(`${dir}/${base}`));
      disk.syncDirectory(this.#path(dir));
      disk.syncDirectory(this.#path(folder));
      return `${dir}/${base}`;
    });
  }

  close(): void {
    this.#writer?.abandon();
    this.#isClosed = true;
  }

  /** Both ends of every file. */
  #look(): { sound: SnapshotInfo[]; damaged: DamagedSnapshot[] } {
    const sound: SnapshotInfo[] = [];
    const damaged: DamagedSnapshot[] = [];
    for (const base of this.#names(namePattern)) {
      const name = `${folder}/${base}`;
      const bytes = this.#open(name);
      try {
        const info = infoOf(bytes, this.#options.owner);
        if (nameOf(info.position) === name) sound.push(info);
        else {
          const message = `The snapshot ${name} is damaged at byte 0: it is one of position ${info.position}.`;
          damaged.push({ name, message });
        }
      } catch (error) {
        if (!(error instanceof SnapshotError) || error.kind !== "damaged") throw error;
        damaged.push({ name, message: error.message });
      } finally {
        bytes.close();
      }
    }
    sound.sort((a, b) => b.position - a.position);
    return { sound, damaged };
  }

  #names(pattern: RegExp): string[] {
    return this.#attempt(`The directory ${this.#path(folder)} cannot be read`, () =>
      this.#options.disk.list(this.#path(folder)).filter((name) => pattern.test(name)),
    );
  }

  #removeLeftovers(): void {
    for (const name of this.#names(leftoverPattern)) {
      this.#attempt(`The unfinished snapshot ${folder}/${name} cannot be removed`, () =>
        this.#options.disk.remove(this.#path(`${folder}/${name}`)),
      );
    }
  }

  #open(name: string): Bytes & { close(): void } {
    return this.#attempt(`The snapshot ${name} cannot be read`, () => {
      const file = this.#options.disk.open(this.#path(name), "read");
      const read = (offset: number, length: number) => {
        const into = Buffer.allocUnsafe(length);
        return into.subarray(0, file.read(into, offset));
      };
      return { name, size: file.size(), read, close: () => file.close() };
    });
  }

  #place(name: string): Place {
    const { disk } = this.#options;
    const path = this.#path(name);
    const temporary = `${path}.tmp`;
    const file: DiskFile = disk.open(temporary, "create");
    let end = 0;
    let synced = 0;
    /** What is to be removed should it fail. A snapshot that took the place of another holds the same rows. */
    let unfinished: string | null = temporary;
    return {
      name,
      write: (frame) => {
        file.write(frame, end);
        end += frame.length;
        if (end - synced < flushedAtOnceBytes) return;
        file.sync();
        synced = end;
      },
      finish: () => {
        file.sync();
        file.close();
        const isNew = !disk.exists(path);
        disk.rename(temporary, path);
        unfinished = isNew ? path : null;
        disk.syncDirectory(this.#path(folder));
      },
      abandon: () => {
        file.close();
        try {
          if (unfinished !== null) disk.remove(unfinished);
        } catch {
          return; // A disk that refuses this too keeps an unfinished file, which the next start removes.
        }
      },
    };
  }

  #path(name: string): string {
    return join(this.#options.dataDir, name);
  }

  #attempt<Result>(sentence: string, action: () => Result): Result {
    try {
      return action();
    } catch (error) {
      throw cannot(sentence, error);
    }
  }

  #assertOpen(): void {
    if (this.#isClosed) throw closed();
  }
}
