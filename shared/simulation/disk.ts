/**
 * A node's disk: what would be in its node.db, and what a crash leaves of it.
 *
 * It keeps the promises of the real store and breaks them where that would. A commit that holds records is flushed; one
 * of clock and operations alone is only handed to the operating system. So when the process is killed, every commit that
 * was made survives, and the one being made survives whole or not at all. When the power goes (`tear`), what was not
 * flushed is gone as well, and the commit being made is torn: its checksum does not fit, so the next start drops it
 * whole. Half a commit is never seen: that is SQLite's promise, and the simulator does not invent worse. A flipped bit
 * in a stored value is found at the next start, which then refuses to go on.
 */
import type { BroadcastState } from "../broadcast/types.ts";
import type { KeyState } from "../clock/dotted.ts";
import type { VectorClock } from "../clock/vector-clock.ts";
import type { Key } from "../ids.ts";
import type { Claim } from "../membership/types.ts";
import type { DurableRecord, Output, Restored } from "../replica/types.ts";
import type { TopologyRecord } from "../replication/moves/records.ts";
import type { Hint, OperationLogItem } from "../replication/types.ts";

interface Content {
  life: number;
  clock: VectorClock | null;
  incarnation: number;
  members: readonly Claim[];
  topology: readonly TopologyRecord[];
  keys: Map<Key, KeyState>;
  /** By target and key. */
  hints: Map<string, Hint>;
  logIndex: number;
  broadcast: BroadcastState | null;
  operations: OperationLogItem[];
  /** Keys whose stored value has lost a bit. */
  damaged: Set<Key>;
}

/** A copy of everything, for "old-disk". Opaque. */
export type DiskImage = Readonly<Content>;

const empty = (): Content => ({
  life: 0,
  clock: null,
  incarnation: 0,
  members: [],
  topology: [],
  keys: new Map(),
  hints: new Map(),
  logIndex: 0,
  broadcast: null,
  operations: [],
  damaged: new Set(),
});

const copyOf = (content: DiskImage): Content => ({
  ...content,
  keys: new Map(content.keys),
  hints: new Map(content.hints),
  operations: [...content.operations],
  damaged: new Set(content.damaged),
});

const hintName = ({ target, key }: Pick<Hint, "target" | "key">) => `${target} ${key}`;

/** Of earlier lives, as many as the real store looks for. */
const operationsMax = 1_000;
const flushUsMin = 100;
const flushUsSpread = 100;

/** The commit being made when the crash came: null when none was. */
type CrashOutcome = "kept" | "lost" | "torn" | null;

export class SimulatedDisk {
  /** Each flush takes this long; null: 100 to 200 µs. */
  slowUs: number | null = null;
  /** Commits fail. */
  isFull = false;
  /** The next crash is a power cut. */
  willTear = false;
  /** The last crash tore a commit, which the next start finds and drops. */
  isTorn = false;
  readonly #random: () => number;
  #content = empty();
  /** Clock and operations as of the last flush, where the power may take them back to. */
  #flushedClock: VectorClock | null = null;
  #unflushed: OperationLogItem[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  get keys(): ReadonlyMap<Key, KeyState> {
    return this.#content.keys;
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

  /** Writes what a turn asks to keep, and flushes it when `flush`. */
  commit(outputs: readonly Output[], clock: VectorClock, flush: boolean): void {
    this.#content.clock = clock;
    for (const { records, operations } of outputs) {
      for (const record of records) this.#keep(record);
      for (const item of operations) this.#unflushed.push(item);
    }
    if (flush) this.#flush();
    else if (this.#unflushed.length > operationsMax) this.#unflushed.splice(0, operationsMax / 2);
  }

  /** The process or the power is gone, in the middle of committing `inFlight`. */
  crash(inFlight: readonly Output[] | null, clock: VectorClock): CrashOutcome {
    if (!this.willTear) {
      if (inFlight === null) return null;
      if (this.#random() < 0.5) return "lost";
      this.commit(inFlight, clock, true);
      return "kept";
    }
    this.willTear = false;
    this.#content.clock = this.#flushedClock;
    this.#unflushed = [];
    if (inFlight === null) return null;
    this.isTorn = true;
    return "torn";
  }

  /** What a start finds; a sentence when it cannot start from this. */
  restore(keepsClock: boolean): Restored | string {
    if (this.isFull)
      return "node.db could not be written (the disk is full); free some space, then restart the node.";
    const { damaged, clock, incarnation, members, topology, keys, hints, logIndex, broadcast, operations } =
      this.#content;
    const [first] = damaged;
    if (first !== undefined) {
      const others = damaged.size === 1 ? "" : ` and ${damaged.size - 1} more`;
      return `node.db is damaged (the value of key ${JSON.stringify(first)}${others}); restore a copy, or wipe the node and let it start empty.`;
    }
    this.isTorn = false;
    const kept = keepsClock ? clock : null;
    return {
      clock: kept,
      incarnation,
      members,
      topology,
      keys: [...keys],
      hints: [...hints.values()],
      logIndex,
      operations: [...operations, ...this.#unflushed].slice(-operationsMax),
      broadcast: kept === null ? null : broadcast,
    };
  }

  loseClock(): void {
    this.#content.clock = null;
    this.#content.broadcast = null;
    this.#flushedClock = null;
  }

  wipe(): void {
    this.load(empty());
  }

  /** Up to `count` stored values lose a bit; returns how many did. */
  rot(count: number): number {
    const { keys, damaged } = this.#content;
    const sound = [...keys.keys()].filter((key) => !damaged.has(key));
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
    this.#unflushed = [];
    this.isTorn = false;
  }

  #flush(): void {
    const { operations } = this.#content;
    for (const item of this.#unflushed) operations.push(item);
    this.#unflushed.length = 0;
    if (operations.length > 2 * operationsMax) operations.splice(0, operations.length - operationsMax);
    this.#flushedClock = this.#content.clock;
  }

  #keep(record: DurableRecord): void {
    const content = this.#content;
    switch (record.kind) {
      case "entry": {
        const { index, key, state } = record.entry;
        if (index !== content.logIndex + 1) {
          throw new Error(`log entry ${index} after ${content.logIndex}: entries are numbered without gaps`);
        }
        content.logIndex = index;
        content.keys.set(key, state);
        content.damaged.delete(key);
        break;
      }
      case "incarnation":
        content.incarnation = record.incarnation;
        break;
      case "members":
        content.members = record.members;
        break;
      case "topology":
        content.topology = record.records;
        break;
      case "broadcast":
        content.broadcast = record.state;
        break;
      case "hint":
        content.hints.set(hintName(record.hint), record.hint);
        break;
      case "hint-done":
        content.hints.delete(hintName(record));
        break;
      case "dropped":
        content.keys.delete(record.key);
        content.damaged.delete(record.key);
        break;
    }
  }
}
