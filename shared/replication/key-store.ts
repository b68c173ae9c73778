/**
 * The keys this node holds, and the one way to change them: every change is a log entry and an event.
 *
 * A key is not dropped because the node no longer owns it: a coordinator must know every write of a key that it ever
 * issued a dot for, or its next dot would hide them (see shared/clock/dotted). Only a key that is deleted everywhere is
 * forgotten, by agreement of all members (see housekeeping).
 */
import { absentKey, formatDot, gainedVersions, type KeyState, liveVersions, sync } from "../clock/dotted.ts";
import type { Key, NodeId, TimeMs } from "../ids.ts";
import type { About, LogEntry, ReplicationEffects } from "./types.ts";

/** Where a new state comes from. */
export interface Provenance {
  readonly op: LogEntry["op"];
  readonly origin: NodeId;
  readonly replicas: readonly NodeId[];
}

/** Told of each key whose state has just changed, and when: `absentKey` when it was forgotten. */
export type KeyWatcher = (key: Key, state: KeyState, at: TimeMs) => void;

export class KeyStore {
  readonly #keys: Map<Key, KeyState>;
  readonly #watchers: KeyWatcher[] = [];
  readonly #conflicts = new Set<Key>();

  constructor(entries: Iterable<readonly [Key, KeyState]>) {
    this.#keys = new Map(entries);
    for (const [key, state] of this.#keys) if (liveVersions(state).length > 1) this.#conflicts.add(key);
  }

  get all(): ReadonlyMap<Key, KeyState> {
    return this.#keys;
  }

  /** Keys with more than one live sibling. */
  get conflicts(): ReadonlySet<Key> {
    return this.#conflicts;
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
    this.#keys.delete(key);
    this.#conflicts.delete(key);
    fx.record({ kind: "dropped", key });
    this.#changed(key, absentKey, fx.now);
  }

  /** What two replicas of `key` know together. Returns `a` or `b` itself when the other adds nothing. */
  merge(_key: Key, a: KeyState, b: KeyState): KeyState {
    return sync(a, b);
  }

  /**
   * Replaces the state of a key: event "stored" for each version that is new here, then "conflict" when a new version
   * does not stand alone, then the log entry. `state` must descend from the present one.
   */
  replace(fx: ReplicationEffects, key: Key, state: KeyState, about: About, from: Provenance): void {
    const gained = gainedVersions(this.get(key), state);
    this.#keys.set(key, state);
    if (liveVersions(state).length > 1) this.#conflicts.add(key);
    else this.#conflicts.delete(key);
    // A handover moves many keys at once and is one event of its own.
    if (from.op !== "handover") {
      for (const { dot, value } of gained) {
        const detail = { dot: formatDot(dot), siblings: state.versions.length, dots: allDots(state) };
        fx.local("stored", withOp(about, value), detail);
      }
    }
    if (gained.length > 0 && state.versions.length > 1) {
      fx.rare.reached("a conflict stored");
      fx.local("conflict", { ...withOp(about, gained[0]!.value), key }, { dots: allDots(state) });
    }
    fx.append({ term: 0, op: from.op, key, state, origin: from.origin, replicas: from.replicas });
    this.#changed(key, state, fx.now);
  }

  #changed(key: Key, state: KeyState, at: TimeMs): void {
    for (const watcher of this.#watchers) watcher(key, state, at);
  }
}

const allDots = ({ versions }: KeyState) => versions.map(({ dot }) => formatDot(dot));

/** What is stored is a put or a delete, whatever operation (a read that repairs, a handover) brought it. */
function withOp(about: About, value: string | null): About {
  const op = value === null ? "delete" : "put";
  return about.op === op ? about : { ...about, op };
}
