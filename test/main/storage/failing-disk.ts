/** A disk that fails at its nth operation: once, or with the power, from then on. */
import type { Disk, DiskFile } from "../../../main/storage/disk/disk.ts";

export class FailingDisk implements Disk {
  readonly #disk: Disk;
  readonly #failAt: number;
  readonly #isForGood: boolean;
  readonly #onFail: () => void;
  /** Operations that change something, so far. */
  operations = 0;

  constructor(disk: Disk, failAt: number, how: "once" | "for good", onFail: () => void = () => undefined) {
    this.#disk = disk;
    this.#failAt = failAt;
    this.#isForGood = how === "for good";
    this.#onFail = onFail;
  }

  open(path: string, how: "read" | "write" | "create"): DiskFile {
    if (how === "create") this.#count("open", path);
    const file = this.#disk.open(path, how);
    return {
      path,
      write: (bytes, at) => {
        this.#count("write", path);
        file.write(bytes, at);
      },
      read: (into, at) => file.read(into, at),
      size: () => file.size(),
      truncate: (bytes) => {
        this.#count("ftruncate", path);
        file.truncate(bytes);
      },
      sync: () => {
        this.#count("fdatasync", path);
        file.sync();
      },
      close: () => file.close(),
    };
  }

  exists(path: string): boolean {
    return this.#disk.exists(path);
  }

  list(dir: string): readonly string[] {
    return this.#disk.list(dir);
  }

  makeDirectory(dir: string): void {
    if (!this.#disk.exists(dir)) this.#count("mkdir", dir);
    this.#disk.makeDirectory(dir);
  }

  rename(from: string, to: string): void {
    this.#count("rename", from);
    this.#disk.rename(from, to);
  }

  remove(path: string): void {
    if (this.#disk.exists(path)) this.#count("unlink", path);
    this.#disk.remove(path);
  }

  syncDirectory(dir: string): void {
    this.#count("fsync", dir);
    this.#disk.syncDirectory(dir);
  }

  gate(operation: "write" | "sync", path: string): void {
    this.#count(operation, path);
  }

  #count(call: string, path: string): void {
    this.operations += 1;
    const fails = this.#isForGood ? this.operations >= this.#failAt : this.operations === this.#failAt;
    if (!fails) return;
    this.#onFail();
    const code = call === "write" ? "ENOSPC" : "EIO";
    throw Object.assign(new Error(`${code}: made to fail, ${call} '${path}'`), { code });
  }
}
