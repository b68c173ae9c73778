/**
 * Keys follow the ring: while a node joins, leaves or is rebuilt, its fellow owners bring the keys to those who are to
 * have them.
 *
 * Each owner that counts looks through all its keys, from the moment at which it knows of the move, and pushes those
 * whose owners-to-be it is not among; what is stored later reaches them with the write itself (see moves/placements).
 * All owners push, not one of them: an acknowledged write may be on any W of N. When nothing is left to push, and only
 * then, `isDone` says so, and moves/moves tells the mover. Copies stay where they were, and merging a copy twice changes
 * nothing, so a push that is lost, comes twice, or begins anew after a kill does no harm.
 *
 * One batch is on its way to each receiver at a time, acknowledged when durable there, sent again until it is.
 * Keys are looked through a slice at a time, so that a large store does not keep the node from its other work.
 */
import type { Key, NodeId, TimeMs } from "../ids.ts";
import type { Ring } from "../ring/ring.ts";
import { takeBatch } from "./batch.ts";
import type { KeyStore } from "./key-store.ts";
import type { Placements } from "./moves/placements.ts";
import { isCollecting, isCounted, type Records, type TopologyRecord } from "./moves/records.ts";
import { isInReach } from "./reach.ts";
import type { About, ClusterView, ReplicationConfig, ReplicationEffects, ReplicationPart } from "./types.ts";
import type { ReplicationMessage } from "./messages.ts";

export const handoverKeysMax = 100;
const keysPerStep = 1_000;

const internal: About = { op: "internal" };

interface Queue {
  readonly keys: Set<Key>;
  /** The batch on its way; null when there is none. */
  batch: { readonly number: number; readonly keys: readonly Key[]; readonly retryAt: TimeMs } | null;
}

/** What one move asks of this node. */
interface Stream {
  readonly record: TopologyRecord;
  readonly before: Ring;
  readonly after: Ring;
  /** The keys not yet looked at; null when all have been. */
  search: Iterator<Key> | null;
  readonly queues: Map<NodeId, Queue>;
}

export interface HandoverOptions {
  readonly node: NodeId;
  readonly config: ReplicationConfig;
  readonly view: ClusterView;
  readonly store: KeyStore;
  readonly records: Records;
  readonly placements: Placements;
}

export class Handover implements ReplicationPart {
  readonly kinds = ["HANDOVER", "HANDOVER_ACK"] as const;
  readonly #options: HandoverOptions;
  /** By the node on the move. */
  readonly #streams = new Map<NodeId, Stream>();
  #revision = -1;
  #batches = 0;
  /** Keys that have come here so far. */
  received = 0;

  constructor(options: HandoverOptions) {
    this.#options = options;
  }

