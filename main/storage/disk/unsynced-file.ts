/**
 * What one file would lose with the power: for each page written since the last flush, what the disk still holds there.
 *
 * A failed flush marks its pages clean although they never reached the disk (P33). They are remembered as dropped: no
 * later flush writes them, unless somebody writes the page again.
 */
import type { DiskFile } from "./disk.ts";

const pageBytes = 4096;

interface Page {
  /** Null: the page lies behind the durable end of the file. */
  readonly held: Uint8Array | null;
  isDropped: boolean;
}

export class UnsyncedFile {
  /** Null when it has no name any more. */
  path: string | null;
  size: number;
  /** Handles through which it can be changed. */
  writers = 0;
  #durableSize: number;
  /** Null: the next flush leaves the length as the last one did. */
  #nextSize: number | null = null;
  readonly #pages = new Map<number, Page>();

  constructor(path: string, size: number, isNew: boolean) {
    this.path = path;
    this.size = size;
    this.#durableSize = isNew ? 0 : size;
  }

  get isClean(): boolean {
    return this.#pages.size === 0 && this.size === this.#durableSize;
  }

  beforeWrite(file: DiskFile, at: number, end: number): void {
    this.#keep(file, at, end);
    if (end > this.size) this.size = this.#nextSize = end;
    // A page that is written back takes its length along, also when a flush of that length failed before.
    else if (end > (this.#nextSize ?? this.#durableSize)) this.#nextSize = this.size;
  }

  beforeTruncate(file: DiskFile, size: number): void {
    this.#keep(file, size, this.size);
    this.size = this.#nextSize = size;
  }

  synced(): void {
    if (this.#nextSize !== null) this.#durableSize = this.#nextSize;
    this.#nextSize = null;
    for (const [number, page] of this.#pages) if (!page.isDropped) this.#pages.delete(number);
  }

  syncFailed(): void {
    this.#nextSize = null;
    for (const page of this.#pages.values()) page.isDropped = true;
  }

  /** Brings the file back to what the disk holds. */
  restore(file: DiskFile): void {
    file.truncate(this.#durableSize);
    for (const [number, { held }] of this.#pages) {
      const at = number * pageBytes;
      if (held === null || at >= this.#durableSize) continue;
      const page = new Uint8Array(pageBytes);
      page.set(held);
      file.write(page.subarray(0, Math.min(pageBytes, this.#durableSize - at)), at);
    }
  }

  #keep(file: DiskFile, from: number, to: number): void {
    for (let number = Math.floor(from / pageBytes); number * pageBytes < to; number++) {
      const known = this.#pages.get(number);
      if (known !== undefined) known.isDropped = false;
      else this.#pages.set(number, { held: this.#read(file, number * pageBytes), isDropped: false });
    }
  }

  #read(file: DiskFile, at: number): Uint8Array | null {
    if (at >= this.size) return null;
    const page = new Uint8Array(Math.min(pageBytes, this.size - at));
    file.read(page, at);
    return page;
  }
}
