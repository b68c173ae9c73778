/**
 * Numbers and names as bytes: the parts of which records and heads are made.
 *
 * A number that counts takes seven bits a byte, lowest first (LEB128), because most are small and all may grow to 2^53.
 * A name is its length and its UTF-8. Both are written by hand where they are short: a call into native code costs more
 * than the five letters it would copy.
 */
import { LogError } from "./transaction-log.ts";

/** Above this a string is written by native code. */
const shortLetters = 24;
const utf8BytesPerLetterMax = 3;
const varintBytesMax = 8;

/** Bytes that grow as they are written. */
export class FieldWriter {
  bytes: Buffer;
  length = 0;

  constructor(bytes = 64 * 1024) {
    this.bytes = Buffer.allocUnsafe(bytes);
  }

  /** Makes room for this many more. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  /** What was written, until more is. */
  view(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  u8(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  u32(value: number): void {
    this.reserve(4);
    this.length = this.bytes.writeUInt32LE(value >>> 0, this.length);
  }

  u64(value: number): void {
    this.u32(value % 2 ** 32);
    this.u32(Math.floor(value / 2 ** 32));
  }

  f64(value: number): void {
    this.reserve(8);
    this.length = this.bytes.writeDoubleLE(value, this.length);
  }

  varint(value: number, what: string): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new LogError("invalid", `${what} is ${value}, and a log keeps whole numbers from 0 to 2^53 - 1.`);
    }
    this.reserve(varintBytesMax);
    let rest = value;
    if (rest < 0x80) {
      this.bytes[this.length++] = rest;
      return;
    }
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.length++] = rest;
  }

  name(text: string, what: string): void {
    if (text.length <= shortLetters && this.#shortName(text)) return;
    if (!text.isWellFormed()) {
      throw new LogError(
        "invalid",
        `${what} ${JSON.stringify(text)} is no well-formed Unicode and would not be read back as it is.`,
      );
    }
    this.varint(Buffer.byteLength(text), what);
    this.text(text);
  }

  /** UTF-8 without its length: for what reaches to the end. */
  text(text: string): void {
    this.reserve(text.length * utf8BytesPerLetterMax);
    this.length += this.bytes.write(text, this.length);
  }

  /** Copies bytes that are already encoded. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** False, with nothing written, when it holds more than ASCII. */
  #shortName(text: string): boolean {
    this.reserve(text.length + 1);
    const { bytes } = this;
    let at = this.length;
    bytes[at++] = text.length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) return false;
      bytes[at++] = code;
    }
    this.length = at;
    return true;
  }
}

/** Reads what `FieldWriter` wrote. The bytes passed their checksum, so they are what was written. */
export class FieldReader {
  bytes: Buffer = Buffer.alloc(0);
  at = 0;

  from(bytes: Buffer, at: number): void {
    this.bytes = bytes;
    this.at = at;
  }

  u8(): number {
    return this.bytes[this.at++]!;
  }

  u32(): number {
    const value = this.bytes.readUInt32LE(this.at);
    this.at += 4;
    return value;
  }

  u64(): number {
    const low = this.u32();
    return this.u32() * 2 ** 32 + low;
  }

  f64(): number {
    const value = this.bytes.readDoubleLE(this.at);
    this.at += 8;
    return value;
  }

  varint(): number {
    if (this.bytes[this.at]! < 0x80) return this.bytes[this.at++]!;
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.bytes[this.at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  name(): string {
    const length = this.varint();
    const from = this.at;
    this.at += length;
    return this.bytes.toString("utf8", from, this.at);
  }

  /** UTF-8 up to this offset. */
  text(end: number): string {
    const from = this.at;
    this.at = end;
    return this.bytes.toString("utf8", from, end);
  }
}
