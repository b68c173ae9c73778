/**
 * A node's disk: what its log and its clock store would hold, and what a crash leaves of it.
 *
 * It keeps the promises of the real stores and breaks them where those would. A commit that holds records is flushed; one
 * of clock and operations alone is only handed to the operating system. So when the process is killed, every commit that
 * was made survives, and the one being made survives whole or not at all. When the power goes (`tear`), what was not
 * flushed is gone as well, and the commit being made is torn: its checksum does not fit, so the next start drops it
 * whole. Half a commit is never seen: that is the log's promise, and the simulator does not invent worse. With sync "off"
 * nothing waits for a flush, and a power cut takes acknowledged writes with it.
 *
 * A commit that fails is never tried again (P33). Of one whose flush failed nobody can say whether it is there: the next
 * start finds it or does not, and nothing of it was acknowledged.
 *
 * A flipped bit in a stored value is found at the next start, which does about it what the recovery mode says: see
 * ./disk-recovery.
 */
import type { VectorClock } from "../clock/vector-clock.ts";
import type { Key, TimeMs } from "../ids.ts";
import { mutationsOf, restoredFrom } from "../replica/durable.ts";
import type { Output, Restored } from "../replica/types.ts";
import type { OperationLogItem } from "../replication/types.ts";
import { Tables } from "../runtime/tables.ts";
import type { Mutation } from "../runtime/types.ts";
import { type DiskFailure, Failures } from "./disk-failures.ts";
import { type Recovery, recovered } from "./disk-recovery.ts";

interface Content {
  life: number;
  clock: VectorClock | null;
  /** Of the newest event that was kept. */
  at: TimeMs | null;
  tables: Tables;
  operations: OperationLogItem[];
  /** Keys whose stored value has lost a bit. */
  damaged: Set<Key>;
}

/** A copy of everything, for "old-disk". Opaque. */
export type DiskImage = Readonly<Content>;

const empty = (): Content => ({
  life: 0,
  clock: null,
  at: null,
  tables: new Tables(),
  operations: [],
  damaged: new Set(),
});

const copyOf = (content: DiskImage): Content => ({
  ...content,
  tables: content.tables.copy(),
  operations: [...content.operations],
  damaged: new Set(content.damaged),
});

/** Of earlier lives, as many as the real store looks for. */
const operationsMax = 1_000;
const flushUsMin = 100;
const flushUsSpread = 100;
/** With sync "off": the operating system writes to the disk after so many commits. */
const unflushedMax = 256;

/** The commit being made when the crash came: null when none was. */
type CrashOutcome = "kept" | "lost" | "torn" | null;

/** What a start finds: what the core begins with, and a sentence for each thing that was done about damage. */
interface Start {
  readonly restored: Restored;
  readonly lines: readonly string[];
}

export class SimulatedDisk {
  /** Each flush takes this long; null: 100 to 200 µs. */
  slowUs: number | null = null;
  /** Commits fail. */
  isFull = false;
  /** The next crash is a power cut. */
  willTear = false;
  /** False: commits do not wait for a flush. */
  isSynced = true;
  /** The last crash tore a commit, which the next start finds and drops. */
  #isTorn = false;
  readonly #random: () => number;
  readonly #failures = new Failures();
  #content = empty();
  /** Clock, operations and rows as of the last flush, where the power may take them back to. Null: the rows are flushed. */
  #flushedClock: VectorClock | null = null;
  #unflushed: OperationLogItem[] = [];
  #flushedTables: Tables | null = null;
  #unflushedCommits = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** What stands in the tables now. Not to be changed. */
  get tables(): Tables {
    return this.#content.tables;
  }

