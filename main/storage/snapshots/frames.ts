/**
 * The bytes of a snapshot, the same in a file, in a table and in memory: a prefix and then frames.
 *
 *     prefix   magic 8 · format version 4 · CRC32 of both 4
 *     frame    kind 4 · body length 4 · rows 4 · length before compression 4 · CRC32 of these 4 · body · CRC32 of it 4
 *
 * One HEAD (JSON), as many ROWS (JSON, compressed where that is shorter) as it takes, one FOOT. Numbers are little-endian. Each CRC32 goes on from the one before it, so
 * a frame is sound only behind the very frames it was written behind: one that is missing, repeated or left over from
 * another snapshot is found as surely as a flipped bit (P35). The CRC of a frame's first fields stands in front of the
 * body, so that no length is believed before it was checked (P32). The foot holds counts over everything and, because
 * the end of a file is the first thing to be lost, says by being there that the snapshot is whole; its own CRC goes on
 * from the head's, so that lists need to read both ends only.
 *
 * The prefix keeps its form in every version: a newer snapshot is told from a damaged one by it.
 */
import { crc32 } from "node:zlib";
import { z } from "zod";
import { isVectorClock } from "../../../shared/clock/vector-clock.ts";
import type { Mutation } from "../../../shared/runtime/types.ts";
import { compress, decompress } from "../compression.ts";
import type { LogOwner } from "../log/transaction-log.ts";
import { joinRows, packRow, unpackRows } from "./rows.ts";
import type { SnapshotHead } from "./snapshot-store.ts";

export const snapshotFormatVersion = 1;
const magic = Buffer.from("LCSNAP\r\n", "latin1");
const prefixBytes = 16;
const frameHeadBytes = 20;
const checksumBytes = 4;
const footBodyBytes = 24;
const footBytes = frameHeadBytes + footBodyBytes + checksumBytes;
/** Rows are collected up to this before they become a frame; a longer row has one of its own. */
const bodyLettersMin = 64 * 1024;

const kinds = { head: 0x44414548, rows: 0x53574f52, foot: 0x544f4f46 };

const whole = z.number().int().min(0);
const headSchema = z.object({
  node: z.string(),
  cluster: z.string(),
  position: whole,
  clock: z.custom<SnapshotHead["clock"]>(isVectorClock),
  at: z.number(),
  versions: z.record(z.string(), whole),
  index: whole,
  replacesLog: z.literal(true).optional(),
});

/** What is wrong with bytes, and from which one on. */
export class FrameError extends Error {
  readonly kind: "damaged" | "newer_format";
  readonly offset: number;
  constructor(kind: "damaged" | "newer_format", offset: number, message: string) {
    super(message);
    this.name = "FrameError";
    this.kind = kind;
    this.offset = offset;
  }
}

/** Bytes from this offset on: fewer only at the end. */
export type ReadBytes = (offset: number, length: number) => Buffer;

export interface Foot {
  readonly rows: number;
  readonly bytes: number;
}

/** Makes the bytes of one snapshot, piece by piece. */
export class FrameEncoder {
  #crc = 0;
  #headCrc = 0;
  #bytes = 0;
  #rows = 0;
  #frames = 0;
  #waiting: string[] = [];
  #waitingLetters = 0;

