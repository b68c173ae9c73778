/**
 * Hinted handoff: writes kept for owners that could not be reached, and brought to them when they are back.
 *
 * A hint is as durable as data: it is on disk before it is acknowledged, and it is taken off only when its owner has
 * acknowledged that it is on disk there. One that comes twice does no harm, for the owner merges it. Hints of one owner
 * and key are merged into one, so a long absence costs no more than the keys written meanwhile.
 *
 * Delivery is throttled and one batch at a time, or an owner that has just come back would be flooded by all who have
 * something for it. A hint has a lifetime: a node may never return, and no tombstone could ever be forgotten while an old
 * hint may still bring back what it deleted (P2). What expires is left to anti-entropy. When the owner leaves for good,
 * those who own the key now get its hints, and when the keeper leaves, it passes them on: no copy that counted under a
 * sloppy quorum is lost by a leave.
 *
 * A hint is not an acknowledgement: whether it counts is the coordinator's to say (see pending; P10).
 *
 * Source: DeCandia et al. 2007, "Dynamo", §4.6.
 */
import { formatDot, type KeyState } from "../clock/dotted.ts";
import type { Key, NodeId, TimeMs } from "../ids.ts";
import { batchBytesMax, sizeOf } from "./batch.ts";
import type { KeyStore } from "./key-store.ts";
import type { HintMessage, ReplicationMessage } from "./messages.ts";
import { isInReach } from "./reach.ts";
import type {
  About,
  ClusterView,
  Hint,
  ReplicationConfig,
  ReplicationEffects,
  ReplicationPart,
} from "./types.ts";

const batchKeysMax = 100;
const keysPerStep = 1_000;

const internal: About = { op: "internal" };

/** What waits for one owner. */
interface Queue {
  /** The oldest first. */
  readonly hints: Map<Key, Hint>;
  /** On its way; null when nothing is. */
  batch: Batch | null;
  /** Throttling: nothing is sent before. */
  sendAt: TimeMs;
}

interface Batch {
  readonly number: number;
  readonly to: NodeId;
  readonly hints: readonly Hint[];
  readonly retryAt: TimeMs;
}

export interface HintProgress {
  readonly target: NodeId;
  readonly keys: number;
  /** When the oldest of them was kept. */
  readonly oldest: TimeMs;
}

export interface HintKeeperOptions {
  readonly node: NodeId;
  readonly config: ReplicationConfig;
  readonly view: ClusterView;
  readonly store: KeyStore;
  readonly restored: readonly Hint[];
}

export class HintKeeper implements ReplicationPart {
  readonly kinds = ["HINTS", "HINTS_ACK"] as const;
  readonly #node: NodeId;
  readonly #config: ReplicationConfig;
  readonly #view: ClusterView;
  readonly #store: KeyStore;
  readonly #queues = new Map<NodeId, Queue>();
  #lastBatch = 0;
  #isLeaving = false;

  constructor({ node, config, view, store, restored }: HintKeeperOptions) {
    this.#node = node;
    this.#config = config;
    this.#view = view;
    this.#store = store;
    for (const hint of restored.toSorted((a, b) => a.expires - b.expires)) {
      this.#queueOf(hint.target).hints.set(hint.key, hint);
    }
  }

