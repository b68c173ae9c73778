/** Several nodes that hold keys and tidy up, with nothing else around them: messages are carried by hand. */
import { type KeyState, write } from "../../../shared/clock/dotted.ts";
import type { VectorClock } from "../../../shared/clock/vector-clock.ts";
import type { Key, NodeId } from "../../../shared/ids.ts";
import { Housekeeping } from "../../../shared/replication/housekeeping.ts";
import { KeyStore } from "../../../shared/replication/key-store.ts";
import type { ReplicationMessage } from "../../../shared/replication/messages.ts";
import { replicationDefaults } from "../../../shared/replication/settings.ts";
import type { ClusterView } from "../../../shared/replication/types.ts";
import { Ring } from "../../../shared/ring/ring.ts";
import { Effects } from "./effects.ts";

export const lifetime = 60_000;
const requestTimeout = 1_000;
const internal = { op: "internal" } as const;

interface Home {
  readonly fx: Effects;
  store: KeyStore;
  part: Housekeeping;
  readonly hints: Set<Key>;
}

interface Travelling {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: ReplicationMessage;
}

export class Household {
  now = 1_000_000;
  readonly homes = new Map<NodeId, Home>();
  readonly status = new Map<NodeId, "alive" | "suspect" | "dead" | "left">();
  /** Messages that a test takes out of the way. */
  lose: (travelling: Travelling) => boolean = () => false;
  readonly said: string[] = [];
  #ring: Ring;
  readonly #n: number;

  constructor(nodes: readonly NodeId[], n: number = nodes.length) {
    this.#n = n;
    this.#ring = Ring.of(nodes);
    for (const node of nodes) {
      this.status.set(node, "alive");
      this.homes.set(node, this.#home(node, []));
    }
  }

  get ring(): Ring {
    return this.#ring;
  }

  home(node: NodeId): Home {
    return this.homes.get(node)!;
  }

  state(node: NodeId, key: Key): KeyState {
    return this.home(node).store.get(key);
  }

  holders(key: Key): NodeId[] {
    return [...this.homes].filter(([, { store }]) => store.all.has(key)).map(([node]) => node);
  }

  /** A write at `node` by a client that has read what is there, or `context`; it stays there until it is copied. */
  write(node: NodeId, key: Key, value: string | null, context?: VectorClock): KeyState {
    const { fx, store } = this.home(node);
    const known = store.get(key);
    const seen = context ?? known.context;
    const counter = fx.nextCounter(Math.max(known.context[node] ?? 0, seen[node] ?? 0));
    const state = write(known, { dot: { node, counter }, value, at: 0 }, seen);
    store.replace(fx, key, state, internal, { op: "put", origin: node, replicas: [] });
    return state;
  }

  /** A copy of `state` arrives at `node`. */
  copy(node: NodeId, key: Key, state: KeyState): void {
    const { fx, store } = this.home(node);
    const known = store.get(key);
    const merged = store.merge(key, known, state);
    if (merged !== known) {
      store.replace(fx, key, merged, internal, { op: "repair", origin: node, replicas: [] });
    }
  }

  /** All nodes know all that any of `nodes` knows. */
  converge(key: Key, nodes: readonly NodeId[] = [...this.homes.keys()]): void {
    const known = nodes.map((node) => this.state(node, key));
    for (const node of nodes) for (const state of known) this.copy(node, key, state);
  }

  /** Lets time pass, with every tick that is asked for and every message carried at once. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const due = Math.max(this.now, this.#earliest());
      if (due > end) break;
      this.#setNow(due);
      for (const { part, fx } of this.homes.values()) {
        if (part.deadline !== null && part.deadline <= this.now) part.tick(fx);
      }
      this.carry();
    }
    this.#setNow(end);
  }

  carry(): void {
    for (let moved = true; moved;) {
      moved = false;
      for (const [from, { fx }] of this.homes) {
        for (const { to, message } of fx.takeSent()) {
          moved = true;
          this.said.push(`${from} → ${to} ${message.kind}`);
          if (!this.lose({ from, to, message })) this.receive(from, to, message);
        }
      }
    }
  }

  receive(from: NodeId, to: NodeId, message: ReplicationMessage): void {
    const home = this.homes.get(to);
    if (home !== undefined && this.status.get(to) === "alive") home.part.receive(home.fx, from, message);
  }

  /** The node's process ends and begins anew with what it holds. */
  restart(node: NodeId): void {
    const keys = [...this.home(node).store.all];
    const { clock } = this.home(node).fx;
    const home = this.#home(node, keys);
    home.fx.clock = clock;
    this.homes.set(node, home);
  }

  /** Taken off the ring for good. */
  leave(node: NodeId): void {
    this.status.set(node, "left");
    this.homes.delete(node);
    this.#ring = this.#ring.without(node);
    for (const { part } of this.homes.values()) part.ringChanged();
  }

  #earliest(): number {
    return Math.min(...[...this.homes.values()].map(({ part }) => part.deadline ?? Infinity));
  }

  #setNow(now: number): void {
    this.now = now;
    for (const { fx } of this.homes.values()) fx.now = now;
  }

  #home(node: NodeId, keys: Iterable<readonly [Key, KeyState]>): Home {
    const ring = () => this.#ring;
    const view: ClusterView = {
      get ring() {
        return ring();
      },
      placement: (key, n) => ({ owners: this.#ring.owners(key, n), pending: [], epoch: 0 }),
      status: (other) => this.status.get(other),
    };
    const store = new KeyStore(keys);
    const hints = new Set<Key>();
    const config = {
      ...replicationDefaults,
      tombstoneLifetime: lifetime,
      n: this.#n,
      r: 1,
      w: 1,
      requestTimeout,
    };
    const hasHint = (key: Key) => hints.has(key);
    const fx = new Effects(node);
    fx.now = this.now;
    const part = new Housekeeping({ node, config, view, store, hasHint, now: this.now });
    return { fx, store, part, hints };
  }
}
