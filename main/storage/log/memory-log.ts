/**
 * A log that lives as long as its process: for lessons about what happens without a disk, for tests, and as the shortest
 * example of what a log must do. It keeps the same records as the others, so a row is read back as it would be from a
 * disk, and never as the object that was handed in and may have been changed since.
 */
import type { Committed, Position, SchemaVersions, Transaction } from "../../../shared/runtime/types.ts";
import { missingStart, refuseDamaged } from "./damage.ts";
import { RecordReader } from "./record-read.ts";
import { RecordWriter } from "./record.ts";
import { compacted, Holds, sameVersions, Standing, VersionHistory } from "./standing.ts";
import type {
  Durability,
  LogOwner,
  LogScan,
  LogSource,
  OpenedLog,
  SegmentInfo,
  TransactionLog,
} from "./transaction-log.ts";

const noSalt = 0;

/** What stays when a log is closed and its process goes on. */
class Memory {
  /** One a transaction, from `first` on. */
  records: Buffer[] = [];
  first: Position;
  bytes = 0;
  readonly versions = new VersionHistory();

  constructor(after: Position) {
    this.first = after + 1;
  }

  get last(): Position {
    return this.first + this.records.length - 1;
  }

  *read(after: Position): Generator<Committed> {
    const reader = new RecordReader();
    for (let position = Math.max(after + 1, this.first); position <= this.last; position++) {
      if (position < this.first) throw compacted(position - 1, this.first);
      const records = this.records[position - this.first]!;
      yield reader.transaction(records, 0, records.length, this.versions.of(position));
    }
  }
}

class MemoryLog implements TransactionLog {
  readonly #memory: Memory;
  readonly #standing = new Standing("The log in memory");
  readonly #holds = new Holds();
  readonly #writer = new RecordWriter();

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  get first(): Position {
    return this.#memory.first;
  }

  get last(): Position {
    return this.#memory.last;
  }

  get durable(): Position {
    return this.last;
  }

  get count(): number {
    return this.#memory.records.length;
  }

  get bytes(): number {
    return this.#memory.bytes;
  }

  get versions(): SchemaVersions | null {
    return this.#memory.versions.current;
  }

  append(transactions: readonly Transaction[], _durability: Durability): Position {
    this.#standing.assertOpen();
    const records = transactions.map((transaction, index) => {
      this.#writer.clear(noSalt, 0);
      this.#writer.transaction(transaction, this.last + 1 + index, this.last);
      return Buffer.from(this.#writer.view());
    });
    for (const record of records) {
      this.#memory.records.push(record);
      this.#memory.bytes += record.length;
    }
    return this.last;
  }

  read(after: Position): Iterable<Committed> {
    this.#standing.assertOpen();
    if (after < this.first - 1) throw compacted(after, this.first);
    return this.#memory.read(after);
  }

  setVersions(versions: SchemaVersions): void {
    this.#standing.assertOpen();
    if (!sameVersions(versions, this.versions)) this.#memory.versions.add(this.last, { ...versions });
  }

  dropBefore(position: Position): Position {
    this.#standing.assertOpen();
    const first = Math.min(this.#holds.limit(position), this.last + 1);
    for (const dropped of this.#memory.records.splice(0, Math.max(0, first - this.first))) {
      this.#memory.bytes -= dropped.length;
      this.#memory.first += 1;
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
    this.#standing.close();
  }
}

/** Opening it again in the same process finds what was there. */
export class MemoryLogSource implements LogSource {
  readonly kind = "memory";
  readonly owner: LogOwner;
  #memory: Memory | undefined;

  constructor(owner: LogOwner) {
    this.owner = owner;
  }

  scan(after: Position): LogScan {
    const memory = this.#memory ?? new Memory(after);
    const damage = memory.first > after + 1 ? [missingStart("memory", memory.first, after)] : [];
    const segment: SegmentInfo = {
      file: "memory",
      bytes: memory.bytes,
      first: memory.first,
      last: memory.last,
      records: memory.records.length,
      sealed: false,
    };
    return {
      segments: this.#memory === undefined ? [] : [segment],
      damage,
      first: memory.first,
      last: memory.last,
      sound: () => memory.read(after),
    };
  }

  *scanThrough(after: Position): Generator<Committed, LogScan> {
    if (this.#memory !== undefined) yield* this.#memory.read(after);
    return this.scan(after);
  }

  open(after: Position, found: LogScan = this.scan(after)): OpenedLog {
    const lines: string[] = [];
    refuseDamaged(found, after);
    if (this.#memory !== undefined && this.#memory.last < after) {
      lines.push(`The log in memory ended at ${this.#memory.last} and goes on after ${after}.`);
      this.#memory = new Memory(after);
    }
    this.#memory ??= new Memory(after);
    return { log: new MemoryLog(this.#memory), lines };
  }

  setAside(after: Position): OpenedLog {
    const lines = this.#memory === undefined ? [] : ["The log in memory was given up."];
    this.#memory = new Memory(after);
    return { log: new MemoryLog(this.#memory), lines };
  }
}
