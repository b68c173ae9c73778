/**
 * Everything one node keeps: its log, the tables that are the log applied, snapshots of them, its clock and its trace.
 *
 * The host collects the outputs of many steps and commits them together, so one fsync serves hundreds of requests.
 * What `commit` is given is in the log, durable as the policy says, before it returns; then, in the same step, it is in
 * the tables: nobody ever sees a row that a restart would not bring back, nor a log that is ahead of the rows (P27). The
 * only node of its cluster is no exception (P28). Where the log lies in node.db, a whole commit is one transaction
 * there. Where it lies elsewhere, the order is clock, log, trace: a clock ahead of its data skips numbers, one behind
 * would give them out twice (P1), and the trace tells of nothing that did not happen. With the trace goes the note of how
 * far the log has reached (./log-witness); of a log in node.db it lies beside that (./reached-file).
 *
 * When a commit fails, the store closes itself. Retrying would be worse than failing: after a failed fsync the kernel
 * may have dropped the pages, and the next fsync reports success for data that is gone (P33; Rebello et al. 2020,
 * "Can Applications Recover from fsync Failures?").
 */
import type { VectorClock } from "../../shared/clock/vector-clock.ts";
import type { TimeMs } from "../../shared/ids.ts";
import { restoredFrom } from "../../shared/replica/durable.ts";
import type { Restored } from "../../shared/replica/types.ts";
import type { OperationLogItem } from "../../shared/replication/types.ts";
import type { Tables } from "../../shared/runtime/tables.ts";
import type { Committed, Position, Transaction } from "../../shared/runtime/types.ts";
import type { TraceEvent } from "../../shared/trace/event.ts";
import { type MeasuredClockStore, measured } from "./clocks/measured.ts";
import type { SqliteClockStore } from "./clocks/sqlite-clock-store.ts";
import { noteDamage } from "./database-damage.ts";
import type { DirectoryLock } from "./directory-lock.ts";
import type { Durability, LogSource, TransactionLog } from "./log/transaction-log.ts";
import { LogWitness } from "./log-witness.ts";
import type { NodeMeta } from "./node-meta.ts";
import { type OpenedNode, opening, type OpeningOptions } from "./node-opening.ts";
import type { NodeSql } from "./node-sql.ts";
import { NodeStoreError } from "./node-store-error.ts";
import type { NodeTrace } from "./node-trace.ts";
import type { ReachedFile } from "./reached-file.ts";
import type { RecoveryProgress } from "./recovery/recovered.ts";
import type { SnapshotInfo, SnapshotStore } from "./snapshots/snapshot-store.ts";
import { type SnapshotProgress, Snapshotter } from "./snapshots/snapshotter.ts";
import { finished, inTurns } from "./steps.ts";
import type { TraceReader } from "./trace-blobs.ts";

/** What one or more outputs of the core ask to keep. */
export interface Batch {
  readonly transactions: readonly Transaction[];
  /** Consecutive events of one life. */
  readonly events: readonly TraceEvent[];
  readonly operations: readonly OperationLogItem[];
  /** Saved with the rest; null when another store keeps the clock, or it has not changed. */
  readonly clock: VectorClock | null;
}

export interface NodeStoreOptions extends OpeningOptions {
  /** A sentence about what went wrong and was borne. */
  readonly report: (line: string) => void;
  /** No snapshot is taken by itself before the log has grown by this. */
  readonly snapshotLogBytesMin?: number;
}

export class NodeStore {
  /** Clocks in node.db: what `commit` writes its clock to. */
  readonly clocks: MeasuredClockStore;
  readonly #ownClocks: SqliteClockStore;
  /** Events of a life after a seq, at least the next commit's worth, about `limit` at most. */
  readonly eventsAfter: TraceReader;
  /** Of `commit`: and of these, what was flushed before it returned. */
  readonly counts = { commits: 0, flushes: 0 };
  readonly tables: Tables;
  readonly log: TransactionLog;
  readonly source: LogSource;
  readonly snapshots: SnapshotStore;
  /** What the start did, a sentence each; unusual when a person should know of it. */
  readonly lines: readonly string[];
  readonly isUnusual: boolean;
  readonly #options: NodeStoreOptions;
  readonly #lock: DirectoryLock;
  readonly #sql: NodeSql;
  readonly #meta: NodeMeta;
  readonly #trace: NodeTrace;
  /** Null: the log lies where it would be noted, or nowhere. */
  readonly #witness: LogWitness | null;
  /** Likewise: the log lies in node.db, and it is noted beside that. */
  readonly #reached: ReachedFile | null;
  readonly #snapshotter: Snapshotter;
  readonly #listeners: (() => void)[] = [];
  /** When the newest of what was found was kept. */
  readonly #at: TimeMs | undefined;
  /** Of the newest transaction. */
  #clock: VectorClock;
  /** Of the log, since the life began. */
  #id = "";
  #state: "open" | "closed" | "failed" = "open";

