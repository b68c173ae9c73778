/**
 * The record: the smallest thing a log holds, one mutation or one word of the log about itself.
 *
 * A transaction is a run of records with one position and ordinals 0, 1, 2, …; the last is marked, so that a run without
 * its end is known for a torn one and none of it is applied. The first carries what all of them share: when, the clock,
 * and how far the log was flushed when it was written (why: tail.ts).
 *
 *     0  u8   mark            24     body
 *     1  u8   type          n-5  u32 CRC32 of bytes 0 to n-5
 *     2  u8   flags         n-1  u8  end mark
 *     3  u8   0
 *     4  u32  length n      All little-endian. Both checks begin from a number made of the segment's salt and the
 *     8  u32  header check  record's own place in its file. So a record of an earlier use of the file, of another file,
 *    12  u32  ordinal       or one that was moved within its file, is no record where it lies (P35), and sound records
 *    16  u64  position      of a file always stand in the order they were written in.
 *
 * The header has a check of its own because a length must be believed before the CRC can be computed (P32). Both marks
 * are other than zero, so that a sector of which only the first or last few bytes belong to a record is never all zero.
 *
 * The row is JSON text: of all that was measured it is the one that reads back exactly as it was (MessagePack loses keys
 * named `__proto__` and lone surrogates), and the engine reads and writes it faster than JavaScript does any other.
 *
 * Source: Mohan et al. 1992, "ARIES", §3 (log records and their numbers); SQLite's write-ahead log (salted checksums).
 */
import { crc32 } from "node:zlib";
import type { VectorClock } from "../../../shared/clock/vector-clock.ts";
import type {
  Mutation,
  Position,
  Provenance,
  SchemaVersions,
  Transaction,
} from "../../../shared/runtime/types.ts";
import { FieldWriter } from "./fields.ts";
import { LogError } from "./transaction-log.ts";

export const recordType = { put: 1, delete: 2, empty: 3, versions: 4, seal: 5 } as const;
export type RecordType = (typeof recordType)[keyof typeof recordType];
export const recordTypeMax = recordType.seal;

export const flag = {
  /** The first of its transaction: the shared fields follow the header. */
  first: 1,
  /** The last of its transaction. */
  last: 2,
  /** A mutation that says where it came from. */
  from: 4,
} as const;
export const flagsMax = 7;

export const startMark = 0xa7;
export const endMark = 0x5a;
export const headerBytes = 24;
/** CRC and end mark. */
export const trailerBytes = 5;
export const recordBytesMin = headerBytes + trailerBytes;
export const recordBytesMax = 64 * 2 ** 20;
/** A transaction is read and written whole. */
const transactionBytesMax = 256 * 2 ** 20;

const seedFactor = 0x9e3779b1;
/** Their product is 1 modulo 2^32. */
const seedInverse = 0xe8b2f51;

/** Where a record stands: both checks begin from it. Differs for any two places under one salt. */
export function seedOf(salt: number, place: number): number {
  const seed = Math.imul(salt ^ place, seedFactor);
  return (seed ^ (seed >>> 15)) >>> 0;
}

/** The salt under which a place has this seed: what is left to go by when the head of a file is lost. */
export function saltOf(seed: number, place: number): number {
  const product = seed ^ (seed >>> 15) ^ (seed >>> 30);
  return (Math.imul(product, seedInverse) ^ place) >>> 0;
}

/**
 * A check of the header's fields, each step of which can be undone, so that no single field can change without it. Takes
 * the first four bytes as one number.
 */
export function headerCheck(
  start: number,
  length: number,
  ordinal: number,
  low: number,
  high: number,
): number {
  let hash = Math.imul(start ^ (start >>> 15), 0x85ebca6b) ^ length;
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) ^ ordinal;
  hash = Math.imul(hash ^ (hash >>> 16), 0x27d4eb2f) ^ low;
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) ^ high;
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Writes records one behind the other into one buffer, which is used again after `clear`. */
export class RecordWriter {
  readonly #fields: FieldWriter;
  readonly #clocks = new ClockBytes();
  #salt = 0;
  #place = 0;

  /** `bytes`: room to begin with. */
  constructor(bytes?: number) {
    this.#fields = new FieldWriter(bytes);
  }

  /** What follows will stand at this place of the file with this salt. */
  clear(salt: number, place: number): void {
    this.#fields.length = 0;
    this.#salt = salt;
    this.#place = place;
  }

  get length(): number {
    return this.#fields.length;
  }

  /** Until the next `clear`. */
  view(): Buffer {
    return this.#fields.view();
  }

  /** Takes back what was written behind this length. */
  rewind(length: number): void {
    this.#fields.length = length;
  }

