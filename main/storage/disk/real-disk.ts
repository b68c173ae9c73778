/**
 * The machine's own disk, through Node's synchronous calls.
 *
 * Three things that the calls alone do not give are done here. A write may take only some of the bytes it was handed, so
 * it is repeated until all are taken. Data is flushed with fdatasync, which also makes a new length durable; on macOS
 * Node asks for F_FULLFSYNC, without which the drive keeps the bytes in a cache of its own. And a directory that was made
 * is flushed into the one above it: a file synced in a directory that is gone after a power cut is gone too (P34). They
 * are made one at a time, so that a kill leaves one at most that is there and not flushed, and the next start flushes it.
 *
 * Windows can neither open nor flush a directory; its file system keeps a journal of names.
 */
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { makeDirectory } from "../make-directory.ts";
import type { Disk, DiskFile } from "./disk.ts";
import { diskError } from "./disk-error.ts";

const flags = { read: "r", write: "r+", create: "wx+" } as const;

export class RealDisk implements Disk {
  open(path: string, how: "read" | "write" | "create"): DiskFile {
    return new RealFile(path, openSync(path, flags[how], 0o600));
  }

  exists(path: string): boolean {
    return existsSync(path);
  }

  list(dir: string): readonly string[] {
    try {
      return readdirSync(dir).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  }

  makeDirectory(dir: string): void {
    const missing: string[] = [];
    let there = resolve(dir);
    for (; !existsSync(there) && dirname(there) !== there; there = dirname(there)) missing.push(there);
    this.#syncName(there);
    if (missing.length === 0) makeDirectory(there);
    for (const path of missing.toReversed()) {
      makeDirectory(path);
      this.syncDirectory(dirname(path));
    }
  }

  /** Of a directory that is there: whoever made it may have been killed before it flushed the one above. */
  #syncName(dir: string): void {
    try {
      this.syncDirectory(dirname(dir));
    } catch (error) {
      // What may not be read here was not made from here.
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "EACCES" && code !== "EPERM") throw error;
    }
  }

  rename(from: string, to: string): void {
    renameSync(from, to);
  }

  remove(path: string): void {
    try {
      unlinkSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }

  syncDirectory(dir: string): void {
    if (process.platform === "win32") return;
    const handle = openSync(dir, "r");
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  }

  /** Whoever writes past this interface meets the machine's disk by itself. */
  gate(): void {}
}

class RealFile implements DiskFile {
  readonly path: string;
  #handle: number | null;

  constructor(path: string, handle: number) {
    this.path = path;
    this.#handle = handle;
  }

  write(bytes: Uint8Array, at: number): void {
    const handle = this.#opened("write");
    let done = 0;
    while (done < bytes.length) {
      const taken = writeSync(handle, bytes, done, bytes.length - done, at + done);
      // Without this a file system that takes nothing and says nothing would hold the process for ever.
      if (taken === 0) throw diskError("EIO", "write", this.path);
      done += taken;
    }
  }

  read(into: Uint8Array, at: number): number {
    const handle = this.#opened("read");
    let done = 0;
    while (done < into.length) {
      const got = readSync(handle, into, done, into.length - done, at + done);
      if (got === 0) break;
      done += got;
    }
    return done;
  }

  size(): number {
    return fstatSync(this.#opened("fstat")).size;
  }

  truncate(bytes: number): void {
    ftruncateSync(this.#opened("ftruncate"), bytes);
  }

  sync(): void {
    fdatasyncSync(this.#opened("fdatasync"));
  }

  close(): void {
    if (this.#handle === null) return;
    const handle = this.#handle;
    this.#handle = null;
    closeSync(handle);
  }

  /** The number of a closed file may be another file's by now: it is never handed to the system again. */
  #opened(call: string): number {
    if (this.#handle === null) throw diskError("EBADF", call, this.path);
    return this.#handle;
  }
}
