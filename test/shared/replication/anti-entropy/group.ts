/**
 * Anti-entropy alone: several nodes that hold keys, on virtual time, with messages that take a while, get lost, come
 * twice and overtake each other as a seed says. No coordinator writes anything unless a test does.
 */
import { noRarePaths, type RarePaths } from "../../../../shared/buggify.ts";
import { absentKey, type KeyState, type Version, write } from "../../../../shared/clock/dotted.ts";
import { emptyClock } from "../../../../shared/clock/vector-clock.ts";
import { asKey, asMessageId, asNodeId, type Key, type NodeId } from "../../../../shared/ids.ts";
import { createRandom } from "../../../../shared/replica/random.ts";
import { AntiEntropy } from "../../../../shared/replication/anti-entropy.ts";
import type { AntiEntropyMessage } from "../../../../shared/replication/anti-entropy/messages.ts";
import { KeyStore } from "../../../../shared/replication/key-store.ts";
import { replicationDefaults } from "../../../../shared/replication/settings.ts";
import type { ClusterView, ReplicationEffects } from "../../../../shared/replication/types.ts";
import { Ring } from "../../../../shared/ring/ring.ts";

export interface GroupOptions {
  readonly nodes: readonly string[];
  readonly n?: number;
  /** 0: only on command. */
  readonly interval?: number;
  readonly seed?: number;
  /** Share of messages lost, and of those delivered twice. */
  readonly loss?: number;
  readonly duplicated?: number;
  /** A message takes from 1 ms to this long, so later ones may overtake it. */
  readonly latency?: number;
  readonly rare?: RarePaths;
  /** False: messages arrive as the objects they were sent as. */
  readonly wire?: boolean;
}

export interface Ended {
  readonly exchange: string;
  readonly peer: string;
  readonly outcome: string;
  readonly hashes: number;
  readonly keys: readonly string[];
  readonly bytes: number;
  readonly everything: number;
}

interface Machine {
  readonly node: NodeId;
  readonly disk: Map<Key, KeyState>;
  store: KeyStore;
  part: AntiEntropy;
  view: { ring: Ring };
  life: number;
}

interface Travelling {
  readonly at: number;
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: AntiEntropyMessage;
}

export class Group {
  now = 0;
  readonly ended: (Ended & { readonly node: string })[] = [];
  readonly events: {
    readonly node: string;
    readonly name: string;
    readonly detail: Readonly<Record<string, unknown>>;
  }[] = [];
  readonly sent: { readonly from: string; readonly to: string; readonly message: AntiEntropyMessage }[] = [];
  readonly #machines = new Map<NodeId, Machine>();
  readonly #options: Required<GroupOptions>;
  readonly #random: () => number;
  #faulty = true;
  #travelling: Travelling[] = [];
  /** Above all counters of `manyKeys`. */
  #counter = 10_000_000;
  #commands = 0;

