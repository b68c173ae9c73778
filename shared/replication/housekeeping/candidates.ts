/**
 * The keys with something to tidy up, and since when each has been as it is: those with nothing but tombstones, and
 * those whose context names nodes that left.
 *
 * It follows the store change by change, so nothing looks through all keys but once at the start and once, a slice at a
 * time, when somebody has left. Times are of this life: what an earlier life held for how long is not known, and a
 * node claims no more than it knows.
 */
import type { KeyState } from "../../clock/dotted.ts";
import type { Key, TimeMs } from "../../ids.ts";
import { hasDeparted } from "./departed.ts";

export type Chore = "reap" | "prune";

/** True when all that is left of a key is that it was deleted. */
const isDeleted = ({ versions }: KeyState) =>
  versions.length > 0 && versions.every(({ value }) => value === null);

export class Candidates {
  /** In the order of their times: a key that changes goes to the end. */
  readonly #since = new Map<Key, TimeMs>();
  #members: ReadonlySet<string>;
  /** Keys not looked at since the members changed. */
  #search: Iterator<readonly [Key, KeyState]> | null = null;

  constructor(keys: Iterable<readonly [Key, KeyState]>, members: readonly string[], now: TimeMs) {
    this.#members = new Set(members);
    for (const [key, state] of keys) this.changed(key, state, now);
  }

  get isSearching(): boolean {
    return this.#search !== null;
  }

  /** Since when the key that has been as it is for longest has been so; null when there is none. */
  get oldest(): TimeMs | null {
    if (this.#since.size === 0) return null;
    for (const since of this.#since.values()) return since;
    return null;
  }

  /** Since when `key` has been as it is; null when nothing about it wants tidying up. */
  since(key: Key): TimeMs | null {
    return this.#since.get(key) ?? null;
  }

  /** What is to be done about a key in this state. */
  chore(state: KeyState): Chore | null {
    if (isDeleted(state)) return "reap";
    return hasDeparted(state, this.#members) ? "prune" : null;
  }

  changed(key: Key, state: KeyState, at: TimeMs): void {
    if (this.#since.size > 0) this.#since.delete(key);
    if (this.chore(state) !== null) this.#since.set(key, at);
  }

  /** When somebody left, all of `keys` are looked through with `look`. */
  membersChanged(members: readonly string[], keys: ReadonlyMap<Key, KeyState>): void {
    const before = this.#members;
    this.#members = new Set(members);
    if ([...before].some((node) => !this.#members.has(node)) && keys.size > 0) this.#search = keys.entries();
  }

  look(keysAtMost: number, now: TimeMs): void {
    for (let seen = 0; this.#search !== null && seen < keysAtMost; seen++) {
      const { done, value } = this.#search.next();
      if (done) this.#search = null;
      else if (!this.#since.has(value[0])) this.changed(value[0], value[1], now);
    }
  }

  /** Keys that have been as they are since `latest` or longer, the longest first. */
  *ripe(latest: TimeMs): Generator<Key> {
    for (const [key, since] of this.#since) {
      if (since > latest) return;
      yield key;
    }
  }
}