  /** How long the next flush takes. */
  flushUs(): number {
    const usual = flushUsMin + Math.floor(this.#random() * flushUsSpread);
    return this.slowUs ?? usual;
  }

  /** A life newer than all before it. */
  beginLife(proposed: number): number {
    this.#content.life = Math.max(proposed, this.#content.life + 1);
    return this.#content.life;
  }

  /** From now on; the process that meets it ends, and with it the fault. */
  fail(failure: DiskFailure): void {
    this.#failures.add(failure);
  }

  /** Before a commit is written, and before it is flushed: null, or why it fails. */
  problemOf(operation: "write" | "sync"): string | null {
    return this.isFull ? "the disk is full" : this.#failures.next(operation);
  }

  /** Writes what a turn asks to keep, and flushes it when `flush`. */
  commit(outputs: readonly Output[], clock: VectorClock, flush: boolean): void {
    this.#content.clock = clock;
    for (const { records, operations, events } of outputs) {
      if (events.length > 0) this.#content.at = events[events.length - 1]!.at;
      if (records.length > 0) this.#keep(mutationsOf(records), flush);
      for (const item of operations) this.#unflushed.push(item);
    }
    if (flush || this.#unflushedCommits > unflushedMax) this.#flush();
    else if (this.#unflushed.length > operationsMax) this.#unflushed.splice(0, operationsMax / 2);
  }

  /** The process or the power is gone, in the middle of committing `inFlight`. */
  crash(inFlight: readonly Output[] | null, clock: VectorClock): CrashOutcome {
    this.#failures.clear();
    if (!this.willTear) {
      if (inFlight === null) return null;
      if (this.#random() < 0.5) return "lost";
      this.commit(inFlight, clock, true);
      return "kept";
    }
    this.willTear = false;
    this.#content.clock = this.#flushedClock;
    this.#content.tables = this.#flushedTables ?? this.#content.tables;
    this.#flushedTables = null;
    this.#unflushed = [];
    if (inFlight === null) return null;
    this.#isTorn = true;
    return "torn";
  }

  /** The process ended itself: of a commit whose flush failed nobody knows. */
  ended(inFlight: readonly Output[] | null, clock: VectorClock): "kept" | null {
    const isInDoubt = this.#failures.hasFailed("sync") && inFlight !== null;
    this.#failures.clear();
    if (!isInDoubt || this.#random() < 0.5) return null;
    this.commit(inFlight, clock, true);
    return "kept";
  }

  /** What a start finds; a sentence when it cannot start from this. */
  restore(keepsClock: boolean, recovery: Recovery): Start | string {
    if (this.isFull)
      return "node.db could not be written (the disk is full); free some space, then restart the node.";
    const content = this.#content;
    const found = recovered(content.tables, content.damaged, recovery);
    if (typeof found === "string") return found;
    const lines = this.#isTorn
      ? ["found its last commit torn in two and dropped it", ...found.lines]
      : found.lines;
    this.#isTorn = false;
    content.tables = found.tables;
    content.damaged = new Set();
    const restored = restoredFrom(content.tables, {
      clock: keepsClock ? content.clock : null,
      ...(content.at === null ? {} : { at: content.at }),
      operations: [...content.operations, ...this.#unflushed].slice(-operationsMax),
    });
    return { restored, lines };
  }

  loseClock(): void {
    this.#content.clock = null;
    this.#keep([{ module: "node", table: "self", key: "broadcast", row: undefined }], true);
    this.#flushedClock = null;
  }

  wipe(): void {
    this.load(empty());
  }

  /** Up to `count` stored values lose a bit; returns how many did. */
  rot(count: number): number {
    const { tables, damaged } = this.#content;
    const keys = Array.from(tables.rows("kv", "keys"), ({ key }) => key as Key);
    const sound = keys.filter((key) => !damaged.has(key));
    let rotten = 0;
    for (; rotten < count && sound.length > 0; rotten += 1) {
      const [key] = sound.splice(Math.floor(this.#random() * sound.length), 1);
      damaged.add(key!);
    }
    return rotten;
  }

  image(): DiskImage {
    return copyOf({ ...this.#content, operations: [...this.#content.operations, ...this.#unflushed] });
  }

  /** The image becomes the disk; lives go on counting. */
  load(image: DiskImage): void {
    const { life } = this.#content;
    this.#content = { ...copyOf(image), life };
    this.#flushedClock = image.clock;
    this.#flushedTables = null;
    this.#unflushedCommits = 0;
    this.#unflushed = [];
    this.#isTorn = false;
  }

  #flush(): void {
    const { operations } = this.#content;
    for (const item of this.#unflushed) operations.push(item);
    this.#unflushed.length = 0;
    if (operations.length > 2 * operationsMax) operations.splice(0, operations.length - operationsMax);
    this.#flushedClock = this.#content.clock;
    this.#flushedTables = null;
    this.#unflushedCommits = 0;
  }

  #keep(mutations: readonly Mutation[], isFlushed: boolean): void {
    const { tables, damaged } = this.#content;
    if (!isFlushed) {
      this.#flushedTables ??= tables.copy();
      this.#unflushedCommits += 1;
    }
    for (const mutation of mutations) {
      const { from, key } = mutation;
      if (from !== undefined && from.index !== tables.index + 1)
        throw new Error(`log entry ${from.index} after ${tables.index}: entries are numbered without gaps`);
      tables.apply(mutation);
      if (damaged.size > 0 && mutation.table === "keys") damaged.delete(key as Key);
    }
  }
}