  /** `synced`: everything up to that position is known to be on the disk. Throws LogError "invalid". */
  transaction(transaction: Transaction, position: Position, synced: Position): void {
    const { mutations } = transaction;
    const from = this.length;
    const last = mutations.length - 1;
    if (last < 0) {
      const at = this.#begin(recordType.empty, flag.first | flag.last, 0, position);
      this.#shared(transaction, position - synced);
      this.#end(at, 0, position);
    }
    for (let ordinal = 0; ordinal <= last; ordinal++) {
      const mutation = mutations[ordinal]!;
      const flags =
        (ordinal === 0 ? flag.first : 0) |
        (ordinal === last ? flag.last : 0) |
        (mutation.from === undefined ? 0 : flag.from);
      const at = this.#begin(
        mutation.row === undefined ? recordType.delete : recordType.put,
        flags,
        ordinal,
        position,
      );
      if (ordinal === 0) this.#shared(transaction, position - synced);
      this.#mutation(mutation);
      this.#end(at, ordinal, position);
    }
    if (this.length - from > transactionBytesMax) {
      throw tooLarge("transaction", this.length - from, transactionBytesMax);
    }
  }

  /** Stands behind the transaction at `position` and holds for what follows. */
  versions(versions: SchemaVersions, position: Position): void {
    const at = this.#begin(recordType.versions, flag.first | flag.last, 0, position);
    this.#fields.text(JSON.stringify(versions));
    this.#end(at, 0, position);
  }

  /** Ends a file whose last transaction is the one at `position`. */
  seal(position: Position): void {
    this.#end(this.#begin(recordType.seal, flag.first | flag.last, 0, position), 0, position);
  }

  #begin(type: RecordType, flags: number, ordinal: number, position: Position): number {
    const fields = this.#fields;
    fields.reserve(headerBytes);
    const at = fields.length;
    const { bytes } = fields;
    bytes[at] = startMark;
    bytes[at + 1] = type;
    bytes[at + 2] = flags;
    bytes[at + 3] = 0;
    bytes.writeUInt32LE(ordinal, at + 12);
    bytes.writeUInt32LE(position % 2 ** 32, at + 16);
    bytes.writeUInt32LE(Math.floor(position / 2 ** 32), at + 20);
    fields.length = at + headerBytes;
    return at;
  }

  #end(at: number, ordinal: number, position: Position): void {
    const fields = this.#fields;
    fields.reserve(trailerBytes);
    const { bytes } = fields;
    const length = fields.length + trailerBytes - at;
    if (length > recordBytesMax) throw tooLarge("record", length, recordBytesMax);
    bytes.writeUInt32LE(length, at + 4);
    const seed = seedOf(this.#salt, this.#place + at);
    const start = startMark | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
    const check = headerCheck(start, length, ordinal, position % 2 ** 32, Math.floor(position / 2 ** 32));
    bytes.writeUInt32LE((check ^ seed) >>> 0, at + 8);
    bytes.writeUInt32LE(crc32(bytes.subarray(at, fields.length), seed), fields.length);
    bytes[fields.length + 4] = endMark;
    fields.length += trailerBytes;
  }

  #shared(transaction: Transaction, unsynced: number): void {
    this.#fields.f64(transaction.at);
    this.#fields.varint(unsynced, "The distance to what was flushed");
    this.#fields.raw(this.#clocks.of(transaction.clock));
  }

  #mutation({ module, table, key, row, from }: Mutation): void {
    this.#fields.name(module, "The module");
    this.#fields.name(table, "The table");
    this.#fields.name(key, "The key");
    if (from !== undefined) this.#provenance(from);
    if (row === undefined) return;
    const text = JSON.stringify(row);
    if (text === undefined) {
      throw new LogError(
        "invalid",
        `The row of ${module}.${table} at "${key}" is nothing that JSON can say.`,
      );
    }
    this.#fields.text(text);
  }

  #provenance(from: Provenance): void {
    const fields = this.#fields;
    fields.varint(from.index, "The index of an entry");
    fields.varint(from.term, "The term of an entry");
    fields.name(from.op, "The operation");
    fields.name(from.origin, "The origin");
    fields.varint(from.replicas.length, "The number of replicas");
    for (const replica of from.replicas) fields.name(replica, "A replica");
  }
}

/** A record by itself; see `RecordWriter.versions`. */
export function versionsRecord(
  versions: SchemaVersions,
  position: Position,
  salt: number,
  place: number,
): Buffer {
  const writer = new RecordWriter(recordBytesSmall);
  writer.clear(salt, place);
  writer.versions(versions, position);
  return writer.view();
}

const recordBytesSmall = 1_024;

/** Encodes each clock once, however many transactions share the object. */
class ClockBytes {
  #clock: VectorClock | undefined;
  readonly #fields = new FieldWriter(1024);

  of(clock: VectorClock): Uint8Array {
    if (clock === this.#clock) return this.#fields.view();
    this.#clock = undefined;
    this.#fields.length = 0;
    let count = 0;
    for (const _ in clock) count += 1;
    this.#fields.varint(count, "The number of a clock's entries");
    for (const node in clock) {
      this.#fields.name(node, "The node");
      this.#fields.varint(clock[node]!, "A clock's entry");
    }
    this.#clock = clock;
    return this.#fields.view();
  }
}

function tooLarge(what: string, bytes: number, max: number): LogError {
  return new LogError(
    "invalid",
    `A ${what} of ${bytes} bytes was to be logged and the log takes ${max} at most; write it in smaller parts.`,
  );
}
