/**
 * A naive twin of a node's memory: the list of all that it was asked to keep, and how far it said that it did.
 *
 * Whatever happens to the disk, the next start must find this list up to some place that is not before what was
 * acknowledged: in this order, with nothing left out and nothing halved.
 */
import { expect } from "vitest";
import { descends, type VectorClock } from "../../../shared/clock/vector-clock.ts";
import type { NodeStore } from "../../../main/storage/node-store.ts";
import type { Tables } from "../../../shared/runtime/tables.ts";
import type { Mutation, Position, Transaction } from "../../../shared/runtime/types.ts";

const nameOf = ({ module, table, key }: Mutation) => `${module}/${table}/${key}`;

/** Of the accounts in `bank`, once all are open. */
export const accounts = ["ann", "bob", "cy", "dee"];
export const balanceAtFirst = 100;

export class Ledger {
  /** What was given to a commit; the place in the list is the position. */
  #attempted: Transaction[] = [];
  /** Up to here it was acknowledged. */
  #acknowledged: Position = 0;
  /** Of the last commit that came to its end, and of the last of these that was flushed. */
  #clock: VectorClock = {};
  #flushedClock: VectorClock = {};
  /** Wall clock of the workload. */
  now = 1_751_536_553_000;

  copy(): Ledger {
    const copy = new Ledger();
    copy.#attempted = [...this.#attempted];
    copy.#acknowledged = this.#acknowledged;
    copy.#clock = this.#clock;
    copy.#flushedClock = this.#flushedClock;
    copy.now = this.now;
    return copy;
  }

  attempt(transactions: readonly Transaction[]): void {
    this.#attempted.push(...transactions);
  }

  /** All that was attempted came to its end. */
  acknowledge(clock: VectorClock, isFlushed: boolean): void {
    this.#acknowledged = this.#attempted.length;
    this.#clock = clock;
    if (isFlushed) this.#flushedClock = clock;
  }

  /** What runs shows what is acknowledged, and nothing of a commit that failed (P27). */
  judgeRunning(tables: Tables): void {
    expect(rowsIn(tables), "rows of the running node").toEqual(this.#rowsAt(this.#acknowledged));
  }

  /** What a start has found. From then on it counts. `isCut`: the power was gone, and not only the process. */
  judgeStarted({ log, tables }: NodeStore, clock: VectorClock | null, isCut: boolean): void {
    const found = log.last;
    expect(found, "acknowledged and lost").toBeGreaterThanOrEqual(this.#acknowledged);
    expect(found, "never attempted").toBeLessThanOrEqual(this.#attempted.length);
    expect(rowsIn(tables), `rows at ${found}`).toEqual(this.#rowsAt(found));
    this.#judgeBank(tables);
    const before = isCut ? this.#flushedClock : this.#clock;
    expect(descends(clock ?? {}, before), "the clock went back").toBe(true);
    const newest = this.#attempted[found - 1]?.clock ?? {};
    expect(descends(clock ?? {}, newest), "the clock is behind the log").toBe(true);
    this.#attempted.length = found;
    this.#acknowledged = found;
    this.#clock = clock ?? {};
    this.#flushedClock = this.#clock;
  }

  #judgeBank(tables: Tables): void {
    const balances = accounts.map((name) => tables.row("bank", "accounts", name));
    const open = balances.filter((row) => row !== undefined) as unknown as { balance: number }[];
    const sum = open.reduce((total, { balance }) => total + balance, 0);
    expect(sum, "sum in bank").toBe(open.length * balanceAtFirst);
  }

  #rowsAt(position: Position): ReadonlyMap<string, string> {
    const rows = new Map<string, string>();
    for (const { mutations } of this.#attempted.slice(0, position)) {
      for (const mutation of mutations) {
        if (mutation.row === undefined) rows.delete(nameOf(mutation));
        else rows.set(nameOf(mutation), JSON.stringify(mutation.row));
      }
    }
    return rows;
  }
}

const rowsIn = (tables: Tables): ReadonlyMap<string, string> =>
  new Map(Array.from(tables.rowsBeside([]), (row) => [nameOf(row), JSON.stringify(row.row)]));
