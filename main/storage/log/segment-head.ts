/**
 * The first page of a segment: what must be known before a record in the file may be believed.
 *
 *     0  8 bytes  magic                     32  u64  position of the first transaction
 *     8  u32      format                    40  u64  size of the whole file
 *    12  u32      CRC32 of all the others   48  name of the node, name of the cluster
 *    16  u64      number of the segment         zeros to 4,096
 *    24  u32      salt
 *    28  u32      0
 *
 * The size makes a truncated file a certain thing: a segment has all its bytes before it gets its name. Magic, format and
 * CRC stay where they are in every format to come, so that "newer" is told from "damaged" for ever.
 */
import { crc32 } from "node:zlib";
import type { Position } from "../../../shared/runtime/types.ts";
import type { NodeId } from "../../../shared/ids.ts";
import { FieldReader, FieldWriter } from "./fields.ts";
import type { LogOwner } from "./transaction-log.ts";

/** Raise it when an older program would read the file wrongly. */
export const logFormat = 1;
export const headBytes = 4_096;
const magic = Buffer.from("LCLOG\r\n\x1a", "latin1");
const crcAt = 12;
const fieldsAt = 16;

export interface SegmentHead {
  readonly number: number;
  readonly salt: number;
  /** Position of its first transaction; the one before it ended the segment before. */
  readonly first: Position;
  /** Of the whole file. */
  readonly bytes: number;
  readonly owner: LogOwner;
}

export function encodeHead(head: SegmentHead): Buffer {
  const fields = new FieldWriter(headBytes);
  fields.raw(magic);
  fields.u32(logFormat);
  fields.u32(0);
  fields.u64(head.number);
  fields.u32(head.salt);
  fields.u32(0);
  fields.u64(head.first);
  fields.u64(head.bytes);
  fields.name(head.owner.node, "The node");
  fields.name(head.owner.cluster, "The cluster");
  const page = Buffer.alloc(headBytes);
  if (fields.length > headBytes) throw new RangeError(`the head of a segment takes ${fields.length} bytes`);
  fields.view().copy(page);
  page.writeUInt32LE(checksum(page), crcAt);
  return page;
}

/** "foreign": no segment of a log. "newer": a sound head of a later format. */
export function decodeHead(page: Buffer): SegmentHead | "damaged" | "foreign" | "newer" {
  const isWhole = page.length >= headBytes;
  if (!isWhole || checksum(page) !== page.readUInt32LE(crcAt)) {
    // A file of zeros was once something; one that says it is something else was never ours.
    const isOurs = page.length < magic.length || page.indexOf(magic) === 0 || isNearly(page);
    return isOurs ? "damaged" : "foreign";
  }
  if (page.compare(magic, 0, magic.length, 0, magic.length) !== 0) return "foreign";
  if (page.readUInt32LE(8) !== logFormat) return "newer";
  const fields = new FieldReader();
  fields.from(page, fieldsAt);
  const number = fields.u64();
  const salt = fields.u32();
  fields.u32();
  const first = fields.u64();
  const bytes = fields.u64();
  const node = fields.name() as NodeId;
  return { number, salt, first, bytes, owner: { node, cluster: fields.name() } };
}

/** The CRC as if its own field were zero. */
function checksum(page: Buffer): number {
  const start = crc32(page.subarray(0, crcAt));
  return crc32(page.subarray(fieldsAt, headBytes), crc32(Buffer.alloc(fieldsAt - crcAt), start));
}

/** The magic with a few bits changed, or zeros where it was. */
function isNearly(page: Buffer): boolean {
  let same = 0;
  let zeros = 0;
  for (let i = 0; i < magic.length; i++) {
    if (page[i] === magic[i]) same += 1;
    if (page[i] === 0) zeros += 1;
  }
  return same >= magic.length / 2 || zeros === magic.length;
}
