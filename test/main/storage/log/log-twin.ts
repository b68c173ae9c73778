/** What may be done to a log, and the log as one would write it who need not mind disks. */
import * as fc from "fast-check";
import { expect } from "vitest";
import type { Committed, SchemaVersions } from "../../../../shared/runtime/types.ts";
import type { Durability, TransactionLog } from "../../../../main/storage/log/transaction-log.ts";
import { put, transactionOf } from "./transactions.ts";

type Action =
  | { readonly kind: "append"; readonly sizes: readonly number[]; readonly durability: Durability }
  | { readonly kind: "versions"; readonly kv: number }
  | { readonly kind: "drop"; readonly share: number }
  | { readonly kind: "hold"; readonly name: string; readonly share: number }
  | { readonly kind: "release"; readonly name: string }
  | { readonly kind: "reopen" };

const share = fc.double({ min: 0, max: 1.2, noNaN: true });
const name = fc.constantFrom("a", "b");
export const actionOf: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      sizes: fc.array(fc.integer({ min: 0, max: 1_500 }), { maxLength: 4 }),
      durability: fc.constantFrom<Durability>("synced", "written"),
    }),
  },
  fc.record({ kind: fc.constant("versions" as const), kv: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant("drop" as const), share }),
  fc.record({ kind: fc.constant("hold" as const), name, share }),
  fc.record({ kind: fc.constant("release" as const), name }),
  fc.record({ kind: fc.constant("reopen" as const) }),
);

/** A list, and what may be missing of it. */
export class Twin {
  readonly all: Committed[] = [];
  versions: SchemaVersions | null = null;
  /** The log may have dropped what comes before. */
  firstAllowed = 1;
  readonly #holds = new Map<string, number>();

  get last(): number {
    return this.all.length;
  }

  run(action: Action, log: TransactionLog): void {
    switch (action.kind) {
      case "append":
        this.#append(action.sizes, action.durability, log);
        break;
      case "versions":
        this.versions = { kv: action.kv };
        log.setVersions(this.versions);
        break;
      case "drop": {
        const asked = Math.floor(this.last * action.share);
        const held = Math.min(asked, ...[...this.#holds.values()].map((after) => after + 1));
        this.firstAllowed = Math.max(this.firstAllowed, Math.min(held, this.last + 1));
        expect(log.dropBefore(asked)).toBe(log.first);
        break;
      }
      case "hold":
        this.#holds.set(action.name, Math.floor(this.last * action.share));
        log.hold(action.name, Math.floor(this.last * action.share));
        break;
      case "release":
        this.#holds.delete(action.name);
        log.release(action.name);
        break;
      case "reopen":
        this.#holds.clear();
        break;
    }
  }

  #append(sizes: readonly number[], durability: Durability, log: TransactionLog): void {
    const transactions = sizes.map((letters, i) =>
      transactionOf(this.last + i, [put(`k${letters}`, "x".repeat(letters)), put("n", i)].slice(letters % 3)),
    );
    for (const transaction of transactions) {
      this.all.push({ ...transaction, position: this.last + 1, versions: this.versions });
    }
    expect(log.append(transactions, durability)).toBe(this.last);
    if (durability === "synced") expect(log.durable).toBe(this.last);
  }
}
