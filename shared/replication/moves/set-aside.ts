/**
 * What a node held that was out of its cluster for long, until it is known what is to become of it.
 *
 * A deletion is forgotten when its tombstone has lived for long enough and all members agree (see housekeeping), and a
 * node that was taken out, or left, is not asked. One that comes back sooner is merged: nothing it holds can have been
 * forgotten, and it may hold an acknowledged write that the others lack, as when a whole cluster stops node by node.
 * Later it may hold keys that everybody else has deleted and forgotten; merged, they would return (P2). So it comes back
 * as one that holds nothing: what was on its disk is set aside, serves nobody and is handed to nobody. When it enters a
 * cluster, whose owners have brought it all that counts, what was set aside is dropped. Only where there is no cluster
 * any more and it founds one is it all there is, and taken back.
 *
 * How long it was out is counted from the newest that it kept: one that ran on by itself, cut off, before it was taken out
 * counts as having been there so long, and is merged.
 *
 * Nothing is copied to set it aside: one durable mark says up to which log entry the rows on the disk are meant, and
 * those written later count. So no crash brings back what was set aside, however much of it has been dropped.
 *
 * Hints for others that it kept are dropped at once: they are second copies, and late ones would do the same harm.
 */
import type { KeyState } from "../../clock/dotted.ts";
import type { Key, TimeMs } from "../../ids.ts";
import type { HintKeeper } from "../hints.ts";
import type { KeyStore } from "../key-store.ts";
import type { ReplicationEffects } from "../types.ts";
import { internal } from "./progress.ts";

/** Keys dropped in one step: a large disk does not keep the node from its work. */
const keysPerStep = 1_000;

interface SetAsideOptions {
  readonly store: KeyStore;
  readonly hints: HintKeeper;
  /** By an earlier life; null when nothing was. */
  readonly restored: Iterable<readonly [Key, KeyState]> | null;
}

export class SetAside {
  readonly #store: KeyStore;
  readonly #hints: HintKeeper;
  readonly #keys: Map<Key, KeyState>;
  /** The disk has the mark. */
  #isMarked: boolean;
  #isDropping = false;
  /** Due at once while there is something to drop. A field, for it is asked at every step. */
  deadline: TimeMs = Infinity;

  constructor({ store, hints, restored }: SetAsideOptions) {
    this.#store = store;
    this.#hints = hints;
    this.#keys = new Map(restored ?? []);
    this.#isMarked = restored !== null;
  }

  /** All that the node holds, and what was set aside before. */
  take(fx: ReplicationEffects): void {
    this.#hints.dropAll(fx);
    const taken = this.#store.takeAll(fx.now);
    for (const [key, state] of taken) this.#keys.set(key, state);
    this.#setDropping(false);
    if (this.#keys.size === 0) return;
    this.#isMarked = true;
    fx.record({ kind: "set-aside", upTo: fx.logIndex });
    fx.rare.reached("what a node held was set aside");
    this.#tell(fx, "set aside");
  }

  /** It is all there is. */
  bringBack(fx: ReplicationEffects): void {
    if (!this.#isMarked) return;
    this.#tell(fx, "taken back");
    for (const [key, state] of this.#keys) this.#store.takeBack(fx, key, state);
    this.#forget(fx);
  }

  /** Others have what counts. */
  drop(fx: ReplicationEffects): void {
    if (!this.#isMarked || this.#isDropping) return;
    this.#setDropping(true);
    this.#tell(fx, "dropped");
  }

  tick(fx: ReplicationEffects): void {
    if (!this.#isDropping) return;
    for (const key of this.#keys.keys().take(keysPerStep)) {
      this.#keys.delete(key);
      // What was written since has taken its place on the disk.
      if (!this.#store.all.has(key)) fx.record({ kind: "dropped", key });
    }
    if (this.#keys.size === 0) this.#forget(fx);
  }

  #forget(fx: ReplicationEffects): void {
    this.#keys.clear();
    this.#setDropping(false);
    this.#isMarked = false;
    fx.record({ kind: "set-aside", upTo: null });
  }

  #setDropping(isDropping: boolean): void {
    this.#isDropping = isDropping;
    this.deadline = isDropping ? 0 : Infinity;
  }

  #tell(fx: ReplicationEffects, became: string): void {
    fx.local("old-data", internal, { keys: this.#keys.size, became });
  }
}
