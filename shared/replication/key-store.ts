/**
 * The keys this node holds, and the one way to change them: every change is a log entry and an event.
 *
 * A key is not dropped because the node no longer owns it: a coordinator must know every write of a key that it ever
 * issued a dot for, or its next dot would hide them (see shared/clock/dotted). Only a key that is deleted everywhere is
 * forgotten, by agreement of all members (see housekeeping).
 *
 * How a key is written, merged and read is its conflict strategy's business. The hybrid clock is kept here because it
 * follows from what is stored: it meets the stamp of every version that comes in, and after a restart those that are
 * there, so it needs no storage of its own.
 */
import { absentKey, formatDot, gainedVersions, type KeyState, type Version } from "../clock/dotted.ts";
import { above, compareTimes, HybridClock, type Stamp, stampOf } from "../clock/hybrid.ts";
import type { VectorClock } from "../clock/vector-clock.ts";
import type { Key, NodeId, TimeMs } from "../ids.ts";
import { Forgotten } from "./forgotten.ts";
import type { ConflictStrategy } from "./settings.ts";
import type { Behaviour } from "./strategies/behaviour.ts";
import { behaviourOf, keepsSiblings, Strategies } from "./strategies/behaviours.ts";
import { Losses } from "./strategies/losses.ts";
import { type About, type LogEntry, type ReplicationEffects, tracedValueMax } from "./types.ts";

/** Where a new state comes from. */
export interface Provenance {
  readonly op: LogEntry["op"];
  readonly origin: NodeId;
  readonly replicas: readonly NodeId[];
  /** Epoch of the placement it was done under; 0 when absent. */
  readonly term?: number;
}

/** Told of each key whose state has just changed, and when: `absentKey` when it was forgotten. */
export type KeyWatcher = (key: Key, state: KeyState, at: TimeMs) => void;

interface KeyStoreOptions {
  /** Strategies by key prefix. */
  readonly conflicts?: Readonly<Record<string, ConflictStrategy>>;
  /** What the wall clock shows. */
  readonly wall?: TimeMs;
  /** False: a key is forgotten as soon as it is deleted here. */
  readonly tombstones?: boolean;
}

export class KeyStore {
  readonly #keys: Map<Key, KeyState>;
  readonly #strategies: Strategies;
  readonly #clock = new HybridClock();
  readonly #losses = new Losses();
  readonly #forgotten = new Forgotten();
  readonly #watchers: KeyWatcher[] = [];
  readonly #conflicts = new Set<Key>();
  readonly #tombstones: boolean;

  constructor(
    entries: Iterable<readonly [Key, KeyState]>,
    { conflicts = {}, wall = Infinity, tombstones = true }: KeyStoreOptions = {},
  ) {
    this.#tombstones = tombstones;
    this.#keys = new Map(entries);
    this.#strategies = new Strategies(conflicts);
    for (const [key, state] of this.#keys) {
      this.#noteConflict(key, state);
      for (const version of state.versions) this.#clock.met(stampOf(version), wall);
    }
  }

  get all(): ReadonlyMap<Key, KeyState> {
    return this.#keys;
  }

  /** Keys for which a reader is shown more than one value. */
  get conflicts(): ReadonlySet<Key> {
    return this.#conflicts;
  }

  /** The name of a key's strategy: that of the longest prefix. */
  strategyOf(key: Key): ConflictStrategy {
    return this.#strategies.of(key);
  }

