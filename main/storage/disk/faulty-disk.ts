/**
 * A disk that fails when it is told to, around any other.
 *
 * A node runs on one all the time, so that a lab can break the disk of a running node; at rest it passes everything on
 * and only notes what a power cut would take. It fails as disks do: a write that fails may have got half way; a flush that
 * fails forgets what it should have written, and the next one reports success all the same (P33); a full disk still takes
 * what needs no more room.
 *
 * `powerCut` brings every file and name back to what was flushed, and refuses everything from then on; whoever asked for
 * it ends the process. It knows what this process wrote: what an earlier one left to the system counts as flushed. Of
 * what was not flushed it takes all, the worst that POSIX allows; any other choice is `MemoryDisk.crash`.
 */
import { resolve } from "node:path";
import type { LiveDiskFault } from "../../../shared/contract/storage.ts";
import type { Disk, DiskFile } from "./disk.ts";
import { diskError } from "./disk-error.ts";
import { type DiskOperation, FaultPlan } from "./fault-plan.ts";
import { UnflushedNames } from "./unflushed-names.ts";
import { UnsyncedFile } from "./unsynced-file.ts";

const sectorBytes = 512;

export class FaultyDisk implements Disk {
  readonly #disk: Disk;
  readonly #plan = new FaultPlan();
  readonly #files = new Map<string, UnsyncedFile>();
  readonly #names: UnflushedNames;
  readonly #onPowerCut: (() => void)[] = [];

  constructor(disk: Disk) {
    this.#disk = disk;
    this.#names = new UnflushedNames(disk, this.#files);
  }

  /** Operations asked for so far, refused ones among them. */
  get counts(): Readonly<Record<DiskOperation, number>> {
    return this.#plan.counts;
  }

  /** The faults in force, a sentence each. */
  faults(): string[] {
    return this.#plan.inWords();
  }

  arm(fault: LiveDiskFault): void {
    if (fault.kind === "power-cut") this.powerCut();
    else this.#plan.arm(fault);
  }

  powerCut(): void {
    if (this.#plan.isCut) return;
    this.#plan.isCut = true;
    this.#names.undo();
    for (const [path, unsynced] of this.#files) {
      if (unsynced.isClean) continue;
      const file = this.#disk.open(path, "write");
      unsynced.restore(file);
      file.close();
    }
    for (const callback of this.#onPowerCut) callback();
  }

  /** For what is written without this interface: called at a power cut, to take back what was not flushed. */
  onPowerCut(callback: () => void): void {
    this.#onPowerCut.push(callback);
  }

  gate(operation: "write" | "sync", path: string): void {
    this.#plan.strike(operation, path);
    if (operation === "write" && this.#plan.isFull) throw diskError("ENOSPC", "write", path);
    this.#disk.gate(operation, path);
  }

  open(path: string, how: "read" | "write" | "create"): DiskFile {
    if (how === "create") this.#plan.strike("write", path);
    else this.#plan.assertPower(path);
    const file = this.#disk.open(path, how);
    const name = resolve(path);
    if (how === "create") this.#names.made(name);
    const isReader = how === "read";
    let unsynced = this.#files.get(name);
    if (unsynced === undefined && !isReader) {
      unsynced = new UnsyncedFile(name, file.size(), how === "create");
      this.#files.set(name, unsynced);
    }
    if (isReader || unsynced === undefined)
      return new FaultyFile(file, this.#plan, unsynced, () => undefined);
    const tracked = unsynced;
    tracked.writers += 1;
    return new FaultyFile(file, this.#plan, tracked, () => this.#closed(tracked));
  }

  exists(path: string): boolean {
    return this.#disk.exists(path);
  }

  list(dir: string): readonly string[] {
    return this.#disk.list(dir);
  }

  makeDirectory(dir: string): void {
    if (this.#disk.exists(dir)) return this.#disk.makeDirectory(dir);
    this.#plan.strike("write", dir);
    if (this.#plan.isFull) throw diskError("ENOSPC", "mkdir", dir);
    this.#disk.makeDirectory(dir);
  }

  rename(from: string, to: string): void {
    this.#plan.strike("rename", from);
    this.#names.rename(resolve(from), resolve(to));
  }

  remove(path: string): void {
    this.#plan.strike("rename", path);
    this.#names.remove(resolve(path));
  }

  syncDirectory(dir: string): void {
    this.#plan.strike("sync", dir);
    this.#disk.syncDirectory(dir);
    this.#names.flushed(resolve(dir));
  }

  #closed(file: UnsyncedFile): void {
    file.writers -= 1;
    if (file.writers > 0 || !file.isClean || file.path === null) return;
    this.#files.delete(file.path);
  }
}

/** About half of the bytes, to the end of a sector: a disk writes sectors whole or not at all. */
function halfWay(length: number, at: number): number {
  const end = Math.floor((at + (length >> 1)) / sectorBytes) * sectorBytes;
  return Math.max(0, end - at);
}

class FaultyFile implements DiskFile {
  readonly #file: DiskFile;
  readonly #plan: FaultPlan;
  /** Undefined for a reader of a file that has nothing to lose. */
  readonly #unsynced: UnsyncedFile | undefined;
  readonly #onClose: () => void;
  #isOpen = true;

  constructor(file: DiskFile, plan: FaultPlan, unsynced: UnsyncedFile | undefined, onClose: () => void) {
    this.#file = file;
    this.#plan = plan;
    this.#unsynced = unsynced;
    this.#onClose = onClose;
  }

  get path(): string {
    return this.#file.path;
  }

  write(bytes: Uint8Array, at: number): void {
    const error = this.#plan.next("write", this.path);
    if (error !== null) {
      this.#write(bytes.subarray(0, halfWay(bytes.length, at)), at);
      throw error;
    }
    const room = this.#plan.isFull ? Math.max(0, this.#file.size() - at) : bytes.length;
    this.#write(bytes.subarray(0, room), at);
    if (room < bytes.length) throw diskError("ENOSPC", "write", this.path);
  }

  read(into: Uint8Array, at: number): number {
    this.#plan.assertPower(this.path);
    return this.#file.read(into, at);
  }

  size(): number {
    return this.#file.size();
  }

  truncate(bytes: number): void {
    this.#plan.strike("write", this.path);
    if (this.#plan.isFull && bytes > this.#file.size()) throw diskError("ENOSPC", "ftruncate", this.path);
    this.#unsynced?.beforeTruncate(this.#file, bytes);
    this.#file.truncate(bytes);
  }

  sync(): void {
    const error = this.#plan.next("sync", this.path);
    if (error !== null) {
      this.dropUnsynced();
      throw error;
    }
    this.#file.sync();
    this.#unsynced?.synced();
  }

  dropUnsynced(): void {
    this.#unsynced?.syncFailed();
    this.#file.dropUnsynced?.();
  }

  close(): void {
    this.#file.close();
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#onClose();
  }

  #write(bytes: Uint8Array, at: number): void {
    if (bytes.length === 0) return;
    this.#unsynced?.beforeWrite(this.#file, at, at + bytes.length);
    this.#file.write(bytes, at);
  }
}