  /** With other work done between pieces of it; `replaying` is told how far it is. Rejects with what the constructor throws. */
  static async open(
    options: NodeStoreOptions,
    replaying: (progress: RecoveryProgress) => void,
  ): Promise<NodeStore> {
    return new NodeStore(options, await inTurns(opening(options), replaying));
  }

  /** All at once. Throws NodeStoreError, LogError or SnapshotError, with the directory unlocked; nothing is changed then. */
  constructor(options: NodeStoreOptions, opened: OpenedNode = finished(opening(options))) {
    this.#options = options;
    const { memory, broken } = opened;
    broken.tell = (error) => this.#break(error);
    ({ lock: this.#lock, sql: this.#sql, meta: this.#meta, trace: this.#trace } = opened);
    ({ tables: this.tables, log: this.log, source: this.source, snapshots: this.snapshots } = memory);
    ({ lines: this.lines, isUnusual: this.isUnusual, clock: this.#clock, at: this.#at } = memory);
    this.#witness = this.source.kind === "file" ? new LogWitness(this.#meta, this.log) : null;
    this.#reached = this.source.kind === "sqlite" ? opened.reached : null;
    this.#ownClocks = opened.clocks;
    this.clocks = measured(this.#ownClocks);
    this.eventsAfter = this.#trace.eventsAfter;
    this.#snapshotter = this.#makeSnapshotter(memory.isLogKept);
  }

  /** All up to here is as durable as the node promises: what a subscriber may be told. */
  get last(): Position {
    return this.#options.sync === "off" ? this.log.last : this.log.durable;
  }

  get first(): Position {
    return this.log.first;
  }

  read(after: Position): Iterable<Committed> {
    return this.log.read(after);
  }

  /** What the node knew when its last life ended. Without a clock from elsewhere it is the one in node.db. */
  restore(clock = this.#ownClocks.load(this.#options.node)): Restored {
    const operations = this.#trace.operations();
    return restoredFrom(this.tables, { clock, operations, ...(this.#at !== undefined && { at: this.#at }) });
  }

  /**
   * Under it a position stands for the same transaction always: the node and the life in which the log began. Where
   * something may be missing of what was told, the log is another: one in memory, one whose last life did not flush, and
   * one that was not found as it had been left.
   */
  get id(): string {
    return this.#id;
  }

  /** A life newer than all before it, `proposed` when the wall clock has not gone back. Durable on return. */
  beginLife(proposed: number): number {
    const last = Number(this.#meta.get("life") ?? 0);
    const life = Math.max(proposed, last + 1);
    const isLasting = this.source.kind !== "memory" && this.#options.sync !== "off";
    const before = isLasting && !this.isUnusual ? this.#meta.get("log") : undefined;
    this.#id = before || `${this.#options.node}-${life}`;
    this.#write(() =>
      this.#sql.transact(true, () => {
        this.#meta.put("life", String(life));
        // Empty: the next life begins another one, whatever its policy.
        this.#meta.put("log", isLasting ? this.#id : "");
      }),
    );
    return life;
  }

  /** Throws NodeStoreError "commit_failed", and from then on "closed": nothing of the batch may be acknowledged. */
  commit(batch: Batch): void {
    const { transactions, events, clock } = batch;
    if (transactions.length === 0 && events.length === 0 && clock === null) return;
    this.#write(() => {
      if (this.source.kind === "sqlite") this.#commitTogether(batch);
      else this.#commitApart(batch);
    });
    this.counts.commits += 1;
    if (this.#durability(transactions) === "synced") this.counts.flushes += 1;
    if (transactions.length > 0) this.#apply(transactions);
  }

  /** A clock by itself, into node.db. Durable on return. Throws as `commit` does. */
  keepClock(clock: VectorClock): void {
    this.#write(() => this.#sql.transact(true, () => this.#saveClock(clock)));
  }

  /** A snapshot that holds at least what is committed now; resolves when it is durable. Rejects with SnapshotError. */
  snapshot(): Promise<SnapshotInfo> {
    return this.#snapshotter.take();
  }

  /** Of the snapshot that is being written; null when none is. */
  get snapshotting(): SnapshotProgress | null {
    return this.#snapshotter.progress;
  }

  /** Called after each commit that changed rows. */
  onCommitted(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** What the node certainly stamped, by what it kept: for when its clock cannot be read. */
  knownClocks(): VectorClock[] {
    const traced = this.#trace.newestClock();
    return traced === null ? [this.#clock] : [this.#clock, traced];
  }

  close(): void {
    if (this.#state !== "open") return;
    // Under "off" the log may have been handed to the system only.
    this.#write(() => {
      this.log.append([], "synced");
      if (this.#witness?.isBehind === true) this.#sql.transact(false, () => this.#witness?.note());
      this.#reached?.note(this.log.durable);
    });
    this.#end("closed");
  }

  /** One transaction of node.db. */
  #commitTogether({ transactions, events, operations, clock }: Batch): void {
    const durability = this.#durability(transactions);
    this.#sql.transact(durability === "synced", () => {
      if (transactions.length > 0) this.log.append(transactions, durability);
      this.#trace.keep(events, operations);
      this.#saveClock(clock);
    });
    if (durability === "synced") this.#reached?.note(this.log.durable);
  }

  #commitApart({ transactions, events, operations, clock }: Batch): void {
    const durability = this.#durability(transactions);
    if (transactions.length > 0) {
      if (clock !== null) this.#sql.transact(durability === "synced", () => this.#saveClock(clock));
      this.log.append(transactions, durability);
    }
    const isClockDue = clock !== null && transactions.length === 0;
    const isTraceDue = events.length > 0 || operations.length > 0;
    if (!isTraceDue && !isClockDue && this.#witness?.isBehind !== true) return;
    this.#sql.transact(false, () => {
      this.#trace.keep(events, operations);
      if (isClockDue) this.#saveClock(clock);
      this.#witness?.note();
    });
  }

  #durability(transactions: readonly Transaction[]): Durability {
    const isDue = transactions.length > 0 && this.#options.sync !== "off";
    return isDue && this.source.kind !== "memory" ? "synced" : "written";
  }

  #saveClock(clock: VectorClock | null): void {
    if (clock !== null) void this.clocks.save(this.#options.node, clock);
  }

  /** In the same step in which they were logged. */
  #apply(transactions: readonly Transaction[]): void {
    for (const transaction of transactions) this.tables.applyAll(transaction);
    this.#clock = transactions.at(-1)!.clock;
    this.#snapshotter.committed();
    for (const listener of this.#listeners) listener();
  }

  #write(action: () => void): void {
    if (this.#state !== "open") {
      throw new NodeStoreError(
        "closed",
        this.#state === "failed"
          ? "The node's store is closed since a commit failed; restart the node."
          : "The node's store was closed before.",
      );
    }
    try {
      action();
    } catch (error) {
      this.#end("failed");
      noteDamage(this.#options.dataDir, error);
      throw new NodeStoreError(
        "commit_failed",
        `The data in ${this.#options.dataDir} could not be written (${String(error)}); nothing more is acknowledged. Check the disk, then restart the node.`,
        error,
      );
    }
  }

  #makeSnapshotter(isLogKept: boolean): Snapshotter {
    const { tables, log, snapshots } = this;
    const { schema, now, report, snapshotLogBytesMin: logBytesMin } = this.#options;
    const { versions } = schema;
    return new Snapshotter({
      tables,
      log,
      snapshots,
      versions,
      now,
      report,
      isLogKept,
      logBytesMin,
      clock: () => this.#clock,
    });
  }

  /** Somebody else's write to node.db failed: what comes after it cannot be promised either. */
  #break(error: unknown): void {
    if (this.#state !== "open") return;
    this.#end("failed");
    noteDamage(this.#options.dataDir, error);
    this.#options.report(`node.db could not be written (${String(error)}).`);
  }

  #end(state: "closed" | "failed"): void {
    this.#state = state;
    this.#reached?.close();
    this.#snapshotter.close();
    this.#ownClocks.close();
    this.log.close();
    this.snapshots.close();
    try {
      this.#sql.database.close();
    } finally {
      this.#lock.release();
    }
  }
}
