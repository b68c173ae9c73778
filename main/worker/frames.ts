/**
 * Frames: how values travel over a byte stream, between nodes and between a node and its lab.
 *
 * One byte that says how the rest is to be read, three of length (most significant first), then one MessagePack value,
 * as it is or compressed. Maps carry their names in every frame: MessagePack extensions that learn the names once are a
 * little smaller, but tie each frame to all before it.
 *
 * A length is checked before it is believed: a frame above {@link frameBytesMax} ends the stream with an error instead
 * of filling the memory, and so does a short one that would come to more than that.
 */
import { Packr, RESERVE_START_SPACE } from "msgpackr";
import { compress, compressAboveBytes, decompress } from "../storage/compression.ts";

/** Largest frame, header excluded: about what three bytes can say. The state of a key is smaller (see replication/batch). */
export const frameBytesMax = (16 * 1024 - 64) * 1024;
const headerBytes = 4;
/** The first byte of the header. */
const [plain, compressed] = [0, 1];

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
  return headed(frame, plain);
}

/**
 * The same, compressed where that makes it shorter: for peers. Between a node and the lab beside it every byte of the
 * trace would be compressed and decompressed for nothing.
 */
export function encodeShortFrame(value: unknown): Buffer {
  const frame = encodeFrame(value);
  const short = compress(frame.subarray(headerBytes));
  if (short === null) return frame;
  return headed(Buffer.concat([frame.subarray(0, headerBytes), short]), compressed);
}

/** Fills in the header, for which the frame has left room. */
function headed(frame: Buffer, kind: number): Buffer {
  const length = frame.length - headerBytes;
  if (length > frameBytesMax) throw tooLarge(length);
  frame.writeUInt8(kind, 0);
  frame.writeUIntBE(length, 1, 3);
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
      const head = this.#head();
      const [kind, length] = [head.readUInt8(0), head.readUIntBE(1, 3)];
      if (kind !== plain && kind !== compressed) throw malformed(`begins with ${kind}, which means nothing`);
      if (length > this.#bytesMax) throw tooLarge(length, this.#bytesMax);
      const end = headerBytes + length;
      if (this.#size < end) break;
      const whole = this.#joined();
      const body = whole.subarray(headerBytes, end);
      values.push(decode(kind === compressed ? this.#decompress(body) : body));
      this.#size -= end;
      this.#chunks = this.#size > 0 ? [whole.subarray(end)] : [];
    }
    return values;
  }

  #decompress(body: Buffer): Buffer {
    // From a stranger, whose frames must be short, nothing compressed can have come from this program.
    if (this.#bytesMax <= compressAboveBytes) throw malformed("is compressed and should not be");
    try {
      return decompress(body, this.#bytesMax);
    } catch (error) {
      if (error instanceof RangeError) {
        throw new FrameError("too_large", `A frame comes to more than the limit of ${this.#bytesMax} bytes.`);
      }
      throw malformed(`cannot be decompressed (${String(error)})`);
    }
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
    throw malformed(`is not MessagePack (${String(error)})`);
  }
}

const malformed = (what: string) => new FrameError("malformed", `A frame ${what}.`);

function tooLarge(length: number, max = frameBytesMax): FrameError {
  return new FrameError("too_large", `A frame of ${length} bytes is over the limit of ${max}.`);
}
