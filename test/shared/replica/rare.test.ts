/** Rare paths taken on purpose: all of them are allowed, so what is promised holds all the same. */
import { describe, expect, it } from "vitest";
import { createRarePaths, noRarePaths, type RarePaths } from "../../../shared/buggify.ts";
import type { KeyState } from "../../../shared/clock/dotted.ts";
import { entriesText } from "../../../shared/clock/vector-clock.ts";
import { asKey } from "../../../shared/ids.ts";
import { createRandom } from "../../../shared/replica/random.ts";
import { Cluster } from "./cluster.ts";

/** Asks at every point, and fires at a fifth of the askings; far more than a simulation does. */
function eager(seed: number, points: Set<string>, paths: Set<string>): RarePaths {
  const random = createRandom(seed);
  return {
    buggify(point) {
      points.add(point);
      return random() < 0.2;
    },
    reached: (path) => paths.add(path),
  };
}

const keys = Array.from({ length: 8 }, (_, i) => asKey(`key-${i}`));

/**
 * Writes and reads through crashes, a cut, a join and a leave, then calm. For each key what may be found in the end: the
 * last value acknowledged, or one written after it that may have been stored. null: deleted.
 */
function storm(cluster: Cluster): Map<string, Set<string | null>> {
  const possible = new Map<string, Set<string | null>>(keys.map((key) => [key, new Set()]));
  let count = 0;
  const work = (nodes: readonly string[]) => {
    for (const key of keys) {
      const node = nodes[count % nodes.length]!;
      const value = count % 7 === 0 ? null : `v${count}`;
      count += 1;
      const write = value === null ? { op: "delete" as const } : { op: "put" as const, value };
      const outcome = cluster.ask(node, { ...write, key });
      if (outcome.ok) possible.set(key, new Set([value]));
      else if (!outcome.error.definite) possible.get(key)!.add(value);
      cluster.ask(node, { op: "get", key });
    }
  };
  const five = ["node-1", "node-2", "node-3", "node-4", "node-5"];
  cluster.startAll(5);
  work(five);
  cluster.kill("node-2");
  work(["node-1", "node-3", "node-5"]);
  cluster.run(6_000);
  work(["node-4", "node-3"]);
  cluster.start("node-2", ["node-1"]);
  for (const other of five.slice(1)) cluster.cut("node-1", other);
  cluster.run(500);
  possible.get(keys[0]!)!.add("cut off");
  cluster.request("node-1", { op: "put", key: keys[0]!, value: "cut off" });
  work(["node-2"]);
  cluster.run(4_000);
  cluster.heal();
  cluster.settle(5);
  cluster.start("node-6", ["node-1"]);
  cluster.settle(6);
  cluster.run(2_000);
  cluster.leave("node-5");
  cluster.runUntil(() => !cluster.up.some((node) => node === "node-5"), 20_000);
  cluster.run(3_000);
  return possible;
}

/** Everything that happened in a storm. */
const happenings = (rare: RarePaths) => {
  const cluster = new Cluster({ n: 3, r: 2, w: 2 }, "lab", rare);
  storm(cluster);
  return JSON.stringify(cluster.happenings);
};

/** Equal for equal states: the order of a context's entries means nothing. */
const textOf = (state: KeyState | undefined) =>
  JSON.stringify([entriesText(state?.context ?? {}).toSorted(), state?.versions]);

/** How often a point fires in a thousand askings. */
const fired = (seed: number) => {
  const told: string[] = [];
  const rare = createRarePaths(createRandom(seed), (path) => told.push(path));
  let count = 0;
  for (let i = 0; i < 1_000; i++) if (rare.buggify("a point")) count += 1;
  expect(told).toEqual(Array.from({ length: count }, () => "a point"));
  return count;
};

describe("rare paths", () => {
  it("change nothing where they are never taken", () => {
    const paths = new Set<string>();
    const expected = happenings(noRarePaths);
    expect(happenings({ buggify: () => false, reached: (path) => paths.add(path) })).toBe(expected);
    expect(paths.size).toBeGreaterThan(10);
  });

  it("lose nothing where they are taken often, and copies of every key become the same", () => {
    const points = new Set<string>();
    const paths = new Set<string>();
    for (let seed = 1; seed <= 6; seed++) {
      const cluster = new Cluster({ n: 3, r: 2, w: 2 }, "lab", eager(seed, points, paths));
      const possible = storm(cluster);
      for (const key of keys) {
        const copies = () =>
          cluster
            .replica("node-1")
            .owners(key)
            .map((owner) => textOf(cluster.replica(owner).keys.get(key)));
        for (let round = 0; round < 30 && new Set(copies()).size > 1; round++) {
          cluster.ask("node-1", { op: "get", key, quorum: { r: 3 } });
        }
        expect(new Set(copies()).size, `seed ${seed}: ${key}`).toBe(1);
        const [owner] = cluster.replica("node-1").owners(key);
        const found = cluster
          .replica(owner!)
          .keys.get(key)!
          .versions.map(({ value }) => value);
        expect(
          found.some((value) => possible.get(key)!.has(value)),
          `seed ${seed}: ${key}`,
        ).toBe(true);
      }
    }
    expect([...points].sort()).toEqual([
      "a comparison answered twice",
      "a comparison out of turn",
      "a coordinator gives up early",
      "a copy or a read sent twice",
      "a dead member tried again early",
      "a full exchange soon after another",
      "a request forwarded by an owner",
      "a verdict waits another turn",
      "an acknowledgement waits for the next tick",
      "gossip to one member only",
      "handover in batches of one key",
      "helpers asked at once",
      "hints in batches of one key",
      "messages of a step in reverse order",
      "one key looked through a step",
      "one rumour a message",
      "read repair left out",
      "repairs of one key",
    ]);
    expect([...paths]).toEqual(
      expect.arrayContaining([
        "a conflict stored",
        "a conviction",
        "a copy known already",
        "a dead member came back",
        "a dead member tried again",
        "a death heard of at an exchange",

        "a helper got no answer either",
        "a hint that was known already",
        "a key handed over that was known already",
        "a late acknowledgement",
        "a late answer to a read",
        "a probe failed",
        "a reader repaired itself",
        "a refutation",
        "a request timed out",
        "a stale claim ignored",
        "a suspicion confirmed by another",
        "a suspicion withdrawn",
        "a tombstone merged",
        "helpers asked to probe",
        "hints sent again",
      ]),
    );
  });

  it("are on in some runs and off in others, and told when they fire", () => {
    const counts = Array.from({ length: 100 }, (_, seed) => fired(seed));
    const on = counts.filter((count) => count > 0);
    expect(on.length).toBeGreaterThan(10);
    expect(on.length).toBeLessThan(50);
    expect(fired(7)).toBe(counts[7]);
  });
});
