/**
 * A log in numbered segment files, made for one thing: that a commit costs one write and one flush.
 *
 * The segment that is written to has its full size, so a flush makes no length durable (segment-files.ts). When the next
 * transaction does not fit, a seal ends it, it is flushed, and the next one is made: whole, flushed, renamed, its
 * directory flushed (P34). So whatever lies in a segment that has a successor was flushed, and only the newest can have
 * an unfinished end. A transaction never lies in two segments; one that is larger than a segment gets one of its size.
 *
 * Everything is encoded before the first byte is written: a list in which one is no transaction changes nothing. What
 * fails while it is written, or flushed, is the last this log does (P33). A segment that cannot be removed only stays: no
 * byte that anybody counts on was at stake.
 */
import type { Committed, Position, SchemaVersions, Transaction } from "../../../shared/runtime/types.ts";
import type { Disk, DiskFile } from "../disk/disk.ts";
import { join } from "node:path";
import { RecordWriter, recordBytesMin } from "./record.ts";
import { readSegments, type ReadableSegment } from "./segment-read.ts";
import { makeSegment, segmentName } from "./segment-files.ts";
import { headBytes, type SegmentHead } from "./segment-head.ts";
import { SparseIndex } from "./sparse-index.ts";
import { compacted, Holds, sameVersions, Standing } from "./standing.ts";
import type { Durability, LogOwner, TransactionLog } from "./transaction-log.ts";

const sealBytes = recordBytesMin;

export interface FileLogOptions {
  readonly disk: Disk;
  readonly dir: string;
  readonly owner: LogOwner;
  /** Full size of a segment. */
  readonly segmentBytes: number;
  /** Another number each time, from 0 to 2^32 - 1. */
  readonly salt: () => number;
}

/** How the log was found, or made: its segments, the last of which it goes on in. */
export interface FileLogState {
  readonly heads: readonly SegmentHead[];
  /** Behind the last record of the last segment. */
  readonly at: number;
  readonly last: Position;
  readonly versions: SchemaVersions | null;
}

/** Records that go to one segment with one write. `head` is there when the segment is still to be made. */
interface Chunk {
  readonly head: SegmentHead | null;
  readonly bytes: Uint8Array;
  /** Position of the last transaction in it. */
  readonly last: Position;
}

export class FileLog implements TransactionLog {
  readonly #options: FileLogOptions;
  readonly #standing: Standing;
  readonly #holds = new Holds();
  readonly #writer = new RecordWriter();
  readonly #sealer = new RecordWriter();
  readonly #segments: ReadableSegment[];
  #file: DiskFile;
  /** Where the next record goes. */
  #at: number;
  #last: Position;
  #durable: Position;
  #versions: SchemaVersions | null;
  #isFlushed = true;
  #isRemovalFlushed = true;

  /** What it was found to be is durable: whoever found it sees to that, and it is flushed once more. */
  constructor(options: FileLogOptions, state: FileLogState) {
    this.#options = options;
    this.#standing = new Standing(`The transaction log in ${options.dir}`);
    this.#segments = state.heads.map((head) => this.#readable(head, null));
    this.#at = state.at;
    this.#last = state.last;
    this.#durable = state.last;
    this.#versions = state.versions;
    this.#file = options.disk.open(this.#newest.path, "write");
    this.#file.sync();
  }

  get first(): Position {
    return this.#segments[0]!.head.first;
  }

  get last(): Position {
    return this.#last;
  }

  get durable(): Position {
    return this.#durable;
  }

  get count(): number {
    return this.#last - this.first + 1;
  }

  /** What the newest segment still has room for is not counted: a log grows with each commit. */
  get bytes(): number {
    return this.#segments.reduce((sum, { head }) => sum + head.bytes, this.#at - this.#newest.head.bytes);
  }

  get versions(): SchemaVersions | null {
    return this.#versions;
  }