  behaviour(key: Key): Behaviour {
    return behaviourOf(this.#strategies.of(key));
  }

  /** The stamp of the next version of a key: above all of `known`, even those too far ahead to be followed. */
  nextStamp(known: KeyState, wall: TimeMs): Stamp {
    let stamp = this.#clock.next(wall);
    for (const version of known.versions) {
      if (compareTimes(stampOf(version), stamp) >= 0) stamp = above(stampOf(version));
    }
    return stamp;
  }

  get(key: Key): KeyState {
    return this.#keys.get(key) ?? absentKey;
  }

  /** Called within the step that changes a key, so that what follows from it is durable together with it. */
  watch(watcher: KeyWatcher): void {
    this.#watchers.push(watcher);
  }

  /** The key is gone, with its log: only for what every member has agreed to forget. */
  forget(fx: ReplicationEffects, key: Key): void {
    this.#forgotten.add(key, this.get(key).context);
    this.#keys.delete(key);
    this.#conflicts.delete(key);
    fx.record({ kind: "dropped", key });
    this.#changed(key, absentKey, fx.now);
  }

  /** Everything goes from memory, and nothing from the disk: whoever takes it sees to that. */
  takeAll(now: TimeMs): ReadonlyMap<Key, KeyState> {
    const taken = new Map(this.#keys);
    this.#keys.clear();
    this.#conflicts.clear();
    for (const key of taken.keys()) this.#changed(key, absentKey, now);
    return taken;
  }

  /** A state that is on the disk, unless the key was written since. */
  takeBack(fx: ReplicationEffects, key: Key, held: KeyState): void {
    for (const version of held.versions) this.#clock.met(stampOf(version), fx.wall);
    const known = this.#keys.get(key);
    if (known !== undefined) {
      const origin = known.versions.at(-1)!.dot.node;
      const from = { op: "repair", origin, replicas: [] } as const;
      return this.replace(fx, key, this.merge(key, known, held), { op: "internal" }, from);
    }
    this.#keys.set(key, held);
    this.#noteConflict(key, held);
    this.#changed(key, held, fx.now);
  }

  /** The writes of `key` that are not known any more because all members have agreed to forget them. */
  forgotten(key: Key): VectorClock {
    return this.#forgotten.of(key);
  }

  /**
   * What two replicas of `key` know together. Returns `a` or `b` itself when the other adds nothing. Under last-write-wins
   * it remembers for {@link replace} what was lost on the way.
   */
  merge(key: Key, a: KeyState, b: KeyState): KeyState {
    const state = this.behaviour(key).merge(a, b);
    if (this.#strategies.of(key) === "last-write-wins") this.#losses.merged(a, b, state);
    return state;
  }

  /**
   * Replaces the state of a key: event "stored" for each version that is new here, then "conflict" when a new version
   * does not stand alone, "discarded" for each version lost, then the log entry. `state` must descend from the present.
   */
  replace(fx: ReplicationEffects, key: Key, state: KeyState, about: About, from: Provenance): void {
    const before = this.get(key);
    const gained = gainedVersions(before, state);
    const strategy = this.#strategies.of(key);
    this.#keys.set(key, state);
    if (from.op === "prune") this.#forgotten.add(key, without(before.context, state.context));
    this.#noteConflict(key, state);
    for (const version of gained) this.#clock.met(stampOf(version), fx.wall);
    const dots = state.versions.map(({ dot }) => formatDot(dot));
    // A handover moves many keys at once and is one event of its own.
    if (from.op !== "handover") {
      for (const version of gained) {
        const dot = dots[state.versions.indexOf(version)]!;
        fx.local("stored", withOp(about, version.value), { dot, siblings: dots.length, dots });
      }
    }
    if (gained.length === 0 && state.versions.length < before.versions.length && from.op !== "handover") {
      fx.local("overtaken", { ...about, op: "put", key }, { dots });
    }
    if (gained.length > 0 && state.versions.length > 1 && keepsSiblings(strategy)) {
      fx.rare.reached("a conflict stored");
      fx.local("conflict", { ...withOp(about, gained[0]!.value), key }, { dots });
    }
    if (strategy === "last-write-wins") {
      for (const version of this.#losses.found(before, state))
        this.#discarded(fx, key, about, version, state);
    }
    const { op, origin, replicas, term = 0 } = from;
    fx.append({ term, op, key, state, origin, replicas });
    this.#changed(key, state, fx.now);
    if (!this.#tombstones && state.versions.every(({ value }) => value === null)) this.forget(fx, key);
  }

  #discarded(fx: ReplicationEffects, key: Key, about: About, lost: Version, { versions }: KeyState): void {
    fx.rare.reached("a version lost to a later one");
    const { dot, value } = lost;
    const detail = { dot: formatDot(dot), by: formatDot(versions[0]!.dot) };
    const isShort = value !== null && value.length <= tracedValueMax;
    fx.local("discarded", { ...withOp(about, value), key }, isShort ? { ...detail, value } : detail);
  }

  #noteConflict(key: Key, state: KeyState): void {
    const isConflict = state.versions.length > 1 && this.behaviour(key).values(state).length > 1;
    if (isConflict) this.#conflicts.add(key);
    else this.#conflicts.delete(key);
  }

  #changed(key: Key, state: KeyState, at: TimeMs): void {
    for (const watcher of this.#watchers) watcher(key, state, at);
  }
}

/** The entries of `clock` for nodes that `other` does not name. */
const without = (clock: VectorClock, other: VectorClock): VectorClock =>
  Object.fromEntries(Object.entries(clock).filter(([node]) => !(node in other)));

/** What is stored is a put or a delete, whatever operation (a read that repairs, a handover) brought it. */
function withOp(about: About, value: string | null): About {
  const op = value === null ? "delete" : "put";
  return about.op === op ? about : { ...about, op };
}
