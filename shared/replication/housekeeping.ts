/**
 * Forgetting for good, by agreement of all: tombstones that have served their time, and clock entries of nodes that left.
 *
 * A delete writes a tombstone, for a replica that missed it would otherwise hand the old value back to the others: the
 * deleted thing returns (P2). A tombstone may be forgotten only when nothing older than it is left anywhere. The rule:
 * a key with nothing but tombstones is forgotten when every member (each node that has not left, for copies stay on
 * former owners too) has said that it holds exactly this state of it, unchanged for the tombstone's lifetime, or
 * nothing; and that it keeps no hint for it. Who is dead, suspect or cut off cannot say so, and meanwhile nothing is
 * forgotten at all. Who was taken out of the cluster is no member and is not asked: should it return with its old disk, it
 * is refilled before it counts, but what it held is merged, so its disk must be wiped first if it was away for long.
 *
 * Two phases. The first owner of a key asks all members; when all have agreed it tells them to go ahead, and each forgets
 * the key if its state is still the one agreed on. A write in between changes it, and its node keeps the key, tombstone
 * and all. Where the word to go ahead is lost, a tombstone stays behind; its holder asks on its own behalf after twice
 * the time. Nothing else depends on messages: they may be lost, doubled or late.
 *
 * What a late message could do: a copy of an older state (a write, a repair, a hint, a handed over key), sent by a member
 * before it had the tombstone and delivered after the key was forgotten, would bring the value back. Every member
 * held its state unchanged for the lifetime, so such a message is older than that; the lifetime is therefore the
 * longest that a message may be on its way, the only assumption on time made here. Times are those of each node's own
 * timers, never the wall clock's: a stamp of the future or the past changes nothing. A request under way holds older
 * states for as long as its time-out, and hints for as long as theirs: both must be shorter, and the configuration is
 * refused otherwise.
 *
 * After that a key begins from nothing. Dots stay unique, for they are counters of a node's events and not of the key:
 * the next dot of a node is larger than all before it, those forgotten included. And a context may name that dot alone:
 * it then says that all earlier writes of that node were seen, which is so, for they were deleted.
 *
 * A member that does not agree because its copy is another one is sent the asker's: copies on former owners are not kept
 * up to date by writes. It agrees when it has held that for the lifetime.
 *
 * Entries of nodes that left are taken out of contexts by the same agreement (see housekeeping/departed).
 *
 * Source: the cure of Riak's kv679 and Cassandra's gc_grace_seconds, with agreement in place of hope; for the two phases
 * Golding 1992, "Weak-consistency group communication and membership" (a log is purged of what all have acknowledged).
 */
import { bytesToHex } from "@noble/hashes/utils.js";
import type { KeyState } from "../clock/dotted.ts";
import type { Key, NodeId, TimeMs } from "../ids.ts";
import { digestBytes, digestOf } from "../merkle/digest.ts";
import { Candidates, type Chore } from "./housekeeping/candidates.ts";
import { catchUp, caughtUp } from "./housekeeping/catch-up.ts";
import { departedIn, withoutDeparted } from "./housekeeping/departed.ts";
import type { KeyStore } from "./key-store.ts";
import type { HousekeepingMessage, KeyDigest, ReplicationMessage } from "./messages.ts";
import type { About, ClusterView, ReplicationConfig, ReplicationEffects, ReplicationPart } from "./types.ts";

/** Keys that are agreed on together. */
const batchKeysMax = 100;
const keysPerStep = 1_000;
/** Between two batches: at most 2,000 keys a second, beside the node's other work. */
const batchGap: TimeMs = 50;
/** Between two rounds, at the least; else a tenth of the lifetime. */
const roundGapMin: TimeMs = 2_000;

const internal: About = { op: "internal" };

const messages = {
  reap: { ask: "REAP_ASK", answer: "REAP_ANSWER", go: "REAP" },
  prune: { ask: "PRUNE_ASK", answer: "PRUNE_ANSWER", go: "PRUNE" },
} as const;

interface Batch {
  readonly number: number;
  readonly chore: Chore;
  readonly members: readonly NodeId[];
  /** Those that all have agreed on so far. */
  items: readonly KeyDigest[];
  readonly waitingFor: Set<NodeId>;
  readonly deadline: TimeMs;
}

export interface HousekeepingOptions {
  readonly node: NodeId;
  readonly config: ReplicationConfig;
  readonly view: ClusterView;
  readonly store: KeyStore;
  /** Whether this node keeps a hint for the key, whoever it is for. */
  readonly hasHint: (key: Key) => boolean;
  readonly now: TimeMs;
}

export class Housekeeping implements ReplicationPart {
  readonly kinds = [
    "REAP_ASK",
    "REAP_ANSWER",
    "REAP",
    "PRUNE_ASK",
    "PRUNE_ANSWER",
    "PRUNE",
    "CATCH_UP",
  ] as const;
  readonly #options: HousekeepingOptions;
  readonly #lifetime: TimeMs;
  readonly #candidates: Candidates;
  /** The round under way: candidates not yet looked at. */
  #round: Iterator<Key> | null = null;
  #batch: Batch | null = null;
  #batches = 0;
  /** Not before this is the next batch, or the next round. */
  #nextAt: TimeMs = 0;