  get deadline(): TimeMs | null {
    let earliest: TimeMs | null = null;
    if (this.#queues.size === 0) return earliest;
    for (const [target, queue] of this.#queues) {
      const due = this.#dueAt(target, queue);
      if (earliest === null || due < earliest) earliest = due;
    }
    return earliest;
  }

  /** True when nothing is kept here that somebody could take. */
  get isDone(): boolean {
    return ![...this.#queues.keys()].some((target) => this.#recipient(target) !== null);
  }

  /** What is kept, by owner. */
  progress(): HintProgress[] {
    return [...this.#queues].map(([target, { hints }]) => {
      const [first] = hints.values();
      return { target, keys: hints.size, oldest: first!.expires - this.#config.hintLifetime };
    });
  }

  /** What is kept of this key, for whomever. */
  of(key: Key): readonly Hint[] {
    const kept = [...this.#queues.values()].map(({ hints }) => hints.get(key));
    return kept.filter((hint) => hint !== undefined);
  }

  /** True while a hint of this key is kept for anybody: it is not to be forgotten yet. */
  has(key: Key): boolean {
    for (const { hints } of this.#queues.values()) if (hints.has(key)) return true;
    return false;
  }

  /** `state` and all that is kept of this key for others: what a stand-in answers a reader. */
  mergedWith(key: Key, state: KeyState): KeyState {
    let merged = state;
    for (const { hints } of this.#queues.values()) {
      const hint = hints.get(key);
      if (hint) merged = this.#store.merge(key, merged, hint.state);
    }
    return merged;
  }

  /** From now on hints go to others even when their owners are out of reach. */
  leave(): void {
    this.#isLeaving = true;
  }

  /**
   * Keeps `state` for `target`, durably before anything else of this step leaves. Somebody has just failed to reach it:
   * when membership has not noticed yet, there is no hurry to try again.
   */
  keep(fx: ReplicationEffects, target: NodeId, key: Key, state: KeyState, about: About): void {
    this.#keep(fx, target, key, state, about);
    const queue = this.#queueOf(target);
    if (queue.hints.size === 1) queue.sendAt = fx.now + this.#config.requestTimeout;
  }

  #keep(fx: ReplicationEffects, target: NodeId, key: Key, state: KeyState, about: About): void {
    const { hints } = this.#queueOf(target);
    const known = hints.get(key);
    const merged = known ? this.#store.merge(key, known.state, state) : state;
    if (merged === known?.state) return fx.rare.reached("a hint kept already");
    const hint = { target, key, state: merged, expires: fx.now + this.#config.hintLifetime };
    hints.delete(key); // to become the youngest
    hints.set(key, hint);
    fx.record({ kind: "hint", hint });
    const dots = merged.versions.map(({ dot }) => formatDot(dot));
    const op = merged.versions.every(({ value }) => value === null) ? "delete" : "put";
    fx.local("hint-kept", { ...about, op, key }, { target, dots });
  }

  /** What they say may be out of date. */
  dropAll(fx: ReplicationEffects): void {
    for (const [target, queue] of this.#queues) {
      const keys = [...queue.hints.keys()];
      for (const key of keys) this.#forget(fx, target, queue, key);
      fx.local("hints-dropped", internal, { target, keys, reason: "outdated" });
    }
    this.#queues.clear();
  }

  receive(fx: ReplicationEffects, from: NodeId, message: ReplicationMessage): void {
    if (message.kind === "HINTS") this.#accept(fx, from, message);
    else if (message.kind === "HINTS_ACK") this.#delivered(fx, from, message.batch);
  }

  tick(fx: ReplicationEffects): void {
    let slice = keysPerStep;
    for (const [target, queue] of this.#queues) {
      slice -= this.#expire(fx, target, queue, slice);
      if (this.#hasLeft(target)) slice -= this.#release(fx, target, queue, slice);
      else this.#deliver(fx, target, queue);
      if (queue.hints.size === 0) this.#queues.delete(target);
    }
  }

  #queueOf(target: NodeId): Queue {
    let queue = this.#queues.get(target);
    if (!queue) this.#queues.set(target, (queue = { hints: new Map(), batch: null, sendAt: 0 }));
    return queue;
  }

  #dueAt(target: NodeId, { hints, batch, sendAt }: Queue): TimeMs {
    if (this.#hasLeft(target)) return 0;
    const [oldest] = hints.values();
    const expires = oldest?.expires ?? 0;
    if (batch) return Math.min(batch.retryAt, expires);
    return this.#recipient(target) === null ? expires : Math.min(sendAt, expires);
  }

  /** Who takes what is kept for `target`; null while nobody does. */
  #recipient(target: NodeId): NodeId | null {
    if (this.#isAlive(target)) return target;
    if (!this.#isLeaving) return null;
    return this.#view.ring.nodes.find((node) => node !== this.#node && this.#isAlive(node)) ?? null;
  }

  #isAlive(node: NodeId): boolean {
    return isInReach(this.#view, this.#node, node);
  }

  #hasLeft(target: NodeId): boolean {
    const status = this.#view.status(target);
    return status === "left" || (status === undefined && !this.#view.ring.nodes.includes(target));
  }

  #deliver(fx: ReplicationEffects, target: NodeId, queue: Queue): void {
    if (queue.batch && queue.batch.retryAt > fx.now) return;
    const to = this.#recipient(target);
    const unfinished = to === queue.batch?.to ? queue.batch : null;
    queue.batch = null;
    if (to === null || queue.sendAt > fx.now || queue.hints.size === 0) return;
    // Under its old number a batch sent again is finished by a late acknowledgement, too.
    const again = unfinished?.hints.filter((hint) => queue.hints.get(hint.key) === hint) ?? [];
    if (again.length > 0) fx.rare.reached("hints sent again");
    const hints = again.length > 0 ? again : this.#nextBatch(fx, queue);
    const number = again.length > 0 ? unfinished!.number : this.#nextNumber(fx);
    queue.sendAt = fx.now + (hints.length * 1_000) / this.#config.hintsPerSecond;
    const retryAt = Math.max(queue.sendAt, fx.now + this.#config.requestTimeout);
    queue.batch = { number, to, hints, retryAt };
    const items = hints.map(({ key, state }) => [key, state] as const);
    const message = { kind: "HINTS", batch: number, items } as const;
    fx.send(to, to === target ? message : { ...message, target }, internal);
  }

  /** Unlike those of an earlier life, whose acknowledgements may still arrive. */
  #nextNumber(fx: ReplicationEffects): number {
    return (this.#lastBatch = Math.max(this.#lastBatch + 1, Math.floor(fx.now)));
  }

  #nextBatch(fx: ReplicationEffects, { hints }: Queue): Hint[] {
    const batch: Hint[] = [];
    let bytes = 0;
    const isSmall = fx.rare.buggify("hints in batches of one key");
    const keysMax = isSmall ? 1 : Math.min(batchKeysMax, Math.max(1, this.#config.hintsPerSecond));
    for (const hint of hints.values()) {
      bytes += sizeOf(hint.state);
      if (batch.length > 0 && (batch.length + 1 > keysMax || bytes > batchBytesMax)) break;
      batch.push(hint);
    }
    return batch;
  }

  /** What was merged into a hint after it had been sent is not yet delivered: that one stays. */
  #delivered(fx: ReplicationEffects, from: NodeId, number: number): void {
    for (const [target, queue] of this.#queues) {
      const { batch, hints } = queue;
      if (batch?.number !== number || batch.to !== from) continue;
      queue.batch = null;
      const delivered = batch.hints.filter((hint) => hints.get(hint.key) === hint);
      for (const { key } of delivered) this.#forget(fx, target, queue, key);
      const keys = delivered.map(({ key }) => key);
      if (from === target) fx.local("hints-delivered", internal, { target, keys });
      else fx.local("hints-passed", internal, { target, keys, to: from });
      this.#deliver(fx, target, queue);
      if (hints.size === 0) this.#queues.delete(target);
      return;
    }
    fx.rare.reached("a late acknowledgement of hints");
  }

  #forget(fx: ReplicationEffects, target: NodeId, { hints }: Queue, key: Key): void {
    hints.delete(key);
    fx.record({ kind: "hint-done", target, key });
  }

  /** Returns how many were dropped. */
  #expire(fx: ReplicationEffects, target: NodeId, queue: Queue, atMost: number): number {
    const keys: Key[] = [];
    for (const { key, expires } of queue.hints.values()) {
      if (expires > fx.now || keys.length >= atMost) break;
      keys.push(key);
    }
    if (keys.length === 0) return 0;
    fx.rare.reached("hints expired");
    for (const key of keys) this.#forget(fx, target, queue, key);
    fx.local("hints-dropped", internal, { target, keys, reason: "expired" });
    return keys.length;
  }

  /** `target` will not come back: what was kept for it goes to those who own the key now. Returns how many keys. */
  #release(fx: ReplicationEffects, target: NodeId, queue: Queue, atMost: number): number {
    const released = [...queue.hints.values().take(atMost)];
    if (released.length === 0) return 0;
    fx.rare.reached("hints of a node that left");
    const keys = released.map(({ key }) => key);
    fx.local("hints-dropped", internal, { target, keys, reason: "left" });
    for (const { key, state } of released) {
      const { owners, pending } = this.#view.placement(key, this.#config.n);
      // Two that left may both have their places still, until they are moved out: neither is kept anything for.
      const heirs = [...owners, ...pending].filter((node) => !this.#hasLeft(node));
      for (const heir of heirs) if (heir !== this.#node) this.#keep(fx, heir, key, state, internal);
      if (heirs.length === 0 || heirs.includes(this.#node)) this.#merge(fx, key, state);
      this.#forget(fx, target, queue, key);
    }
    return released.length;
  }

  #accept(
    fx: ReplicationEffects,
    from: NodeId,
    { batch, items, target }: Extract<HintMessage, { kind: "HINTS" }>,
  ): void {
    for (const [key, state] of items) {
      if (target === undefined || target === this.#node) this.#merge(fx, key, state);
      else this.#keep(fx, target, key, state, internal);
    }
    fx.send(from, { kind: "HINTS_ACK", batch }, internal);
  }

  #merge(fx: ReplicationEffects, key: Key, theirs: KeyState): void {
    const known = this.#store.get(key);
    const state = this.#store.merge(key, known, theirs);
    if (state === known) return fx.rare.reached("a hint that was known already");
    const { owners: replicas, epoch: term } = this.#view.placement(key, this.#config.n);
    const origin = state.versions.at(-1)?.dot.node ?? this.#node;
    this.#store.replace(fx, key, state, { op: "internal", key }, { op: "hint", origin, replicas, term });
  }
}
