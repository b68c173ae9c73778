/**
 * Clients that write and read all the time while the ring moves, and notice what must not happen: with R + W > N a read
 * that begins after a write was acknowledged knows that write, whoever coordinates either (P11).
 */
import { expect } from "vitest";
import type { VectorClock } from "../../../../shared/clock/vector-clock.ts";
import { asKey, type Key } from "../../../../shared/ids.ts";
import { createRandom } from "../../../../shared/replica/random.ts";
import type { Cluster } from "../../replica/cluster.ts";

interface Call {
  readonly id: string;
  readonly key: Key;
  readonly op: "put" | "get";
  readonly value: string;
  readonly givenUpAt: number;
  /** What had been acknowledged of the key when it began. */
  readonly mustKnow: VectorClock;
}

/** A call unanswered for so long is that of a node that was killed. */
const patience = 2_500;

export class Traffic {
  readonly #cluster: Cluster;
  readonly #random: () => number;
  readonly #keys: readonly Key[];
  readonly #acknowledged = new Map<Key, VectorClock>();
  #calls: Call[] = [];
  #values = 0;
  /** Calls that were answered well. */
  readonly done = { put: 0, get: 0 };
  readonly failed = { put: 0, get: 0 };

  constructor(cluster: Cluster, seed: number, keys: number) {
    this.#cluster = cluster;
    this.#random = createRandom(seed);
    this.#keys = Array.from({ length: keys }, (_, i) => asKey(`k${i}`));
  }

  /** Writes each key once, so that one of its owners misses it: no copy is there to spare. */
  fill(): void {
    const cluster = this.#cluster;
    for (const key of this.#keys) {
      const [coordinator, missing] = this.#shuffled(cluster.replica(cluster.up[0]!).owners(key));
      cluster.cut(coordinator!, missing!);
      const outcome = cluster.ask(coordinator!, { op: "put", key, value: `first ${key}` });
      cluster.heal();
      if (!outcome.ok) throw new Error(outcome.error.message);
      this.#acknowledged.set(key, dotsOf(outcome.result.state.versions));
    }
  }

  /** Goes on for `ms`, with a few new calls each. */
  run(ms: number, callsPerMs = 1): void {
    for (let passed = 0; passed < ms; passed++) {
      for (let i = 0; i < callsPerMs; i++) this.#begin();
      this.#cluster.run(1);
      this.#collect();
    }
  }

  /** Lets what is under way come to an end. */
  rest(): void {
    this.#cluster.run(patience);
    this.#collect();
  }

  /** No acknowledged write is lost: read through every node. */
  checkAll(): void {
    for (const key of this.#keys) {
      for (const node of this.#cluster.up) {
        const outcome = this.#cluster.ask(node, { op: "get", key });
        if (!outcome.ok) throw new Error(`${node} ${key}: ${outcome.error.message}`);
        this.#expectKnown(key, outcome.result.state.context, this.#acknowledged.get(key) ?? {}, node);
      }
    }
  }

  #begin(): void {
    const key = this.#pick(this.#keys);
    // One write of a key at a time, so that each descends from those before it.
    if (this.#calls.some((call) => call.key === key && call.op === "put")) return;
    const op = this.#random() < 0.5 ? ("put" as const) : ("get" as const);
    const value = `v${++this.#values}`;
    const serving = this.#cluster.up.filter((each) => this.#cluster.replica(each).ring.nodes.length > 0);
    if (serving.length === 0) return;
    const node = this.#pick(serving);
    const id = this.#cluster.request(node, { op, key, ...(op === "put" ? { value } : {}) });
    const mustKnow = this.#acknowledged.get(key) ?? {};
    this.#calls.push({ id, key, op, value, mustKnow, givenUpAt: this.#cluster.now + patience });
    this.#collect();
  }

  #collect(): void {
    this.#calls = this.#calls.filter((call) => {
      const outcome = this.#cluster.outcomes.get(call.id);
      if (!outcome) return call.givenUpAt > this.#cluster.now;
      if (!outcome.ok) {
        this.failed[call.op] += 1;
        return false;
      }
      this.done[call.op] += 1;
      const { state, coordinator } = outcome.result;
      if (call.op === "get") this.#expectKnown(call.key, state.context, call.mustKnow, coordinator);
      else {
        const mine = state.versions.filter(({ value }) => value === call.value);
        const known = this.#acknowledged.get(call.key) ?? {};
        this.#acknowledged.set(call.key, { ...known, ...dotsOf(mine) });
      }
      return false;
    });
  }

  #expectKnown(key: Key, context: VectorClock, acknowledged: VectorClock, node: string): void {
    for (const [writer, counter] of Object.entries(acknowledged)) {
      expect(
        context[writer] ?? 0,
        `${key} read through ${node} at ${this.#cluster.now}: ${writer}:${counter}`,
      ).toBeGreaterThanOrEqual(counter);
    }
  }

  #shuffled<Item>(items: readonly Item[]): Item[] {
    const left = [...items];
    return items.map(() => left.splice(Math.floor(this.#random() * left.length), 1)[0]!);
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random() * items.length)]!;
  }
}

function dotsOf(
  versions: readonly { readonly dot: { readonly node: string; readonly counter: number } }[],
): VectorClock {
  return Object.fromEntries(versions.map(({ dot }) => [dot.node, dot.counter]));
}