  begin(owner: LogOwner, head: SnapshotHead): Buffer {
    const prefix = Buffer.alloc(prefixBytes);
    magic.copy(prefix);
    prefix.writeUInt32LE(snapshotFormatVersion, magic.length);
    prefix.writeUInt32LE(crc32(prefix.subarray(0, 12)), 12);
    this.#crc = crc32(prefix);
    const { position, clock, at, versions, index, replacesLog } = head;
    const { node, cluster } = owner;
    const body = Buffer.from(
      JSON.stringify({ node, cluster, position, clock, at, versions, index, replacesLog }),
    );
    const bytes = Buffer.concat([prefix, this.#frame(kinds.head, 0, body, 0)]);
    this.#headCrc = this.#crc;
    this.#bytes = bytes.length;
    return bytes;
  }

  /** Frames that are full with these rows. */
  *add(rows: readonly Mutation[]): Generator<Buffer> {
    for (const row of rows) {
      const packed = packRow(row);
      this.#waiting.push(packed);
      this.#waitingLetters += packed.length;
      if (this.#waitingLetters >= bodyLettersMin) yield this.#flush();
    }
  }

  /** The rest of the rows and the foot. */
  *end(): Generator<Buffer> {
    if (this.#waiting.length > 0) yield this.#flush();
    const body = Buffer.alloc(footBodyBytes);
    body.writeBigUInt64LE(BigInt(this.#rows), 0);
    body.writeUInt32LE(this.#frames, 8);
    body.writeBigUInt64LE(BigInt(this.#bytes + footBytes), 12);
    body.writeUInt32LE(crc32(body.subarray(0, 20), this.#headCrc), 20);
    yield this.#frame(kinds.foot, 0, body, 0);
  }

  get foot(): Foot {
    return { rows: this.#rows, bytes: this.#bytes + footBytes };
  }

  #flush(): Buffer {
    const plain = joinRows(this.#waiting);
    const short = compress(plain);
    const count = this.#waiting.length;
    const frame = this.#frame(kinds.rows, count, short ?? plain, short === null ? 0 : plain.length);
    this.#waiting = [];
    this.#waitingLetters = 0;
    this.#rows += count;
    this.#frames += 1;
    this.#bytes += frame.length;
    return frame;
  }

  #frame(kind: number, rows: number, body: Buffer, plainBytes: number): Buffer {
    const frame = Buffer.allocUnsafe(frameHeadBytes + body.length + checksumBytes);
    frame.writeUInt32LE(kind, 0);
    frame.writeUInt32LE(body.length, 4);
    frame.writeUInt32LE(rows, 8);
    frame.writeUInt32LE(plainBytes, 12);
    const headCrc = crc32(frame.subarray(0, 16), this.#crc);
    frame.writeUInt32LE(headCrc, 16);
    body.copy(frame, frameHeadBytes);
    this.#crc = crc32(body, headCrc);
    frame.writeUInt32LE(this.#crc, frameHeadBytes + body.length);
    return frame;
  }
}

interface Frame {
  readonly kind: number;
  readonly rows: number;
  readonly plainBytes: number;
  readonly body: Buffer;
  readonly crc: number;
  /** Of the byte behind it. */
  readonly end: number;
}

export interface DecodedHead {
  readonly owner: { readonly node: string; readonly cluster: string };
  readonly head: SnapshotHead;
  readonly crc: number;
  readonly end: number;
}

/** Throws FrameError. */
export function readHead(read: ReadBytes): DecodedHead {
  const prefix = read(0, prefixBytes);
  if (prefix.length < prefixBytes) throw damaged(prefix.length, "it ends inside its head");
  if (!prefix.subarray(0, magic.length).equals(magic))
    throw damaged(0, "it does not begin as a snapshot does");
  if (crc32(prefix.subarray(0, 12)) !== prefix.readUInt32LE(12))
    throw damaged(8, "the checksum of its head does not fit");
  const version = prefix.readUInt32LE(8);
  if (version > snapshotFormatVersion) {
    const upTo = `this Lightcone reads up to ${snapshotFormatVersion}`;
    throw new FrameError("newer_format", 8, `has format ${version} and ${upTo}`);
  }
  const frame = readFrame(read, prefixBytes, crc32(prefix));
  if (frame.kind !== kinds.head) throw damaged(prefixBytes, "its head is not where it should be");
  const parsed = headSchema.safeParse(JSON.parse(frame.body.toString()));
  if (!parsed.success) throw damaged(prefixBytes, "its head does not say what a head says");
  const { node, cluster, replacesLog, ...rest } = parsed.data;
  const head = replacesLog === undefined ? rest : { ...rest, replacesLog };
  return { owner: { node, cluster }, head, crc: frame.crc, end: frame.end };
}

/** Reads the last bytes only. Throws FrameError. */
export function readFoot(read: ReadBytes, size: number, head: DecodedHead): Foot {
  const at = size - footBytes;
  const early = () => damaged(size, "it ends before its last record");
  if (at < head.end) throw early();
  const frame = read(at, footBytes);
  if (frame.length < footBytes || frame.readUInt32LE(0) !== kinds.foot) throw early();
  return footOf(frame.subarray(frameHeadBytes, frameHeadBytes + footBodyBytes), size, head.crc);
}

function footOf(body: Buffer, size: number, headCrc: number): Foot & { frames: number } {
  if (crc32(body.subarray(0, 20), headCrc) !== body.readUInt32LE(20))
    throw damaged(size - footBytes, "the checksum of its last record does not fit");
  const foot = {
    rows: Number(body.readBigUInt64LE(0)),
    frames: body.readUInt32LE(8),
    bytes: Number(body.readBigUInt64LE(12)),
  };
  if (foot.bytes !== size)
    throw damaged(Math.min(size, foot.bytes), `it should have ${foot.bytes} bytes and has ${size}`);
  return foot;
}

/** Rows frame by frame, each given only when its checksum fits; whether all were there is known at the end. Throws FrameError. */
export function* readRows(read: ReadBytes, size: number, head: DecodedHead): Generator<Mutation[]> {
  let { crc, end } = head;
  let rows = 0;
  let frames = 0;
  for (;;) {
    const start = end;
    const frame = readFrame(read, start, crc);
    ({ crc, end } = frame);
    if (frame.kind === kinds.foot) {
      const foot = footOf(frame.body, end, head.crc);
      if (foot.rows !== rows || foot.frames !== frames)
        throw damaged(start, `it should have ${foot.rows} rows and has ${rows}`);
      if (end !== size) throw damaged(end, "something stands behind its last record");
      return;
    }
    if (frame.kind !== kinds.rows) throw damaged(start, "a record of an unknown kind");
    const list = unpackRows(frame.plainBytes > 0 ? decompress(frame.body, frame.plainBytes) : frame.body);
    if (list.length !== frame.rows) throw damaged(start, `a record of ${frame.rows} rows has ${list.length}`);
    rows += list.length;
    frames += 1;
    yield list;
  }
}

function readFrame(read: ReadBytes, at: number, crc: number): Frame {
  const head = read(at, frameHeadBytes);
  if (head.length < frameHeadBytes) throw damaged(at + head.length, "it ends before its last record");
  const headCrc = crc32(head.subarray(0, 16), crc);
  if (headCrc !== head.readUInt32LE(16)) throw damaged(at, "the checksum of a record's head does not fit");
  const length = head.readUInt32LE(4);
  const rest = read(at + frameHeadBytes, length + checksumBytes);
  if (rest.length < length + checksumBytes)
    throw damaged(at + frameHeadBytes + rest.length, "it ends inside a record");
  const body = rest.subarray(0, length);
  const bodyCrc = crc32(body, headCrc);
  if (bodyCrc !== rest.readUInt32LE(length)) throw damaged(at, "the checksum of a record does not fit");
  return {
    kind: head.readUInt32LE(0),
    rows: head.readUInt32LE(8),
    plainBytes: head.readUInt32LE(12),
    body,
    crc: bodyCrc,
    end: at + frameHeadBytes + length + checksumBytes,
  };
}

const damaged = (offset: number, message: string) => new FrameError("damaged", offset, message);
