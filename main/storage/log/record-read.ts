/**
 * Reads records back: first whether the bytes at a place are a sound record, then what it says.
 *
 * Nothing is taken from bytes that were not checked. The order is that of record.ts: marks and header check, so that the
 * length may be believed; then the length against what there is; then the CRC over header and body (L6, P32).
 */
import { crc32 } from "node:zlib";
import type { VectorClock } from "../../../shared/clock/vector-clock.ts";
import type { NodeId } from "../../../shared/ids.ts";
import type {
  Committed,
  Mutation,
  Position,
  Provenance,
  Row,
  SchemaVersions,
} from "../../../shared/runtime/types.ts";
import { FieldReader } from "./fields.ts";
import {
  endMark,
  flag,
  flagsMax,
  headerBytes,
  headerCheck,
  recordBytesMax,
  recordBytesMin,
  recordType,
  recordTypeMax,
  seedOf,
  startMark,
  trailerBytes,
} from "./record.ts";

/** Why there is no sound record at a place. */
const unsound = {
  /** No header, or a damaged one: its length means nothing. */
  header: 0,
  /** A sound header whose record reaches beyond the end. */
  short: -1,
  /** A sound header over a body that is not what was written. */
  body: -2,
} as const;

/**
 * The length of the sound record at `at`, else one of `unsound`, none of which is positive. `place` is the offset of
 * `bytes[0]` in its file.
 */
export function soundAt(bytes: Buffer, at: number, end: number, salt: number, place: number): number {
  const length = headerAt(bytes, at, end, seedOf(salt, place + at));
  if (length === 0) return unsound.header;
  if (at + length > end) return unsound.short;
  return isBodySound(bytes, at, length, seedOf(salt, place + at)) ? length : unsound.body;
}

/** The record's length, when its header is sound; else 0. */
export function headerAt(bytes: Buffer, at: number, end: number, seed: number): number {
  if (bytes[at] !== startMark || at + headerBytes > end) return 0;
  const check = checkAt(bytes, at);
  const length = bytes.readUInt32LE(at + 4);
  if ((check ^ seed) >>> 0 !== bytes.readUInt32LE(at + 8)) return 0;
  const type = bytes[at + 1]!;
  const isPossible =
    type >= recordType.put && type <= recordTypeMax && bytes[at + 2]! <= flagsMax && bytes[at + 3] === 0;
  return isPossible && length >= recordBytesMin && length <= recordBytesMax ? length : 0;
}

function isBodySound(bytes: Buffer, at: number, length: number, seed: number): boolean {
  const crcAt = at + length - trailerBytes;
  return (
    bytes[at + length - 1] === endMark && crc32(bytes.subarray(at, crcAt), seed) === bytes.readUInt32LE(crcAt)
  );
}

function checkAt(bytes: Buffer, at: number): number {
  return headerCheck(
    bytes.readUInt32LE(at),
    bytes.readUInt32LE(at + 4),
    bytes.readUInt32LE(at + 12),
    bytes.readUInt32LE(at + 16),
    bytes.readUInt32LE(at + 20),
  );
}

/**
 * The seed of the whole record that lies here, for whatever place it was written (P35): what both its checks began from
 * can be read off the first and must fit the second. Null when there is none.
 */
export function seedAt(bytes: Buffer, at: number, end: number): number | null {
  if (bytes[at] !== startMark || at + recordBytesMin > end) return null;
  const seed = (checkAt(bytes, at) ^ bytes.readUInt32LE(at + 8)) >>> 0;
  const length = headerAt(bytes, at, end, seed);
  return length > 0 && at + length <= end && isBodySound(bytes, at, length, seed) ? seed : null;
}

export const lengthAt = (bytes: Buffer, at: number) => bytes.readUInt32LE(at + 4);
export const typeAt = (bytes: Buffer, at: number) => bytes[at + 1]!;
export const flagsAt = (bytes: Buffer, at: number) => bytes[at + 2]!;
export const ordinalAt = (bytes: Buffer, at: number) => bytes.readUInt32LE(at + 12);
export const positionAt = (bytes: Buffer, at: number): Position =>
  bytes.readUInt32LE(at + 20) * 2 ** 32 + bytes.readUInt32LE(at + 16);

/** How far the log was flushed when the transaction that begins with this record was written. */
export function synced(bytes: Buffer, at: number): Position {
  flushed.from(bytes, at + headerBytes + 8);
  return positionAt(bytes, at) - flushed.varint();
}

const flushed = new FieldReader();

/** What the first record of a transaction says for all of them. */
export interface SharedFields {
  readonly at: number;
  readonly clock: VectorClock;
  /** Everything up to here was flushed when the transaction was written. */
  readonly synced: Position;
}