  /** When to tick next: at once while keys are being looked through, else when a batch is overdue. */
  get deadline(): TimeMs | null {
    let earliest: TimeMs | null = null;
    if (this.#streams.size === 0) return earliest;
    for (const { search, queues } of this.#streams.values()) {
      if (search) return 0;
      for (const { batch } of queues.values()) {
        if (batch && (earliest === null || batch.retryAt < earliest)) earliest = batch.retryAt;
      }
    }
    return earliest;
  }

  /** True when this node has brought all it holds to those who are to have it after this move. */
  isDone({ node, version }: TopologyRecord): boolean {
    this.#follow();
    const stream = this.#streams.get(node);
    return stream?.record.version === version && stream.search === null && stream.queues.size === 0;
  }

  receive(fx: ReplicationEffects, from: NodeId, message: ReplicationMessage): void {
    if (message.kind === "HANDOVER") this.#accept(fx, from, message);
    else if (message.kind === "HANDOVER_ACK") {
      for (const { queues } of this.#streams.values()) {
        const queue = queues.get(from);
        if (queue?.batch?.number !== message.batch) continue;
        for (const key of queue.batch.keys) queue.keys.delete(key);
        queue.batch = null;
      }
      this.tick(fx);
    }
  }

  /** Looks through the next keys and sends what is due. Also to be called when a member has come back. */
  tick(fx: ReplicationEffects): void {
    const { view, node, records } = this.#options;
    this.#follow();
    for (const stream of this.#streams.values()) {
      if (stream.search) {
        this.#look(stream, fx.rare.buggify("one key looked through a step") ? 1 : keysPerStep);
      }
      for (const [target, queue] of stream.queues) {
        if (queue.batch && queue.batch.retryAt > fx.now) continue;
        if (queue.batch) fx.rare.reached("a handover resumed");
        queue.batch = null;
        if (queue.keys.size === 0) stream.queues.delete(target);
        else if (isInReach(view, node, target)) this.#push(fx, target, queue);
        else if (records.get(target)?.phase === "leaving") stream.queues.delete(target);
      }
    }
  }

  /** Streams are those of the moves now under way; one whose rings have changed begins again. */
  #follow(): void {
    const { node, records, placements } = this.#options;
    if (records.revision === this.#revision) return;
    this.#revision = records.revision;
    const own = records.get(node);
    const holdsData = own !== undefined && isCounted(own) && own.phase !== "rebuilding";
    const moves = new Map(
      holdsData ? records.all.filter(isCollecting).map((each) => [each.node, each] as const) : [],
    );
    for (const mover of this.#streams.keys()) if (!moves.has(mover)) this.#streams.delete(mover);
    for (const [mover, record] of moves) {
      const { before, after } = placements.rings(record);
      const known = this.#streams.get(mover);
      if (known?.record.version === record.version && known.before === before && known.after === after)
        continue;
      const search = this.#options.store.all.keys();
      this.#streams.set(mover, { record, before, after, search, queues: new Map() });
    }
  }

  #look(stream: Stream, keysAtMost: number): void {
    const { node, config } = this.#options;
    const { before, after, record, search } = stream;
    for (let seen = 0; seen < keysAtMost; seen++) {
      const { done, value: key } = search!.next();
      if (done) {
        stream.search = null;
        return;
      }
      const owners = before.owners(key, config.n);
      if (!owners.includes(node)) continue;
      if (record.phase === "rebuilding") {
        if (owners.includes(record.node)) this.#queue(stream, record.node, key);
        continue;
      }
      for (const owner of after.owners(key, config.n)) {
        if (!owners.includes(owner)) this.#queue(stream, owner, key);
      }
    }
  }

  #queue({ queues }: Stream, target: NodeId, key: Key): void {
    const queue = queues.get(target);
    if (queue) queue.keys.add(key);
    else queues.set(target, { keys: new Set([key]), batch: null });
  }

  #push(fx: ReplicationEffects, target: NodeId, queue: Queue): void {
    const { store, config } = this.#options;
    const keysMax = fx.rare.buggify("handover in batches of one key") ? 1 : handoverKeysMax;
    const items = takeBatch(queue.keys, store, keysMax);
    const number = ++this.#batches;
    queue.batch = { number, keys: items.map(([key]) => key), retryAt: fx.now + config.requestTimeout };
    fx.send(target, { kind: "HANDOVER", batch: number, items }, internal);
  }

  #accept(
    fx: ReplicationEffects,
    from: NodeId,
    { batch, items }: Extract<ReplicationMessage, { kind: "HANDOVER" }>,
  ): void {
    const { store, view, config } = this.#options;
    const gained = items.flatMap(([key, theirs]) => {
      const state = store.merge(key, store.get(key), theirs);
      return state === store.get(key) ? [] : [{ key, state }];
    });
    this.received += gained.length;
    if (gained.length > 0) {
      fx.local("handover", internal, { from, keys: gained.map(({ key }) => key) });
      for (const { key, state } of gained) {
        const origin = state.versions.at(-1)?.dot.node ?? from;
        const replicas = view.placement(key, config.n).owners;
        store.replace(fx, key, state, internal, { op: "handover", origin, replicas });
      }
    }
    if (items.length > gained.length) fx.rare.reached("a key handed over that was known already");
    fx.send(from, { kind: "HANDOVER_ACK", batch }, internal);
  }
}
