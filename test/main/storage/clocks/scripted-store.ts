/** A store in memory whose calls fail, or answer late, as a test says. */
import { MemoryClockStore } from "../../../../main/storage/clocks/memory-clock-store.ts";
import {
  type VectorClockStore,
  VectorClockStoreError,
} from "../../../../main/storage/clocks/vector-clock-store.ts";
import type { VectorClock } from "../../../../shared/clock/vector-clock.ts";
import type { NodeId } from "../../../../shared/ids.ts";

export const ioError = (code: string) =>
  new VectorClockStoreError("io", `The disk refused. (${code})`, Object.assign(new Error(code), { code }));

export class ScriptedStore implements VectorClockStore {
  readonly kept = new MemoryClockStore();
  /** What was asked, in order: "save 3", "load". */
  readonly calls: string[] = [];
  /** One for each call to come; null: it works. */
  failures: (Error | null)[] = [];
  /** Saves wait for `let`. */
  isSlow = false;
  #held: (() => void)[] = [];

  save(node: NodeId, clock: VectorClock): void | Promise<void> {
    this.calls.push(`save ${Object.values(clock).join(",")}`);
    const failure = this.failures.shift() ?? null;
    if (!this.isSlow) return this.#end(node, clock, failure);
    return new Promise<void>((resolve) => this.#held.push(resolve)).then(() =>
      this.#end(node, clock, failure),
    );
  }

  load(node: NodeId): VectorClock | null {
    this.calls.push("load");
    const failure = this.failures.shift() ?? null;
    if (failure !== null) throw failure;
    return this.kept.load(node);
  }

  has(node: NodeId): boolean {
    this.calls.push("has");
    return this.kept.has(node);
  }

  delete(node: NodeId): void {
    this.calls.push("delete");
    this.kept.delete(node);
  }

  close(): void {
    this.calls.push("close");
  }

  /** The slow save that waits longest ends. */
  let(): void {
    this.#held.shift()!();
  }

  #end(node: NodeId, clock: VectorClock, failure: Error | null): void {
    if (failure !== null) throw failure;
    this.kept.save(node, clock);
  }
}