/** Reads the fields of records that are sound. Names that come again and again are made once. */
export class RecordReader {
  readonly #fields = new FieldReader();
  /** What the first, second, … name was that was read of the record before. */
  readonly #guesses: string[] = [];
  #guess = 0;
  readonly #names = new Map<number, string>();
  #clockBytes: Buffer | undefined;
  #clock: VectorClock = {};

  shared(bytes: Buffer, at: number): SharedFields {
    this.#guess = 0;
    this.#fields.from(bytes, at + headerBytes);
    const time = this.#fields.f64();
    const synced = positionAt(bytes, at) - this.#fields.varint();
    return { at: time, synced, clock: this.#readClock() };
  }

  /** The records from `at` up to `end` are one sound transaction. */
  transaction(bytes: Buffer, at: number, end: number, versions: SchemaVersions | null): Committed {
    const { at: time, clock } = this.shared(bytes, at);
    const mutations: Mutation[] = [];
    for (let record = at; record < end;) {
      const length = lengthAt(bytes, record);
      if (record !== at) this.#fields.from(bytes, record + headerBytes);
      if (typeAt(bytes, record) !== recordType.empty) mutations.push(this.#mutation(record, length));
      record += length;
    }
    return { position: positionAt(bytes, at), at: time, clock, mutations, versions };
  }

  /** The mutation of one record. */
  mutation(bytes: Buffer, at: number): Mutation {
    this.#fields.from(bytes, at + headerBytes);
    if ((flagsAt(bytes, at) & flag.first) !== 0) this.shared(bytes, at);
    return this.#mutation(at, lengthAt(bytes, at));
  }

  versions(bytes: Buffer, at: number): SchemaVersions {
    this.#fields.from(bytes, at + headerBytes);
    const end = at + lengthAt(bytes, at) - trailerBytes;
    return JSON.parse(this.#fields.text(end)) as SchemaVersions;
  }

  /** Behind the header and the shared fields of the record at `at`. */
  #mutation(at: number, length: number): Mutation {
    const fields = this.#fields;
    const { bytes } = fields;
    const module = this.#name();
    const table = this.#name();
    const key = fields.name();
    const from = (flagsAt(bytes, at) & flag.from) === 0 ? undefined : this.#provenance();
    const isPut = typeAt(bytes, at) === recordType.put;
    const row = isPut ? (JSON.parse(fields.text(at + length - trailerBytes)) as Row) : undefined;
    return from === undefined ? { module, table, key, row } : { module, table, key, row, from };
  }

  #provenance(): Provenance {
    const fields = this.#fields;
    const index = fields.varint();
    const term = fields.varint();
    const op = this.#name();
    const origin = this.#name() as NodeId;
    const replicas: NodeId[] = [];
    for (let left = fields.varint(); left > 0; left--) replicas.push(this.#name() as NodeId);
    return { index, term, op, origin, replicas };
  }

  #readClock(): VectorClock {
    const fields = this.#fields;
    const from = fields.at;
    const known = this.#clockBytes;
    const isLongEnough = known !== undefined && from + known.length <= fields.bytes.length;
    if (isLongEnough && known.compare(fields.bytes, from, from + known.length) === 0) {
      fields.at += known.length;
      return this.#clock;
    }
    const clock: Record<string, number> = {};
    for (let left = fields.varint(); left > 0; left--) {
      const node = this.#name();
      clock[node] = fields.varint();
    }
    this.#clockBytes = Buffer.from(fields.bytes.subarray(from, fields.at));
    this.#clock = clock;
    return clock;
  }

  /** A name of which a log has few: modules, tables, nodes, operations. Mostly the one the record before had here. */
  #name(): string {
    const fields = this.#fields;
    const length = fields.varint();
    const { bytes, at } = fields;
    fields.at += length;
    const guess = this.#guess++ % guessesMax;
    const guessed = this.#guesses[guess];
    if (guessed !== undefined && isWritten(guessed, bytes, at, length)) return guessed;
    const name =
      length > internBytesMax ? bytes.toString("utf8", at, at + length) : this.#interned(at, length);
    this.#guesses[guess] = name;
    return name;
  }

  #interned(at: number, length: number): string {
    const { bytes } = this.#fields;
    let hash = length;
    for (let i = at; i < at + length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    const known = this.#names.get(hash);
    if (known !== undefined && isWritten(known, bytes, at, length)) return known;
    const name = bytes.toString("utf8", at, at + length);
    if (this.#names.size < internedMax) this.#names.set(hash, name);
    return name;
  }
}

const internBytesMax = 64;
const internedMax = 4_096;
const guessesMax = 256;

/** ASCII only: other names are read again each time. */
function isWritten(name: string, bytes: Buffer, at: number, length: number): boolean {
  if (name.length !== length) return false;
  for (let i = 0; i < length; i++) if (name.charCodeAt(i) !== bytes[at + i]) return false;
  return true;
}
