/**
 * The table `trace`: the node's events and operations, one row for each commit.
 *
 * It is for people and for the lab: the newest part is kept, and it is never flushed for its own sake. It survives
 * SIGKILL, which is all it promises; what must survive more is in the log.
 */
import type Database from "better-sqlite3";
import type { VectorClock } from "../../shared/clock/vector-clock.ts";
import type { NodeId } from "../../shared/ids.ts";
import type { OperationLogItem } from "../../shared/replication/types.ts";
import type { TraceEvent } from "../../shared/trace/event.ts";
import {
  packEvents,
  packOperations,
  type TraceReader,
  traceReader,
  unpackOperations,
} from "./trace-blobs.ts";

export interface TraceLimits {
  /** Events and operations kept; older ones are dropped. */
  readonly traceItemsMax?: number;
  /** Operations of earlier lives that are looked for. */
  readonly operationsMax?: number;
}

export class NodeTrace {
  /** Events of a life after a seq, at least the next commit's worth, about `limit` at most. */
  readonly eventsAfter: TraceReader;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #itemsMax: number;
  readonly #operationsMax: number;
  #total: number;
  #pruned: number;

  constructor(database: Database.Database, node: NodeId, limits: TraceLimits) {
    this.eventsAfter = traceReader(database, node);
    this.#statements = prepare(database);
    this.#itemsMax = limits.traceItemsMax ?? 200_000;
    this.#operationsMax = limits.operationsMax ?? 1_000;
    this.#total = this.#statements.newest.get()?.total ?? 0;
    this.#pruned = this.#statements.oldest.get()?.total ?? 0;
  }

  /** Consecutive events of one life. Within a transaction of the caller's. */
  keep(events: readonly TraceEvent[], operations: readonly OperationLogItem[]): void {
    if (events.length === 0 && operations.length === 0) return;
    const first = events[0];
    this.#total += events.length + operations.length;
    this.#statements.put.run(
      first?.life ?? 0,
      first?.seq ?? 0,
      events.at(-1)?.seq ?? 0,
      this.#total,
      packEvents(events),
      operations.length > 0 ? packOperations(operations) : null,
    );
    if (this.#total - this.#pruned > this.#itemsMax * 1.02) {
      this.#statements.prune.run(this.#total - this.#itemsMax);
      this.#pruned = this.#total - this.#itemsMax;
    }
  }

  /** Stamp of the newest event that has one, of those in the last commit; null when there is none. */
  newestClock(): VectorClock | null {
    const newest = this.#statements.newest.get();
    if (newest === undefined) return null;
    const events = this.eventsAfter(newest.life, newest.first - 1, 1);
    return events.findLast(({ clock }) => clock !== null)?.clock ?? null;
  }

  /** The newest operations, oldest first. */
  operations(): OperationLogItem[] {
    const newestFirst: (readonly OperationLogItem[])[] = [];
    let count = 0;
    for (const { operations } of this.#statements.operations.iterate()) {
      const list = unpackOperations(operations);
      newestFirst.push(list);
      count += list.length;
      if (count >= this.#operationsMax) break;
    }
    return newestFirst.toReversed().flat().slice(-this.#operationsMax);
  }
}

function prepare(database: Database.Database) {
  return {
    put: database.prepare(
      "INSERT INTO trace (life, first_seq, last_seq, total, events, operations) VALUES (?, ?, ?, ?, ?, ?)",
    ),
    prune: database.prepare<[number]>(
      "DELETE FROM trace WHERE id < (SELECT id FROM trace WHERE total > ? ORDER BY id LIMIT 1)",
    ),
    oldest: database.prepare<[], { total: number }>("SELECT total FROM trace ORDER BY id LIMIT 1"),
    newest: database.prepare<[], { total: number; life: number; first: number }>(
      "SELECT total, life, first_seq AS first FROM trace ORDER BY id DESC LIMIT 1",
    ),
    operations: database.prepare<[], { operations: Buffer }>(
      "SELECT operations FROM trace WHERE operations IS NOT NULL ORDER BY id DESC",
    ),
  };
}