  constructor(options: HousekeepingOptions) {
    const { store, view, config, now } = options;
    this.#options = options;
    this.#lifetime = config.tombstoneLifetime;
    this.#candidates = new Candidates(store.all, view.ring.nodes, now);
    store.watch((key, state, at) => this.#candidates.changed(key, state, at));
  }

  get deadline(): TimeMs | null {
    if (this.#candidates.isSearching) return 0;
    if (this.#batch !== null) return this.#batch.deadline;
    if (this.#round !== null) return this.#nextAt;
    const { oldest } = this.#candidates;
    return oldest === null ? null : Math.max(this.#nextAt, oldest + this.#ripeAfter);
  }

  /** The view's ring has just changed: who has left may have left entries behind. */
  ringChanged(): void {
    const { view, store } = this.#options;
    this.#candidates.membersChanged(view.ring.nodes, store.all);
  }

  receive(fx: ReplicationEffects, from: NodeId, message: ReplicationMessage): void {
    switch (message.kind) {
      case "REAP_ASK":
      case "PRUNE_ASK": {
        const { batch, members, items } = message;
        const agreed = this.#agreed(fx, members, items);
        const differing = items.filter(([key, digest]) => this.#isOther(key, digest)).map(([key]) => key);
        fx.send(from, { kind: messages[choreOf(message.kind)].answer, batch, agreed, differing }, internal);
        break;
      }
      case "REAP_ANSWER":
      case "PRUNE_ANSWER":
        this.#catchUp(fx, from, message.batch, message.differing);
        this.#answered(fx, from, message.batch, message.agreed);
        break;
      case "CATCH_UP":
        caughtUp(fx, this.#options, from, message.items);
        break;
      case "REAP":
      case "PRUNE":
        this.#carryOut(fx, choreOf(message.kind), message.members, message.items);
        break;
      default:
        throw new Error(`${message.kind} is not housekeeping's to receive`);
    }
  }

  tick(fx: ReplicationEffects): void {
    this.#candidates.look(keysPerStep, fx.now);
    if (this.#batch !== null && this.#batch.deadline <= fx.now) {
      fx.rare.reached("an agreement to forget given up");
      this.#endRound(fx);
    }
    if (this.#batch !== null || fx.now < this.#nextAt) return;
    if (this.#round !== null) this.#look(fx);
    else if (this.#isAnythingRipe(fx.now)) this.#beginRound(fx);
  }

  /** A little more than the lifetime, for the others have had it for a little less. */
  get #ripeAfter(): TimeMs {
    return this.#lifetime + this.#options.config.requestTimeout;
  }

  #isAnythingRipe(now: TimeMs): boolean {
    const { oldest } = this.#candidates;
    return oldest !== null && oldest + this.#ripeAfter <= now;
  }

  #beginRound(fx: ReplicationEffects): void {
    if (!this.#areAllAlive()) {
      fx.rare.reached("forgetting waits for a member");
      this.#endRound(fx);
      return;
    }
    this.#round = this.#candidates.ripe(fx.now - this.#ripeAfter);
    this.#look(fx);
  }

  #endRound(fx: ReplicationEffects): void {
    this.#batch = null;
    this.#round = null;
    this.#nextAt = fx.now + Math.max(roundGapMin, this.#lifetime / 10);
  }

  /** Looks through the next candidates and asks about those that are this node's to ask about. */
  #look(fx: ReplicationEffects): void {
    const items: KeyDigest[] = [];
    let chore: Chore | null = null;
    this.#nextAt = fx.now + batchGap;
    const keysMax = fx.rare.buggify("one key forgotten at a time") ? 1 : batchKeysMax;
    for (let seen = 0; seen < keysPerStep && items.length < keysMax; seen++) {
      const { done, value: key } = this.#round!.next();
      if (done) {
        this.#round = null;
        break;
      }
      const state = this.#options.store.get(key);
      const wanted = this.#candidates.chore(state);
      if (wanted === null || !this.#isMine(fx.now, key) || this.#options.hasHint(key)) continue;
      chore ??= wanted;
      // One batch is of one kind; what is left over is met again in the next round.
      if (wanted === chore) items.push([key, digestText(key, state)]);
    }
    if (chore !== null) this.#ask(fx, chore, items);
    else if (this.#round === null) this.#endRound(fx);
  }

  /** The first owner asks; should it hold nothing, whoever does asks after twice the time. */
  #isMine(now: TimeMs, key: Key): boolean {
    const { view, node } = this.#options;
    if (view.placement(key, 1).owners[0] === node) return true;
    return this.#candidates.since(key)! <= now - 2 * this.#ripeAfter;
  }

  #ask(fx: ReplicationEffects, chore: Chore, items: readonly KeyDigest[]): void {
    const { node, config, view } = this.#options;
    const members = view.ring.nodes;
    const number = ++this.#batches;
    const waitingFor = new Set(members.filter((member) => member !== node));
    const deadline = fx.now + config.requestTimeout;
    this.#batch = { number, chore, members, items, waitingFor, deadline };
    for (const member of waitingFor) {
      fx.send(member, { kind: messages[chore].ask, batch: number, members, items }, internal);
    }
    this.#settle(fx);
  }

  #answered(fx: ReplicationEffects, from: NodeId, number: number, agreed: readonly Key[]): void {
    const batch = this.#batch;
    if (batch?.number !== number || !batch.waitingFor.delete(from)) return;
    const both = new Set(agreed);
    batch.items = batch.items.filter(([key]) => both.has(key));
    this.#settle(fx);
  }

  #settle(fx: ReplicationEffects): void {
    const { chore, members, items, waitingFor } = this.#batch!;
    if (waitingFor.size > 0 && items.length > 0) return;
    this.#batch = null;
    if (this.#round === null) this.#endRound(fx);
    if (items.length === 0) return fx.rare.reached("nothing agreed to be forgotten");
    // Whoever came, left or fell silent since it was asked was not asked, or may have been told of something since.
    if (!this.#areMembers(members) || !this.#areAllAlive()) return;
    const go = { kind: messages[chore].go, members, items };
    for (const member of members) if (member !== this.#options.node) fx.send(member, go, internal);
    this.#carryOut(fx, chore, members, items);
  }

  /** The keys of which this node holds nothing, or the very same for long enough. */
  #agreed(fx: ReplicationEffects, members: readonly NodeId[], items: readonly KeyDigest[]): Key[] {
    if (!this.#areMembers(members)) return [];
    const latest = fx.now - this.#lifetime;
    return items
      .filter(([key, digest]) => {
        if (this.#options.hasHint(key)) return false;
        if (!this.#options.store.all.has(key)) return true;
        const since = this.#candidates.since(key);
        return since !== null && since <= latest && this.#isStill(key, digest);
      })
      .map(([key]) => key);
  }

  #carryOut(
    fx: ReplicationEffects,
    chore: Chore,
    members: readonly NodeId[],
    items: readonly KeyDigest[],
  ): void {
    if (!this.#areMembers(members)) return;
    const keys = items.filter(([key, digest]) => this.#isStill(key, digest)).map(([key]) => key);
    if (items.length > keys.length) fx.rare.reached("a key changed before it was forgotten");
    if (keys.length === 0) return;
    if (chore === "reap") this.#reap(fx, keys);
    else this.#prune(fx, keys);
  }

  #reap(fx: ReplicationEffects, keys: readonly Key[]): void {
    const { store, hasHint } = this.#options;
    const reaped = keys.filter((key) => this.#candidates.chore(store.get(key)) === "reap" && !hasHint(key));
    if (reaped.length === 0) return;
    fx.local("reaped", internal, { keys: reaped });
    for (const key of reaped) store.forget(fx, key);
  }

  #prune(fx: ReplicationEffects, keys: readonly Key[]): void {
    const { node, config, view, store } = this.#options;
    const members = new Set<string>(view.ring.nodes);
    const departed = new Set(keys.flatMap((key) => departedIn(store.get(key), members)));
    if (departed.size === 0) return;
    fx.local("pruned", internal, { nodes: [...departed].sort(), keys });
    for (const key of keys) {
      const state = withoutDeparted(store.get(key), members);
      const replicas = view.placement(key, config.n).owners;
      store.replace(fx, key, state, internal, { op: "prune", origin: node, replicas });
    }
  }

  /** Its answer says that `from` has something else of these keys. */
  #catchUp(fx: ReplicationEffects, from: NodeId, number: number, differing: readonly Key[]): void {
    const batch = this.#batch;
    if (batch?.number !== number || !batch.waitingFor.has(from)) return;
    const others = new Set(differing);
    const keys = batch.items.map(([key]) => key).filter((key) => others.has(key));
    catchUp(fx, this.#options.store, from, keys);
  }

  #isStill(key: Key, digest: string): boolean {
    const { store } = this.#options;
    return store.all.has(key) && digestText(key, store.get(key)) === digest;
  }

  #isOther(key: Key, digest: string): boolean {
    const { store } = this.#options;
    return store.all.has(key) && digestText(key, store.get(key)) !== digest;
  }

  #areMembers(members: readonly NodeId[]): boolean {
    const { nodes } = this.#options.view.ring;
    return nodes.length === members.length && nodes.every((node, i) => node === members[i]);
  }

  #areAllAlive(): boolean {
    const { node, view } = this.#options;
    return view.ring.nodes.every((member) => member === node || view.status(member) === "alive");
  }
}

const digestText = (key: Key, state: KeyState) =>
  bytesToHex(digestOf(key, state).hash.subarray(0, digestBytes));

const choreOf = (kind: HousekeepingMessage["kind"]): Chore => (kind.startsWith("REAP") ? "reap" : "prune");
