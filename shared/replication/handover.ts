/**
 * Keys follow the ring: when a node joins or leaves, the owners that are new to a key receive it.
 *
 * Of all nodes that hold a key only one pushes it: the first of its former owners still in reach, which all others
 * work out alike. Copies stay where they were: nothing is deleted, so a push that is lost or comes twice does no harm.
 * One batch is on its way to each receiver at a time, acknowledged when durable there, sent again until it is.
 *
 * Keys are looked through a slice at a time, so that a large store does not keep the node from its other work.
 */
import type { Key, NodeId, TimeMs } from "../ids.ts";
import type { Ring } from "../ring/ring.ts";
import type { KeyStore } from "./key-store.ts";
import type { About, ClusterView, ReplicationConfig, ReplicationEffects, ReplicationPart } from "./types.ts";
import type { ReplicationMessage } from "./messages.ts";

export const handoverKeysMax = 100;
/** Characters of values in one batch; a longer value travels alone. */
const handoverCharsMax = 256 * 1024;
const keysPerStep = 1_000;

const internal: About = { op: "internal" };

interface Queue {
  readonly keys: Set<Key>;
  /** The batch on its way; null when there is none. */
  batch: { readonly number: number; readonly keys: readonly Key[]; readonly retryAt: TimeMs } | null;
}

export interface HandoverOptions {
  readonly node: NodeId;
  readonly config: ReplicationConfig;
  readonly view: ClusterView;
  readonly store: KeyStore;
}

export class Handover implements ReplicationPart {
  readonly kinds = ["HANDOVER", "HANDOVER_ACK"] as const;
  readonly #node: NodeId;
  readonly #config: ReplicationConfig;
  readonly #view: ClusterView;
  readonly #store: KeyStore;
  readonly #queues = new Map<NodeId, Queue>();
  /** The search for keys to push: the ring before it began, and the keys not yet looked at. */
  #search: { readonly before: Ring; keys: Iterator<Key> } | null = null;
  #batches = 0;

  constructor(options: HandoverOptions) {
    this.#node = options.node;
    this.#config = options.config;
    this.#view = options.view;
    this.#store = options.store;
  }

  /** True when nothing waits to be pushed to a node that could take it. */
  get isDone(): boolean {
    return this.#search === null && ![...this.#queues.keys()].some((target) => this.#inReach(target));
  }

  /** When to tick next: at once while keys are being looked through, else when a batch is overdue. */
  get deadline(): TimeMs | null {
    if (this.#search) return 0;
    let earliest: TimeMs | null = null;
    for (const { batch } of this.#queues.values()) {
      if (batch && (earliest === null || batch.retryAt < earliest)) earliest = batch.retryAt;
    }
    return earliest;
  }

  /** The view's ring has just replaced `before`. A search under way starts again and keeps its older ring. */
  ringChanged(before: Ring): void {
    if (this.#store.all.size === 0) return;
    this.#search = { before: this.#search?.before ?? before, keys: this.#store.all.keys() };
  }

  receive(fx: ReplicationEffects, from: NodeId, message: ReplicationMessage): void {
    if (message.kind === "HANDOVER") this.#accept(fx, from, message);
    else if (message.kind === "HANDOVER_ACK") {
      const queue = this.#queues.get(from);
      if (!queue?.batch || queue.batch.number !== message.batch) return;
      for (const key of queue.batch.keys) queue.keys.delete(key);
      queue.batch = null;
      this.tick(fx);
    }
  }

  /** Looks through the next keys and sends what is due. Also to be called when a member has come back. */
  tick(fx: ReplicationEffects): void {
    if (this.#search) this.#look(fx.rare.buggify("one key looked through a step") ? 1 : keysPerStep);
    for (const [target, queue] of this.#queues) {
      if (queue.batch && queue.batch.retryAt > fx.now) continue;
      if (queue.batch) fx.rare.reached("a handover resumed");
      queue.batch = null;
      if (queue.keys.size === 0 || !this.#view.ring.nodes.includes(target)) this.#queues.delete(target);
      else if (this.#inReach(target)) this.#push(fx, target, queue);
    }
  }

  #look(keysAtMost: number): void {
    const { before, keys } = this.#search!;
    const { ring } = this.#view;
    for (let seen = 0; seen < keysAtMost; seen++) {
      const { done, value: key } = keys.next();
      if (done) {
        this.#search = null;
        return;
      }
      const former = before.owners(key, this.#config.n);
      const present = ring.owners(key, this.#config.n);
      if (former.find((owner) => this.#inReach(owner)) !== this.#node) continue;
      for (const owner of present) if (!former.includes(owner)) this.#queue(owner, key);
    }
  }

  #queue(target: NodeId, key: Key): void {
    const queue = this.#queues.get(target);
    if (queue) queue.keys.add(key);
    else this.#queues.set(target, { keys: new Set([key]), batch: null });
  }

  #push(fx: ReplicationEffects, target: NodeId, queue: Queue): void {
    const keys: Key[] = [];
    let chars = 0;
    const keysMax = fx.rare.buggify("handover in batches of one key") ? 1 : handoverKeysMax;
    for (const key of queue.keys) {
      for (const { value } of this.#store.get(key).versions) chars += value?.length ?? 0;
      if (keys.length > 0 && (keys.length >= keysMax || chars > handoverCharsMax)) break;
      keys.push(key);
    }
    const number = ++this.#batches;
    queue.batch = { number, keys, retryAt: fx.now + this.#config.requestTimeout };
    const items = keys.map((key) => [key, this.#store.get(key)] as const);
    fx.send(target, { kind: "HANDOVER", batch: number, items }, internal);
  }

  #accept(
    fx: ReplicationEffects,
    from: NodeId,
    { batch, items }: Extract<ReplicationMessage, { kind: "HANDOVER" }>,
  ): void {
    const gained = items.flatMap(([key, theirs]) => {
      const state = this.#store.merge(key, this.#store.get(key), theirs);
      return state === this.#store.get(key) ? [] : [{ key, state }];
    });
    if (gained.length > 0) {
      fx.local("handover", internal, { from, keys: gained.map(({ key }) => key) });
      for (const { key, state } of gained) {
        const origin = state.versions.at(-1)?.dot.node ?? from;
        const replicas = this.#view.ring.owners(key, this.#config.n);
        this.#store.replace(fx, key, state, internal, { op: "handover", origin, replicas });
      }
    }
    if (items.length > gained.length) fx.rare.reached("a key handed over that was known already");
    fx.send(from, { kind: "HANDOVER_ACK", batch }, internal);
  }

  #inReach(node: NodeId): boolean {
    const status = this.#view.status(node);
    return node === this.#node || status === "alive" || status === "suspect";
  }
}