  constructor(options: GroupOptions) {
    this.#options = {
      n: options.nodes.length,
      interval: 0,
      seed: 1,
      loss: 0,
      duplicated: 0,
      latency: 1,
      rare: noRarePaths,
      wire: true,
      ...options,
    };
    this.#random = createRandom(this.#options.seed);
    const ring = Ring.of(options.nodes.map(asNodeId));
    for (const node of ring.nodes) this.#start(node, new Map(), ring, 1);
  }

  store(node: string): KeyStore {
    return this.#machine(node).store;
  }

  part(node: string): AntiEntropy {
    return this.#machine(node).part;
  }

  /** From now on nothing is lost, doubled or overtaken. */
  calm(): void {
    this.#faulty = false;
  }

  /** Makes a node's store hold this from its start, as after a restart. */
  load(node: string, keys: ReadonlyMap<Key, KeyState>): void {
    const machine = this.#machine(node);
    this.#start(machine.node, keys, machine.view.ring, machine.life + 1);
  }

  /** Killed and started again with what is durable: all that its steps so far have appended. */
  restart(node: string): void {
    this.#travelling = this.#travelling.filter(({ from }) => from !== node);
    this.load(node, this.#machine(node).disk);
  }

  /** The nodes on the ring, as this node sees it. */
  setRing(node: string, nodes: readonly string[]): void {
    this.#machine(node).view.ring = Ring.of(nodes.map(asNodeId));
  }

  /** A write that this node coordinates and that reaches these others at once. */
  write(node: string, key: string, value: string, others: readonly string[] = []): KeyState {
    const name = asKey(key);
    this.#counter += 1;
    const version: Version = { dot: { node: asNodeId(node), counter: this.#counter }, value, at: this.now };
    const known = this.store(node).get(name);
    const state = write(known, version, known.context);
    for (const each of [node, ...others]) this.put(each, key, state);
    return state;
  }

  /** A state that arrives by another way than anti-entropy. */
  put(node: string, key: string, state: KeyState): void {
    const machine = this.#machine(node);
    const name = asKey(key);
    const merged = machine.store.merge(name, machine.store.get(name), state);
    const from = { op: "put", origin: machine.node, replicas: [] } as const;
    machine.store.replace(this.#effects(machine), name, merged, { op: "put", key: name }, from);
  }

  forget(node: string, key: string): void {
    const machine = this.#machine(node);
    machine.store.forget(this.#effects(machine), asKey(key));
  }

  compare(node: string, peer: string | null): string {
    const machine = this.#machine(node);
    const id = `${node}.command.${++this.#commands}`;
    machine.part.compare(this.#effects(machine), id, peer === null ? null : asNodeId(peer));
    return id;
  }

  run(ms: number): void {
    const end = this.now + ms;
    while (this.step(end));
    this.now = end;
  }

  /** The next thing that happens; false when that is after `end`. */
  step(end = Number.POSITIVE_INFINITY): boolean {
    let next = Math.min(...this.#travelling.map(({ at }) => at));
    for (const { part } of this.#machines.values()) next = Math.min(next, part.deadline ?? Infinity);
    if (next > end || next === Infinity) return false;
    this.now = Math.max(this.now, next);
    const index = this.#travelling.findIndex(({ at }) => at <= this.now);
    if (index >= 0) {
      const [{ from, to, message }] = this.#travelling.splice(index, 1) as [Travelling];
      const machine = this.#machine(to);
      machine.part.receive(this.#effects(machine), from, message);
      return true;
    }
    for (const machine of this.#machines.values()) {
      if ((machine.part.deadline ?? Infinity) <= this.now) machine.part.tick(this.#effects(machine));
    }
    return true;
  }

  /** A message that nobody sent. */
  receive(to: string, from: string, message: AntiEntropyMessage): void {
    const machine = this.#machine(to);
    machine.part.receive(this.#effects(machine), asNodeId(from), message);
  }

  /** Steps until this comparison has ended. */
  finish(id: string): Ended {
    for (;;) {
      const found = this.ended.find(({ exchange }) => exchange === id);
      if (found) return found;
      if (!this.step()) throw new Error(`${id} never ended`);
    }
  }

  #machine(node: string): Machine {
    return this.#machines.get(asNodeId(node))!;
  }

  #start(node: NodeId, keys: ReadonlyMap<Key, KeyState>, ring: Ring, life: number): void {
    const { n, interval, seed } = this.#options;
    const mutable = { ring };
    const view: ClusterView = {
      get ring() {
        return mutable.ring;
      },
      placement: (key, count) => ({ owners: mutable.ring.owners(key, count), pending: [], epoch: 0 }),
      status: (other) => (this.#machines.has(other) ? "alive" : undefined),
    };
    const store = new KeyStore(keys);
    const config = {
      ...replicationDefaults,
      n,
      r: 1,
      w: 1,
      requestTimeout: 1_000,
      antiEntropyInterval: interval,
    };
    const random = createRandom(seed + life * 1_000 + node.length);
    const part = new AntiEntropy({ node, life, config, view, store, random, now: this.now });
    this.#machines.set(node, { node, disk: new Map(keys), store, part, view: mutable, life });
  }

  #effects(machine: Machine): ReplicationEffects {
    const { node } = machine;
    return {
      now: this.now,
      wall: this.now,
      clock: emptyClock,
      logIndex: 0,
      rare: this.#options.rare,
      nextCounter: (floor) => floor + 1,
      local: (name, _about, detail) => {
        this.events.push({ node, name, detail });
        if (name === "exchange-ended") this.ended.push({ node, ...(detail as unknown as Ended) });
      },
      append: ({ key, state }) => {
        machine.disk.set(key, state);
      },
      record: (record) => {
        if (record.kind === "dropped") machine.disk.delete(record.key);
      },
      send: (to, message) => {
        this.#send(node, to, message as AntiEntropyMessage);
        return asMessageId(`${node}.${this.sent.length}`);
      },
      reply: () => {},
      logged: () => {},
    };
  }

  #send(from: NodeId, to: NodeId, message: AntiEntropyMessage): void {
    const { loss, duplicated, latency, wire } = this.#options;
    this.sent.push({ from, to, message });
    // Over the wire nothing keeps its identity.
    const travels = wire ? (JSON.parse(JSON.stringify(message)) as AntiEntropyMessage) : message;
    if (this.#faulty && this.#random() < loss) return;
    const copies = this.#faulty && this.#random() < duplicated ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const takes = this.#faulty ? 1 + this.#random() * (latency - 1) : 1;
      this.#travelling.push({ at: this.now + takes, from, to, message: travels });
    }
  }
}

/** The keys of a node, each with its values: what people compare. */
export const valuesOf = (store: KeyStore): Record<string, (string | null)[]> =>
  Object.fromEntries(
    [...store.all]
      .map(([key, { versions }]) => [key, versions.map(({ value }) => value)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** Many keys, each written once by `node`. */
export function manyKeys(count: number, node = "a", value = (i: number) => `value ${i}`): Map<Key, KeyState> {
  const keys = new Map<Key, KeyState>();
  for (let i = 0; i < count; i++) {
    const version = { dot: { node: asNodeId(node), counter: i + 1 }, value: value(i), at: 1_000 + i };
    keys.set(asKey(`key-${i}`), write(absentKey, version, emptyClock));
  }
  return keys;
}
