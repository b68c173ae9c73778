/**
 * Saves that share one write, without anybody being told too early.
 *
 * A clock is replaced by each next one, so of all that come while the store is busy only the newest has to be written.
 * The promise of a save resolves when its clock, or a newer one of the same node, is kept by the store beneath: what the
 * clock was saved for may leave then, and not before (P1). `load` and `has` answer with what was saved last, kept already
 * or not.
 *
 * After a failed save nothing is taken any more: all that waited are told, and so is everyone after them. Going on would
 * put clocks into the cache that may never be kept.
 */
import { setImmediate } from "node:timers/promises";
import type { VectorClock } from "../../../shared/clock/vector-clock.ts";
import type { NodeId } from "../../../shared/ids.ts";
import { assertNode, assertStorable, closedError, type VectorClockStore } from "./vector-clock-store.ts";

interface Batch {
  /** Null: to be deleted. */
  readonly changes: Map<NodeId, VectorClock | null>;
  readonly kept: PromiseWithResolvers<void>;
}

class BatchedClockStore implements VectorClockStore {
  readonly #store: VectorClockStore;
  readonly #cache = new Map<NodeId, VectorClock | null>();
  /** Takes changes until the store is free for it. */
  #next: Batch | null = null;
  #writing: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;
  #closed: Promise<void> | null = null;

  constructor(store: VectorClockStore) {
    this.#store = store;
  }

  save(node: NodeId, clock: VectorClock): Promise<void> {
    assertStorable(node, clock);
    return this.#change(node, { ...clock });
  }

  async load(node: NodeId): Promise<VectorClock | null> {
    this.#assertUsable();
    assertNode(node);
    const cached = this.#cache.get(node);
    if (cached !== undefined) return cached;
    const found = await this.#store.load(node);
    // Something newer may have been saved meanwhile.
    const newer = this.#cache.get(node);
    if (newer !== undefined) return newer;
    this.#cache.set(node, found);
    return found;
  }

  async has(node: NodeId): Promise<boolean> {
    this.#assertUsable();
    assertNode(node);
    const found = this.#cache.has(node) || (await this.#store.has(node));
    return this.#cache.has(node) ? this.#cache.get(node) !== null : found;
  }

  delete(node: NodeId): Promise<void> {
    assertNode(node);
    return this.#change(node, null);
  }

  /** What was saved before is kept first. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#writing;
    await this.#store.close();
  }

  #change(node: NodeId, clock: VectorClock | null): Promise<void> {
    this.#assertUsable();
    this.#cache.set(node, clock);
    this.#next ??= { changes: new Map(), kept: Promise.withResolvers() };
    const { changes, kept } = this.#next;
    changes.set(node, clock);
    this.#writing ??= this.#write();
    return kept.promise;
  }

  async #write(): Promise<void> {
    // Everything of one turn of the event loop goes together.
    await setImmediate();
    while (this.#next !== null) {
      const batch = this.#next;
      this.#next = null;
      try {
        for (const [node, clock] of batch.changes) await this.#writeOne(node, clock);
      } catch (error) {
        this.#fail(error, batch);
        break;
      }
      batch.kept.resolve();
      // Those who were told may have more to save: it goes with what came meanwhile.
      await setImmediate();
    }
    this.#writing = null;
  }

  async #writeOne(node: NodeId, clock: VectorClock | null): Promise<void> {
    await (clock === null ? this.#store.delete(node) : this.#store.save(node, clock));
  }

  #fail(error: unknown, batch: Batch): void {
    this.#failure = { error };
    batch.kept.reject(error);
    this.#next?.kept.reject(error);
    this.#next = null;
  }

  #assertUsable(): void {
    if (this.#closed !== null) throw closedError();
    if (this.#failure !== null) throw this.#failure.error;
  }
}

export const batched = (store: VectorClockStore) => new BatchedClockStore(store);
