/**
 * Frames: how values travel over a byte stream, between nodes and between a node and its lab.
 *
 * Four bytes of length (unsigned, most significant first), then one MessagePack value. Maps carry their names in every
 * frame: MessagePack extensions that learn the names once are a little smaller, but tie each frame to all before it.
 *
 * A length is checked before it is believed: a frame above {@link frameBytesMax} ends the stream with an error instead
 * of filling the memory.
 */
import { Packr, RESERVE_START_SPACE } from "msgpackr";

/** Largest frame, header excluded. A value of the store has at most 1 MiB. */
export const frameBytesMax = 8 * 1024 * 1024;
const headerBytes = 4;

export class FrameError extends Error {
  readonly kind: "too_large" | "malformed";
  constructor(kind: "too_large" | "malformed", message: string) {
    super(message);
    this.name = "FrameError";
    this.kind = kind;
  }
}

const packr = new Packr({ useRecords: false, mapsAsObjects: true });

/** One frame, ready to be written. Throws FrameError "too_large". */
export function encodeFrame(value: unknown): Buffer {
  const frame = packr.pack(value, RESERVE_START_SPACE | headerBytes);
  const length = frame.length - headerBytes;
  if (length > frameBytesMax) throw tooLarge(length);
  frame.writeUInt32BE(length, 0);
  return frame;
}

/** Cuts a stream of chunks into values. Holds at most one unfinished frame. */
export class FrameDecoder {
  readonly #bytesMax: number;
  #chunks: Buffer[] = [];
  #size = 0;

  /** A smaller limit suits a peer that has not yet proved anything. */
  constructor(bytesMax = frameBytesMax) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes of the unfinished frame. */
  get pendingBytes(): number {
    return this.#size;
  }

  /** The values that this chunk completes. Throws FrameError; the stream is of no use after that. */
  push(chunk: Buffer): unknown[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const values: unknown[] = [];
    while (this.#size >= headerBytes) {
      const length = this.#head().readUInt32BE(0);
      if (length > this.#bytesMax) throw tooLarge(length, this.#bytesMax);
      const end = headerBytes + length;
      if (this.#size < end) break;
      const whole = this.#joined();
      values.push(decode(whole.subarray(headerBytes, end)));
      this.#size -= end;
      this.#chunks = this.#size > 0 ? [whole.subarray(end)] : [];
    }
    return values;
  }

  /** The first bytes, joined only when the header itself is cut. */
  #head(): Buffer {
    const first = this.#chunks[0]!;
    return first.length >= headerBytes ? first : this.#joined();
  }

  #joined(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks, this.#size)];
    return this.#chunks[0]!;
  }
}

function decode(bytes: Buffer): unknown {
  try {
    return packr.unpack(bytes);
  } catch (error) {
    throw new FrameError("malformed", `A frame is not MessagePack (${String(error)}).`);
  }
}

function tooLarge(length: number, max = frameBytesMax): FrameError {
  return new FrameError("too_large", `A frame of ${length} bytes is over the limit of ${max}.`);
}
