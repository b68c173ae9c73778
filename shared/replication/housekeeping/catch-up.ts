/**
 * Bringing copies up to date that nobody else does: those on nodes that owned a key once. Writes go to the owners, and
 * comparisons are made between owners, so an old copy would stay as it is, and no member could ever agree on its key.
 */
import type { Key, NodeId } from "../../ids.ts";
import { type KeyItem, takeBatch } from "../batch.ts";
import type { KeyStore } from "../key-store.ts";
import type { About, ClusterView, ReplicationConfig, ReplicationEffects } from "../types.ts";

const internal: About = { op: "internal" };

/** Sends what this node has of `keys`, as many as one message holds; what is left over comes with the next round. */
export function catchUp(fx: ReplicationEffects, store: KeyStore, to: NodeId, keys: readonly Key[]): void {
  const items = takeBatch(keys, store, keys.length);
  if (items.length > 0) fx.send(to, { kind: "CATCH_UP", items }, internal);
}

export interface CatchingUp {
  readonly store: KeyStore;
  readonly view: ClusterView;
  readonly config: ReplicationConfig;
}

/** Takes in what `from` has, of keys that are held here already. */
export function caughtUp(
  fx: ReplicationEffects,
  { store, view, config }: CatchingUp,
  from: NodeId,
  items: readonly KeyItem[],
): void {
  for (const [key, theirs] of items) {
    const known = store.get(key);
    const state = store.merge(key, known, theirs);
    if (state === known || !store.all.has(key)) continue;
    fx.rare.reached("a former owner caught up");
    const replicas = view.placement(key, config.n).owners;
    store.replace(fx, key, state, internal, { op: "anti-entropy", origin: from, replicas });
  }
}
