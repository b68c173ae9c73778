/**
 * Requests met lately, so that one delivered twice is not carried out twice.
 *
 * Two generations: taking the oldest out of one large set would each time look past the places of all taken before.
 */
import type { RequestId } from "../ids.ts";

/** Remembered at least; at most twice as many. */
const generation = 10_000;

export class RecentRequests {
  #younger = new Set<RequestId>();
  #older = new Set<RequestId>();

  /** False when it was met before. */
  meet(id: RequestId): boolean {
    if (this.#younger.has(id) || this.#older.has(id)) return false;
    if (this.#younger.size >= generation) {
      this.#older = this.#younger;
      this.#younger = new Set();
    }
    this.#younger.add(id);
    return true;
  }
}
