/**
 * What was forgotten by agreement of all (see housekeeping), as far as clients still name it.
 *
 * A client may carry a context or a session that is older than the agreement: it names writes that no replica knows any
 * more. Without this memory nobody could tell them from writes that have not arrived yet, and the client would be told
 * to wait for ever. What was forgotten is not missing: every member had it, and it had been overwritten or deleted.
 *
 * Kept in memory, of the newest keys only: a session that old, after a restart of all owners, has to begin anew.
 */
import { emptyClock, merge, type VectorClock } from "../clock/vector-clock.ts";
import type { Key } from "../ids.ts";

const keysMax = 10_000;

export class Forgotten {
  /** The key that was forgotten last is the last. */
  readonly #contexts = new Map<Key, VectorClock>();

  /** Of `key`, the writes that `context` covers. */
  add(key: Key, context: VectorClock): void {
    const all = merge(this.of(key), context);
    this.#contexts.delete(key);
    this.#contexts.set(key, all);
    if (this.#contexts.size <= keysMax) return;
    for (const oldest of this.#contexts.keys()) {
      this.#contexts.delete(oldest);
      return;
    }
  }

  of(key: Key): VectorClock {
    return this.#contexts.get(key) ?? emptyClock;
  }
}
