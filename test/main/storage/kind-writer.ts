/** Moving a store from kind to kind, for the quick suite and the long one. */
import { expect } from "vitest";
import { NodeStore, type NodeStoreOptions } from "../../../main/storage/node-store.ts";
import { entry } from "./entries.ts";
import { storeOptions, transaction } from "./store-options.ts";

export type Kinds = Pick<NodeStoreOptions, "log" | "snapshots">;

export class KindWriter {
  #index = 0;

  get clock() {
    return { "node-1": this.#index };
  }

  writeTo(store: NodeStore, count: number): void {
    for (let left = count; left > 0; left -= 1) {
      this.#index += 1;
      const record = { kind: "entry", entry: entry(this.#index, `k${this.#index % 5}`) } as const;
      store.commit({ transactions: [transaction(record)], events: [], operations: [], clock: this.clock });
    }
  }

  /** Opens the directory with one, the other, and the one again, and looks at what is there each time. */
  async backAndForth(dir: string, from: Kinds, to: Kinds): Promise<void> {
    let store = new NodeStore(storeOptions(dir, from));
    this.writeTo(store, 7);
    if (from.log !== "memory") await store.snapshot();
    this.writeTo(store, 3);
    for (const next of [to, from, to]) {
      const isKept = store.source.kind !== "memory";
      const before = this.#seen(store);
      store.close();
      store = new NodeStore(storeOptions(dir, next));
      if (isKept) expect(this.#seen(store)).toEqual(before);
      else expect(store.tables.count, "what was in memory is gone").toBe(0);
      expect(store.restore().clock, "the clock never is").toEqual(this.clock);
      this.writeTo(store, 2);
      if (next.log === "memory") continue;
      const after = this.#seen(store);
      store.close();
      store = new NodeStore(storeOptions(dir, next));
      expect(this.#seen(store)).toEqual(after);
    }
    store.close();
  }

  #seen = ({ tables, log }: NodeStore) => ({ digest: tables.digest(), last: log.last });
}
