/**
 * Everything one node keeps on disk, in one SQLite file: keys, log, trace, incarnation, members, vector clock.
 *
 * The host collects the outputs of many steps and commits them together, so one fsync serves hundreds of requests.
 * A commit that holds records is flushed to the disk before `commit` returns (synchronous=FULL: in WAL mode SQLite
 * otherwise flushes only at checkpoints, and a power cut takes acknowledged writes with it). A commit of events and
 * clock alone is handed to the operating system without a flush: it survives SIGKILL, which is all it promises.
 *
 * When a commit fails, the store closes itself. Retrying would be worse than failing: after a failed fsync the kernel
 * may have dropped the pages, and the next fsync reports success for data that is gone (P33; Rebello et al. 2020,
 * "Can Applications Recover from fsync Failures?").
 */
import type Database from "better-sqlite3";
import type { BroadcastState } from "../../shared/broadcast/types.ts";
import type { VectorClock } from "../../shared/clock/vector-clock.ts";
import type { Claim } from "../../shared/membership/types.ts";
import type { DurableRecord, Restored } from "../../shared/replica/types.ts";
import type { OperationLogItem } from "../../shared/replication/types.ts";
import type { TopologyRecord } from "../../shared/replication/moves/records.ts";
import type { TraceEvent } from "../../shared/trace/event.ts";
import { type DirectoryLock, lockDirectory } from "./directory-lock.ts";
import { HintTable } from "./hint-table.ts";
import { KeyTables } from "./key-tables.ts";
import { makeDataDirectory, openNodeDatabase, type Owner } from "./node-database.ts";
import { NodeStoreError } from "./node-store-error.ts";
import { SqliteClockStore } from "./clocks/sqlite-clock-store.ts";
import {
  packEvents,
  packOperations,
  type TraceReader,
  traceReader,
  unpackOperations,
} from "./trace-blobs.ts";

/** What one or more outputs of the core ask to keep. */
export interface Batch {
  readonly records: readonly DurableRecord[];
  /** Consecutive events of one life. */
  readonly events: readonly TraceEvent[];
  readonly operations: readonly OperationLogItem[];
  /** Saved in the same transaction; null when another store keeps the clock, or it has not changed. */
  readonly clock: VectorClock | null;
}

export interface NodeStoreOptions extends Owner {
  /** Events and operations kept in the trace; older ones are dropped. */
  readonly traceItemsMax?: number;
  /** Operations of earlier lives that `restore` looks for. */
  readonly operationsMax?: number;
  /** The newest log entries, as many as this, are kept whatever became of their keys. */
  readonly logEntriesKept?: number;
}

const pragmaNormal = 1;
const pragmaFull = 2;
/** SQLite lowers the setting at the first write in WAL mode unless it was set by hand: asked for beyond that one. */
const flushesChecked = 10;
/** Between two slices of compaction: what is left of the time is for commits. */
const compactionPauseMs = 20;

export class NodeStore {
  /** Clocks in the same file: what `commit` writes its clock to. */
  readonly clocks: SqliteClockStore;
  /** Events of a life after a seq, at least the next commit's worth, about `limit` at most. */
  readonly eventsAfter: TraceReader;
  readonly counts = { commits: 0, flushes: 0 };
  readonly #owner: NodeStoreOptions;
  readonly #lock: DirectoryLock;
  readonly #database: Database.Database;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #keys: KeyTables;
  readonly #hints: HintTable;
  #compaction: NodeJS.Timeout | undefined;
  #synchronous = 0;
  #traceTotal: number;
  #tracePruned: number;
  #state: "open" | "closed" | "failed" = "open";

  /** Throws NodeStoreError, with the directory unlocked and unchanged. */
  constructor(options: NodeStoreOptions) {
    this.#owner = options;
    makeDataDirectory(options.dataDir);
    this.#lock = lockDirectory(options.dataDir);
    try {
      this.#database = openNodeDatabase(options);
    } catch (error) {
      this.#lock.release();
      throw error;
    }
    this.clocks = new SqliteClockStore(this.#database);
    this.eventsAfter = traceReader(this.#database, options.node);
    this.#statements = prepare(this.#database);
    this.#keys = new KeyTables(this.#database, options.logEntriesKept ?? 10_000);
    this.#hints = new HintTable(this.#database);
    this.#traceTotal = this.#statements.newestTrace.get()?.total ?? 0;
    this.#tracePruned = this.#statements.oldestTrace.get()?.total ?? 0;
  }

  /** What the node knew when its last life ended. The clock is the one in this file, whoever keeps it now. */
  restore(): Restored {
    const meta = (name: string) => this.#statements.getMeta.get(name)?.value;
    return {
      clock: this.clocks.load(this.#owner.node),
      incarnation: Number(meta("incarnation") ?? 0),
      members: JSON.parse(meta("members") ?? "[]") as Claim[],
      topology: JSON.parse(meta("topology") ?? "[]") as TopologyRecord[],
      keys: this.#keys.keys(),
      hints: this.#hints.all(),
      logIndex: this.#keys.newest,
      operations: this.#operations(),
      broadcast: JSON.parse(meta("broadcast") ?? "null") as BroadcastState | null,
    };
  }

  /** A life newer than all before it, `proposed` when the wall clock has not gone back. Durable on return. */
  beginLife(proposed: number): number {
    const before = Number(this.#statements.getMeta.get("life")?.value ?? 0);
    const life = Math.max(proposed, before + 1);
    this.#transact(true, () => this.#statements.putMeta.run("life", String(life)));
    return life;
  }

  /** Throws NodeStoreError "commit_failed", and from then on "closed": nothing of the batch may be acknowledged. */
  commit(batch: Batch): void {
    if (batch.records.length === 0 && batch.events.length === 0 && batch.clock === null) return;
    this.#transact(batch.records.length > 0, () => {
      for (const record of batch.records) this.#keep(record);
      if (batch.events.length > 0 || batch.operations.length > 0) this.#keepTrace(batch);
      if (batch.clock !== null) this.clocks.save(this.#owner.node, batch.clock);
    });
    this.counts.commits += 1;
    if (batch.records.length > 0) this.counts.flushes += 1;
    this.#compactSoon();
  }

  close(): void {
    if (this.#state === "open") this.#end("closed");
  }

  #transact(flush: boolean, action: () => void): void {
    if (this.#state !== "open") {
      throw new NodeStoreError(
        "closed",
        this.#state === "failed"
          ? "The node's store is closed since a commit failed; restart the node."
          : "The node's store was closed before.",
      );
    }
    try {
      this.#setSynchronous(flush ? pragmaFull : pragmaNormal);
      this.#statements.begin.run();
      action();
      this.#statements.commit.run();
    } catch (error) {
      this.#end("failed");
      throw new NodeStoreError(
        "commit_failed",
        `${this.#database.name} could not be written (${String(error)}); nothing more is acknowledged. Check the disk, then restart the node.`,
        error,
      );
    }
  }

  /** In slices of its own, between commits and without a flush: what is lost of it is done again. */
  #compactSoon(): void {
    if (this.#compaction !== undefined || this.#state !== "open" || !this.#keys.isCompactionDue) return;
    this.#compaction = setTimeout(() => {
      this.#compaction = undefined;
      this.#compact();
    }, compactionPauseMs);
    this.#compaction.unref();
  }

  #compact(): void {
    try {
      this.#transact(false, () => this.#keys.compact());
    } catch (error) {
      // The store has closed itself: the next commit says so to whoever waits for it.
      if (!(error instanceof NodeStoreError)) throw error;
    }
    this.#compactSoon();
  }

