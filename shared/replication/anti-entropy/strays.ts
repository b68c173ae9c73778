/**
 * Keys that this node holds and no longer owns.
 *
 * When the ring moves, one of a key's former owners hands it to the new ones. Should that node die for good before it is
 * done, the only copies of an acknowledged write may lie on nodes that do not own the key, which no comparison of owners
 * ever meets. So each such key is offered to an owner, with the writes of it that are known here; what the owner lacks
 * is sent. Then the key is left alone until it changes or the ring moves again; copies stay where they are.
 */
import { descends } from "../../clock/vector-clock.ts";
import type { Key, NodeId, TimeMs } from "../../ids.ts";
import { type KeyItem, takeBatch } from "../batch.ts";
import type { ReplicationEffects } from "../types.ts";
import type { AntiEntropyMessage } from "./messages.ts";
import { accept, batchGap, batchKeysMax, type Holding } from "./repair.ts";
import { sendSized } from "./wire.ts";

export interface StraysOptions {
  readonly node: NodeId;
  readonly holding: Holding;
  readonly answerWithin: TimeMs;
  readonly isInReach: (node: NodeId) => boolean;
  nextId(): string;
}

interface Offer {
  readonly id: string;
  readonly owner: NodeId;
  /** With the states that were offered. */
  readonly items: ReadonlyMap<Key, KeyItem[1]>;
  readonly until: TimeMs;
}

export class Strays {
  readonly #options: StraysOptions;
  /** Not yet known to be with an owner. */
  readonly #waiting = new Set<Key>();
  #offer: Offer | null = null;
  /** When the next slice is offered; null when none is due before the next turn. */
  #nextAt: TimeMs | null = null;

  constructor(options: StraysOptions) {
    this.#options = options;
  }

  add(key: Key): void {
    this.#waiting.add(key);
  }

  /** The ring has moved: all that is astray will be added again. */
  clear(): void {
    this.#waiting.clear();
    this.#offer = null;
    this.#nextAt = null;
  }

  get deadline(): TimeMs | null {
    return this.#offer?.until ?? this.#nextAt;
  }

  /** Begins to offer what there is, a slice at a time. */
  turn(fx: ReplicationEffects): void {
    this.#nextAt = null;
    if (this.#offer !== null || this.#waiting.size === 0) return;
    const { node, holding, isInReach } = this.#options;
    const { view, store, n } = holding;
    let owner: NodeId | undefined;
    const items = new Map<Key, KeyItem[1]>();
    let looked = 0;
    for (const key of this.#waiting) {
      if (items.size >= batchKeysMax || (looked += 1) > 10 * batchKeysMax) break;
      const { owners, pending } = view.placement(key, n);
      // Who is about to own it is being brought it, and has nothing to bring.
      const found = pending.includes(node) ? undefined : owners.find(isInReach);
      owner ??= found;
      if (found !== undefined && found === owner) items.set(key, store.get(key));
      else {
        // To the end: keys whose owners are all away do not keep the others from their turn.
        this.#waiting.delete(key);
        this.#waiting.add(key);
      }
    }
    if (owner === undefined) return;
    const id = this.#options.nextId();
    this.#offer = { id, owner, items, until: fx.now + this.#options.answerWithin };
    const keys = [...items].map(([key, { context }]) => [key, context] as const);
    sendSized(fx, owner, { kind: "OFFER", exchange: id, step: 1, keys });
  }

  tick(fx: ReplicationEffects): void {
    if (this.#offer && this.#offer.until <= fx.now) {
      fx.rare.reached("an offer of stray keys without an answer");
      this.#offer = null;
    } else if (this.#nextAt !== null && this.#nextAt <= fx.now) this.turn(fx);
  }

  receive(fx: ReplicationEffects, from: NodeId, message: AntiEntropyMessage): void {
    const offer = this.#offer;
    if (offer?.id !== message.exchange || offer.owner !== from) return;
    const { holding } = this.#options;
    if (message.kind === "WANTED" && message.step === 1) {
      const wanted = new Set(message.keys.filter((key) => offer.items.has(key)));
      for (const key of offer.items.keys()) if (!wanted.has(key)) this.#settled(offer, key);
      if (wanted.size === 0) return this.#done(fx);
      fx.rare.reached("a stray key sent to its owner");
      const items = takeBatch(wanted, holding.store, batchKeysMax);
      const sent = new Map(items);
      this.#offer = { ...offer, items: sent, until: fx.now + this.#options.answerWithin };
      sendSized(fx, from, { kind: "REPAIR", exchange: offer.id, step: 2, items });
    } else if (message.kind === "REPAIRED" && message.step === 2) {
      // What it knows more is not asked for: it is the owner, and has this part now.
      for (const key of offer.items.keys()) this.#settled(offer, key);
      accept(fx, holding, from, message.items);
      this.#done(fx);
    }
  }

  /** Unless it has been written since: then it is offered again. */
  #settled({ items }: Offer, key: Key): void {
    if (this.#options.holding.store.get(key) === items.get(key)) this.#waiting.delete(key);
  }

  #done(fx: ReplicationEffects): void {
    this.#offer = null;
    if (this.#waiting.size > 0) this.#nextAt = fx.now + batchGap;
  }
}

/** Of the keys offered, those of which a write is not held here. */
export function lacking(
  { store }: Holding,
  keys: Extract<AntiEntropyMessage, { kind: "OFFER" }>["keys"],
): Key[] {
  return keys.filter(([key, context]) => !descends(store.get(key).context, context)).map(([key]) => key);
}
