/**
 * A disk in memory that knows what survives the loss of power.
 *
 * Reading gives what was written, as the page cache would. `crash` gives what a machine may find when the power is back:
 * POSIX promises what was synced and nothing else, so of every 512-byte sector written since, and of every name made,
 * renamed or removed since its directory was flushed, the old state may be found or a newer one, each by itself. A file
 * that grew may have its new length and zeros where its bytes should be. Stores that pass here on every sequence of
 * choices rely on no kindness of any file system.
 *
 * What is left out: sectors are whole (drives promise that much), and a rename takes place or does not, also between two
 * directories (journalling file systems promise that).
 *
 * Sources: Pillai et al. 2014, "All File Systems Are Not Created Equal"; Rebello et al. 2020, "Can Applications Recover
 * from fsync Failures?".
 */
import { dirname, resolve } from "node:path";
import type { Disk, DiskFile } from "./disk.ts";
import { diskError } from "./disk-error.ts";
import { MemoryInode } from "./memory-inode.ts";

/** One change of names: taken whole or not at all. `from` null: a name made. `to` null: a name removed. */
interface NameChange {
  readonly inode: MemoryInode;
  readonly from: string | null;
  readonly to: string | null;
  /** Directories that have still to be flushed for it to last. */
  readonly directories: Set<string>;
}

export class MemoryDisk implements Disk {
  readonly #directories = new Set<string>();
  readonly #names = new Map<string, MemoryInode>();
  readonly #durableNames = new Map<string, MemoryInode>();
  #changes: NameChange[] = [];

  open(path: string, how: "read" | "write" | "create"): DiskFile {
    const name = resolve(path);
    const found = this.#names.get(name);
    if (how === "create") {
      if (found !== undefined || this.#isDirectory(name)) throw diskError("EEXIST", "open", path);
      this.#assertParent(name, "open");
      const inode = new MemoryInode();
      this.#change(inode, null, name);
      return new MemoryFile(path, inode, true);
    }
    if (this.#isDirectory(name)) throw diskError("EISDIR", how === "read" ? "read" : "open", path);
    if (found === undefined) throw diskError("ENOENT", "open", path);
    return new MemoryFile(path, found, how === "write");
  }

  exists(path: string): boolean {
    const name = resolve(path);
    return this.#names.has(name) || this.#isDirectory(name);
  }

  list(dir: string): readonly string[] {
    const parent = resolve(dir);
    if (this.#names.has(parent)) throw diskError("ENOTDIR", "scandir", dir);
    const inside = [...this.#names.keys(), ...this.#directories].filter(
      (name) => name !== parent && dirname(name) === parent,
    );
    return inside.map((name) => name.slice(parent.length).replace(/^[\\/]/, "")).sort();
  }

  makeDirectory(dir: string): void {
    const missing: string[] = [];
    for (let name = resolve(dir); !this.#isDirectory(name); name = dirname(name)) {
      if (this.#names.has(name)) throw diskError("EEXIST", "mkdir", name);
      missing.push(name);
    }
    for (const name of missing) this.#directories.add(name);
  }

  rename(from: string, to: string): void {
    const [source, target] = [resolve(from), resolve(to)];
    const inode = this.#names.get(source);
    if (inode === undefined) throw diskError("ENOENT", "rename", from);
    if (this.#isDirectory(target)) throw diskError("EISDIR", "rename", to);
    this.#assertParent(target, "rename");
    if (source !== target) this.#change(inode, source, target);
  }

  remove(path: string): void {
    const name = resolve(path);
    if (this.#isDirectory(name)) throw diskError("EISDIR", "unlink", path);
    const inode = this.#names.get(name);
    if (inode !== undefined) this.#change(inode, name, null);
  }

  syncDirectory(dir: string): void {
    const name = resolve(dir);
    if (!this.#isDirectory(name)) throw diskError("ENOENT", "open", dir);
    for (const { directories } of this.#changes) directories.delete(name);
    for (const change of this.#changes) if (change.directories.size === 0) apply(change, this.#durableNames);
    this.#changes = this.#changes.filter(({ directories }) => directories.size > 0);
  }

  gate(): void {}

  /**
   * The disk as it may be found after a power cut now; this one stays as it is. Below 0.5 `random` keeps what was not
   * flushed: with `() => 0` everything written is there, with `() => 0.99` nothing but what was flushed.
   */
  crash(random: () => number): MemoryDisk {
    const after = new MemoryDisk();
    for (const dir of this.#directories) after.#directories.add(dir);
    const names = new Map(this.#durableNames);
    for (const change of this.#changes) if (random() < 0.5) apply(change, names);
    const survivors = new Map<MemoryInode, MemoryInode>();
    for (const [name, inode] of names) {
      const survivor = survivors.get(inode) ?? inode.crash(random);
      survivors.set(inode, survivor);
      after.#names.set(name, survivor);
      after.#durableNames.set(name, survivor);
    }
    return after;
  }

  #change(inode: MemoryInode, from: string | null, to: string | null): void {
    const directories = new Set<string>();
    for (const name of [from, to]) if (name !== null) directories.add(dirname(name));
    const change = { inode, from, to, directories };
    apply(change, this.#names);
    this.#changes.push(change);
  }

  #isDirectory(name: string): boolean {
    return dirname(name) === name || this.#directories.has(name);
  }

  #assertParent(name: string, call: string): void {
    if (!this.#isDirectory(dirname(name))) throw diskError("ENOENT", call, name);
  }
}

function apply({ inode, from, to }: NameChange, names: Map<string, MemoryInode>): void {
  if (from !== null) names.delete(from);
  if (to !== null) names.set(to, inode);
}

class MemoryFile implements DiskFile {
  readonly path: string;
  readonly #inode: MemoryInode;
  readonly #mayWrite: boolean;
  #isOpen = true;

  constructor(path: string, inode: MemoryInode, mayWrite: boolean) {
    this.path = path;
    this.#inode = inode;
    this.#mayWrite = mayWrite;
  }

  write(bytes: Uint8Array, at: number): void {
    this.#assertOpen("write", true);
    this.#inode.write(bytes, at);
  }

  read(into: Uint8Array, at: number): number {
    this.#assertOpen("read");
    return this.#inode.read(into, at);
  }

  size(): number {
    this.#assertOpen("fstat");
    return this.#inode.size;
  }

  truncate(bytes: number): void {
    this.#assertOpen("ftruncate", true);
    this.#inode.truncate(bytes);
  }

  sync(): void {
    this.#assertOpen("fdatasync");
    this.#inode.sync();
  }

  dropUnsynced(): void {
    this.#inode.dropUnsynced();
  }

  close(): void {
    this.#isOpen = false;
  }

  #assertOpen(call: string, toWrite = false): void {
    if (!this.#isOpen || (toWrite && !this.#mayWrite)) throw diskError("EBADF", call, this.path);
  }
}