  #setSynchronous(level: number): void {
    if (this.#synchronous === level) return;
    this.#database.exec(`PRAGMA synchronous = ${level}`);
    if (level === pragmaFull && this.counts.flushes < flushesChecked) this.#assertFull();
    this.#synchronous = level;
  }

  #assertFull(): void {
    const actual = this.#database.pragma("synchronous", { simple: true });
    if (actual !== pragmaFull)
      throw new Error(`SQLite keeps synchronous=${String(actual)} where FULL was set`);
  }

  #keep(record: DurableRecord): void {
    switch (record.kind) {
      case "entry":
        this.#keys.keep(record.entry);
        break;
      case "incarnation":
        this.#statements.putMeta.run("incarnation", String(record.incarnation));
        break;
      case "members":
        this.#statements.putMeta.run("members", JSON.stringify(record.members));
        break;
      case "topology":
        this.#statements.putMeta.run("topology", JSON.stringify(record.records));
        break;
      case "broadcast":
        this.#statements.putMeta.run("broadcast", JSON.stringify(record.state));
        break;
      case "hint":
        this.#hints.keep(record.hint);
        break;
      case "hint-done":
        this.#hints.drop(record.target, record.key);
        break;
      case "dropped":
        this.#keys.drop(record.key);
        break;
    }
  }

  #keepTrace({ events, operations }: Batch): void {
    const first = events[0];
    this.#traceTotal += events.length + operations.length;
    this.#statements.putTrace.run(
      first?.life ?? 0,
      first?.seq ?? 0,
      events.at(-1)?.seq ?? 0,
      this.#traceTotal,
      packEvents(events),
      operations.length > 0 ? packOperations(operations) : null,
    );
    const max = this.#owner.traceItemsMax ?? 200_000;
    if (this.#traceTotal - this.#tracePruned > max * 1.02) {
      this.#statements.pruneTrace.run(this.#traceTotal - max);
      this.#tracePruned = this.#traceTotal - max;
    }
  }

  #operations(): OperationLogItem[] {
    const max = this.#owner.operationsMax ?? 1_000;
    const newestFirst: OperationLogItem[][] = [];
    let count = 0;
    for (const { operations } of this.#statements.operations.iterate()) {
      const list = unpackOperations(operations);
      newestFirst.push(list);
      count += list.length;
      if (count >= max) break;
    }
    return newestFirst.toReversed().flat().slice(-max);
  }

  #end(state: "closed" | "failed"): void {
    this.#state = state;
    clearTimeout(this.#compaction);
    this.clocks.close();
    try {
      this.#database.close();
    } finally {
      this.#lock.release();
    }
  }
}

function prepare(database: Database.Database) {
  return {
    begin: database.prepare("BEGIN IMMEDIATE"),
    commit: database.prepare("COMMIT"),
    getMeta: database.prepare<[string], { value: string }>("SELECT value FROM meta WHERE name = ?"),
    putMeta: database.prepare<[string, string]>(
      "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    ),
    putTrace: database.prepare(
      "INSERT INTO trace (life, first_seq, last_seq, total, events, operations) VALUES (?, ?, ?, ?, ?, ?)",
    ),
    pruneTrace: database.prepare<[number]>(
      "DELETE FROM trace WHERE id < (SELECT id FROM trace WHERE total > ? ORDER BY id LIMIT 1)",
    ),
    oldestTrace: database.prepare<[], { total: number }>("SELECT total FROM trace ORDER BY id LIMIT 1"),
    newestTrace: database.prepare<[], { total: number }>("SELECT total FROM trace ORDER BY id DESC LIMIT 1"),
    operations: database.prepare<[], { operations: Buffer }>(
      "SELECT operations FROM trace WHERE operations IS NOT NULL ORDER BY id DESC",
    ),
  };
}
