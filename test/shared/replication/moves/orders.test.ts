/** Joins, leaves, kills and restarts in random orders that keep a quorum, under writes and reads; reproducible by seed. */
import { describe, expect, it } from "vitest";
import { createRandom } from "../../../../shared/replica/random.ts";
import { Cluster } from "../../replica/cluster.ts";
import { Traffic } from "./traffic.ts";

/** In 152 a forwarder was answered before any rumour of it; in 201 a mover restarted before anybody saw it gone. */
const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 152, 201];
const turns = 25;

/** One node at most is down or refilled at a time, and three remain that serve. */
class Orders {
  readonly cluster = new Cluster({ n: 3, r: 2, w: 2 });
  readonly traffic: Traffic;
  readonly #random: () => number;
  #down: string | null = null;
  #nodes = 4;

  constructor(seed: number) {
    this.#random = createRandom(seed);
    this.cluster.startAll(this.#nodes);
    this.traffic = new Traffic(this.cluster, seed, 12);
    this.traffic.fill();
  }

  turn(): void {
    this.#act();
    this.traffic.run(Math.floor(this.#random() * 12), 2);
    if (this.#random() < 0.3) this.cluster.run(Math.floor(this.#random() * 4_000));
  }

  end(): void {
    this.#restart();
    const { cluster } = this;
    const isSettled = () =>
      cluster.up.every((node) => {
        const { isSettled, ring } = cluster.replica(node);
        return isSettled && ring.nodes.length === cluster.up.length;
      });
    cluster.runUntil(isSettled, 30_000);
    this.traffic.rest();
    this.traffic.checkAll();
  }

  #act(): void {
    const { cluster } = this;
    const chance = this.#random();
    if (this.#down !== null) {
      if (chance < 0.6) this.#restart();
    } else if (chance < 0.35) {
      this.#nodes += 1;
      cluster.start(`node-${this.#nodes}`, [this.#pick(cluster.up)]);
    } else if (chance < 0.6) {
      const serving = cluster.up.filter((node) => cluster.replica(node).ring.nodes.includes(node));
      if (serving.length > 4) cluster.leave(this.#pick(serving));
    } else {
      this.#down = this.#pick(cluster.up);
      const isAtRest = cluster.up.every((node) => cluster.replica(node).isSettled);
      cluster.kill(this.#down);
      if (isAtRest && chance > 0.9) cluster.wipe(this.#down);
    }
  }

  #restart(): void {
    if (this.#down === null) return;
    this.cluster.start(this.#down, [this.#pick(this.cluster.up)]);
    this.#down = null;
  }

  #pick(nodes: readonly string[]): string {
    return nodes[Math.floor(this.#random() * nodes.length)]!;
  }
}

describe("P11: in any order of join, leave, kill and restart that keeps a quorum", () => {
  it.each(seeds)(
    "no read misses an acknowledged write, and every move comes to its end (seed %i)",
    (seed) => {
      const orders = new Orders(seed);
      for (let turn = 0; turn < turns; turn++) orders.turn();
      orders.end();
      expect(orders.traffic.done.put + orders.traffic.done.get).toBeGreaterThan(0);
    },
  );
});
