/**
 * How far a log in node.db has reached, noted beside it: the witness that it has not become shorter since.
 *
 * What node.db commits lies in its write-ahead log at first, and SQLite ends that at the first frame whose checksum is
 * wrong. After a power cut this is right: nothing behind was promised. After a bit has flipped in the middle, all that was
 * flushed behind it is gone, and what is left looks like a log to which nothing more was written. Nothing within node.db
 * can tell the two apart; this file can. A start whose log ends before it, with no snapshot that has the rest, has found
 * damage like any other (./recovery).
 *
 * It is written after the commit was flushed and never flushed itself: after a power cut it may be behind, and is never
 * ahead. It is a witness and no more. A disk that refuses it, a file that is torn or odd: there is none then, and nothing
 * else comes of it. So it does not go through the disk whose faults a lab arms either.
 *
 * Source: "WAL-mode File Format", sqlite.org/walformat.html, §4 (recovery stops at the first frame that is not valid).
 */
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import type { Position } from "../../shared/runtime/types.ts";
import type { DiskFile } from "./disk/disk.ts";
import { RealDisk } from "./disk/real-disk.ts";

export const reachedPath = (dataDir: string) => join(dataDir, "log-reached");

/** Layout: magic, position as u64, CRC-32 of both; little-endian. */
const magic = Buffer.from("LCREACH1", "latin1");
const crcAt = magic.length + 8;
const fileBytes = crcAt + 4;

export class ReachedFile {
  readonly #disk = new RealDisk();
  readonly #path: string;
  readonly #bytes = Buffer.alloc(fileBytes);
  #file: DiskFile | null = null;
  #noted: Position | null = null;
  #isGivenUp = false;

  constructor(dataDir: string) {
    this.#path = reachedPath(dataDir);
    magic.copy(this.#bytes);
  }

  /** 0 when nothing says so. */
  read(): Position {
    return this.#borne(() => this.#read()) ?? 0;
  }

  /** The log is durable up to here. Takes a few microseconds. */
  note(position: Position): void {
    if (this.#isGivenUp || position === this.#noted) return;
    const bytes = this.#bytes;
    bytes.writeBigUInt64LE(BigInt(position), magic.length);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, crcAt)), crcAt);
    const isWritten = this.#borne(() => {
      this.#file ??= this.#open();
      this.#file.write(bytes, 0);
      return true;
    });
    if (isWritten === true) this.#noted = position;
    else this.#isGivenUp = this.#file === null;
  }

  /** Another log counts from now on, whose positions may begin anew. */
  forget(): void {
    this.close();
    this.#noted = null;
    this.#borne(() => {
      if (!this.#disk.exists(this.#path)) return;
      this.#disk.remove(this.#path);
      this.#disk.syncDirectory(dirname(this.#path));
    });
  }

  close(): void {
    const file = this.#file;
    this.#file = null;
    this.#borne(() => file?.close());
  }

  #read(): Position {
    if (!this.#disk.exists(this.#path)) return 0;
    const file = this.#disk.open(this.#path, "read");
    try {
      const bytes = Buffer.alloc(fileBytes);
      const isWhole = file.size() === fileBytes && file.read(bytes, 0) === fileBytes;
      if (!isWhole || !bytes.subarray(0, magic.length).equals(magic)) return 0;
      if (crc32(bytes.subarray(0, crcAt)) !== bytes.readUInt32LE(crcAt)) return 0;
      const position = Number(bytes.readBigUInt64LE(magic.length));
      return Number.isSafeInteger(position) ? position : 0;
    } finally {
      file.close();
    }
  }

  #open(): DiskFile {
    const file = this.#disk.open(this.#path, this.#disk.exists(this.#path) ? "write" : "create");
    if (file.size() > fileBytes) file.truncate(fileBytes);
    return file;
  }

  /** Undefined when the disk refused. */
  #borne<Result>(action: () => Result): Result | undefined {
    try {
      return action();
    } catch {
      return undefined;
    }
  }
}