  append(transactions: readonly Transaction[], durability: Durability): Position {
    this.#standing.assertOpen();
    const chunks = transactions.length === 0 ? [] : this.#plan(transactions);
    this.#write(() => {
      for (const chunk of chunks) this.#take(chunk);
      if (durability === "synced") this.#flush();
    });
    return this.#last;
  }

  setVersions(versions: SchemaVersions): void {
    this.#standing.assertOpen();
    if (sameVersions(versions, this.#versions)) return;
    const copy = { ...versions };
    const { head } = this.#newest;
    this.#writer.clear(head.salt, this.#at);
    this.#writer.versions(copy, this.#last);
    const bytes = this.#writer.view();
    this.#versions = copy;
    this.#write(() => {
      if (this.#at + bytes.length + sealBytes <= head.bytes) {
        this.#take({ head: null, bytes, last: this.#last });
        return;
      }
      const next = this.#nextHead(head.number + 1, this.#last + 1, bytes.length);
      this.#begin(next);
      this.#take({ head: next, bytes: this.#writer.view(), last: this.#last });
    });
  }

  read(after: Position): Iterable<Committed> {
    this.#standing.assertOpen();
    if (after < this.first - 1) throw compacted(after, this.first);
    return readSegments(this.#options.disk, after, (position) => this.#with(position));
  }

  dropBefore(position: Position): Position {
    this.#standing.assertOpen();
    const limit = this.#holds.limit(position);
    try {
      this.#flushRemoval();
      while (this.#segments.length > 1 && this.#segments[1]!.head.first <= limit) {
        this.#options.disk.remove(this.#segments[0]!.path);
        this.#segments.shift();
        this.#isRemovalFlushed = false;
        this.#flushRemoval();
      }
    } catch (error) {
      throw this.#standing.notDropped(error);
    }
    return this.first;
  }

  hold(name: string, after: Position): void {
    this.#standing.assertOpen();
    this.#holds.hold(name, after);
  }

  release(name: string): void {
    this.#standing.assertOpen();
    this.#holds.release(name);
  }

  close(): void {
    if (this.#standing.close()) this.#file.close();
  }

  get #newest(): ReadableSegment {
    return this.#segments.at(-1)!;
  }

  #readable(head: SegmentHead, versions: SchemaVersions | null): ReadableSegment {
    return {
      head,
      path: join(this.#options.dir, segmentName(head.number)),
      index: new SparseIndex({ at: headBytes, after: head.first - 1, versions }),
    };
  }

  /** The segment that holds what follows this position, and how far it goes; null when it was dropped. */
  #with(after: Position) {
    if (after >= this.#last) return "end";
    const index = this.#segments.findLastIndex(({ head }) => head.first <= after + 1);
    const segment = this.#segments[index];
    if (segment === undefined) throw compacted(after, this.first);
    const next = this.#segments[index + 1];
    return next === undefined
      ? { segment, end: this.#at, last: this.#last }
      : { segment, end: segment.head.bytes, last: next.head.first - 1 };
  }

  /** Encodes all of them, for as many segments as it takes. Throws LogError "invalid" with nothing changed. */
  #plan(transactions: readonly Transaction[]): Chunk[] {
    const chunks: Chunk[] = [];
    const writer = this.#writer;
    let head: SegmentHead | null = null;
    let { salt, bytes: size, number } = this.#newest.head;
    let at = this.#at;
    writer.clear(salt, at);
    for (let i = 0; i < transactions.length; i++) {
      const position = this.#last + 1 + i;
      const before = writer.length;
      writer.transaction(transactions[i]!, position, this.#durable);
      if (at + writer.length + sealBytes <= size) continue;
      const needed = writer.length - before;
      writer.rewind(before);
      chunks.push({ head, bytes: Uint8Array.from(writer.view()), last: position - 1 });
      head = this.#nextHead(number + 1, position, needed);
      ({ salt, bytes: size, number } = head);
      at = headBytes;
      this.#begin(head);
      writer.transaction(transactions[i]!, position, this.#durable);
    }
    chunks.push({ head, bytes: writer.view(), last: this.#last + transactions.length });
    return chunks;
  }

  /** `needed`: bytes of the first transaction in it. */
  #nextHead(number: number, first: Position, needed: number): SegmentHead {
    this.#sealer.clear(0, 0);
    if (this.#versions !== null) this.#sealer.versions(this.#versions, first);
    const bytes = Math.max(this.#options.segmentBytes, headBytes + this.#sealer.length + needed + sealBytes);
    return { number, first, bytes, salt: this.#options.salt(), owner: this.#options.owner };
  }

  /** Each segment says itself under which versions its rows were written. */
  #begin(head: SegmentHead): void {
    this.#writer.clear(head.salt, headBytes);
    if (this.#versions !== null) this.#writer.versions(this.#versions, head.first - 1);
  }

  #take({ head, bytes, last }: Chunk): void {
    if (head === null) {
      if (bytes.length > 0) this.#file.write(bytes, this.#at);
      this.#newest.index.note({ at: this.#at, after: this.#last, versions: this.#versions });
      this.#at += bytes.length;
      this.#isFlushed = this.#isFlushed && bytes.length === 0;
    } else {
      this.#seal();
      makeSegment(this.#options.disk, this.#options.dir, head, bytes);
      this.#segments.push(this.#readable(head, null));
      this.#file = this.#options.disk.open(this.#newest.path, "write");
      this.#at = headBytes + bytes.length;
      this.#durable = last;
    }
    this.#last = last;
  }

  /** Ends the newest segment. */
  #seal(): void {
    const { head } = this.#newest;
    this.#sealer.clear(head.salt, this.#at);
    this.#sealer.seal(this.#last);
    this.#file.write(this.#sealer.view(), this.#at);
    this.#file.sync();
    this.#file.close();
    this.#isFlushed = true;
    this.#durable = this.#last;
  }

  #flush(): void {
    if (this.#isFlushed) return;
    this.#file.sync();
    this.#isFlushed = true;
    this.#durable = this.#last;
  }

  /** Before the next removal: with the power gone, no segment is missing between two that are there. */
  #flushRemoval(): void {
    if (this.#isRemovalFlushed) return;
    this.#options.disk.syncDirectory(this.#options.dir);
    this.#isRemovalFlushed = true;
  }

  #write(action: () => void): void {
    try {
      this.#standing.guard(action);
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }
}
