/**
 * States of keys on their way, in batches that keep a connection free for others.
 *
 * The side that asks sends its state of each key; the other merges it and returns what it knew more. One journey each
 * way makes both equal, whoever had the newer part, and either message may be lost or come twice: merging is idempotent.
 */
import { absentKey, type KeyState } from "../../clock/dotted.ts";
import type { Key, NodeId } from "../../ids.ts";
import { digestOf } from "../../merkle/digest.ts";
import { type KeyItem, takeBatch } from "../batch.ts";
import type { KeyStore } from "../key-store.ts";
import type { ClusterView, ReplicationEffects } from "../types.ts";

/** Keys in one batch. */
export const batchKeysMax = 100;
/** Between two batches of one exchange: at most 2,000 keys or 5 MiB a second, beside the node's other work. */
export const batchGap = 50;

export interface Holding {
  readonly n: number;
  readonly view: ClusterView;
  readonly store: KeyStore;
}

/** Makes them part of what is held here. */
export function accept(
  fx: ReplicationEffects,
  { n, view, store }: Holding,
  from: NodeId,
  items: readonly KeyItem[],
): void {
  for (const [key, theirs] of items) {
    const known = store.get(key);
    const state = store.merge(key, known, theirs);
    if (state === known) continue;
    const origin = state.versions.at(-1)?.dot.node ?? from;
    const replicas = view.placement(key, n).owners;
    store.replace(fx, key, state, { op: "internal", key }, { op: "anti-entropy", origin, replicas });
  }
}

/** After they were accepted: which of them this side knows more of, as many as fit, and which did not. */
export function knownBeyond(store: KeyStore, items: readonly KeyItem[]): { items: KeyItem[]; rest: Key[] } {
  const more: Key[] = [];
  for (const [key, theirs] of items) {
    const state = store.get(key);
    if (state !== absentKey && state !== theirs && !isSame(key, state, theirs)) more.push(key);
  }
  const fitting = more.length === 0 ? [] : takeBatch(more, store, batchKeysMax);
  return { items: fitting, rest: more.slice(fitting.length) };
}

function isSame(key: Key, a: KeyState, b: KeyState): boolean {
  const [mine, theirs] = [digestOf(key, a).hash, digestOf(key, b).hash];
  return mine.every((byte, i) => byte === theirs[i]);
}
