/** Clocks that live as long as the process: running without persistence, to see what breaks then (P1). */
import type { VectorClock } from "../../../shared/clock/vector-clock.ts";
import type { NodeId } from "../../../shared/ids.ts";
import { assertNode, assertStorable, closedError, type VectorClockStore } from "./vector-clock-store.ts";

export class MemoryClockStore implements VectorClockStore {
  readonly #clocks = new Map<NodeId, VectorClock>();
  #closed = false;

  save(node: NodeId, clock: VectorClock): void {
    this.#assertOpen();
    assertStorable(node, clock);
    this.#clocks.set(node, { ...clock });
  }

  load(node: NodeId): VectorClock | null {
    this.#assertOpen();
    assertNode(node);
    return this.#clocks.get(node) ?? null;
  }

  has(node: NodeId): boolean {
    return this.load(node) !== null;
  }

  delete(node: NodeId): void {
    this.#assertOpen();
    assertNode(node);
    this.#clocks.delete(node);
  }

  close(): void {
    this.#closed = true;
    this.#clocks.clear();
  }

  #assertOpen(): void {
    if (this.#closed) throw closedError();
  }
}
