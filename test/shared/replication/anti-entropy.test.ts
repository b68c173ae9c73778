/** Replicas that can talk end with the same data, at the price of what differs (P7, P8, P9). */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRarePaths } from "../../../shared/buggify.ts";
import { absentKey, type KeyState, sync, write } from "../../../shared/clock/dotted.ts";
import { asKey, asNodeId, type Key } from "../../../shared/ids.ts";
import { createRandom } from "../../../shared/replica/random.ts";
import type { AntiEntropyMessage } from "../../../shared/replication/anti-entropy/messages.ts";
import type { KeyRanges } from "../../../shared/replication/anti-entropy/ranges.ts";
import { KeyStore } from "../../../shared/replication/key-store.ts";
import { Group, manyKeys, valuesOf } from "./anti-entropy/group.ts";

/** The trees take in a slice each time they are looked at. */
function rangesOf(group: Group, node: string): KeyRanges {
  for (;;) {
    const ranges = group.part(node).upToDateRanges;
    if (ranges) return ranges;
  }
}

const rootsOf = (group: Group, node: string) => {
  const ranges = rangesOf(group, node);
  return Object.fromEntries(ranges.forest.ranges.map((range) => [range, ranges.root(range)]));
};

describe("two replicas", () => {
  it("transfer exactly the keys that differ, and compare one hash the next time (lesson 15)", () => {
    const group = new Group({ nodes: ["a", "b"] });
    const keys = manyKeys(10_000);
    group.load("a", keys);
    group.load("b", keys);
    group.write("a", "key-17", "only at a");
    group.write("b", "key-4711", "only at b");
    group.write("b", "new", "new at b");
    const first = group.finish(group.compare("a", "b"));
    expect(first).toMatchObject({ outcome: "repaired" });
    expect([...first.keys].sort()).toEqual(["key-17", "key-4711", "new"]);
    expect(first.hashes).toBeLessThan(500);
    expect(first.bytes).toBeLessThan(first.everything / 20);
    expect(valuesOf(group.store("a"))).toEqual(valuesOf(group.store("b")));
    expect(group.finish(group.compare("b", "a"))).toMatchObject({ outcome: "equal", hashes: 1, keys: [] });
  });

  it("leave a write in flight alone (P9)", () => {
    const group = new Group({ nodes: ["a", "b"] });
    group.load("a", manyKeys(1_000));
    group.load("b", manyKeys(1_000));
    const state = group.write("a", "in-flight", "on its way");
    group.write("a", "lost", "never arrives");
    const id = group.compare("a", "b");
    group.run(100);
    // The coordinator's own message arrives while the difference is being waited out.
    group.put("b", "in-flight", state);
    expect(group.finish(id)).toMatchObject({ outcome: "repaired", keys: ["lost"] });
    expect(group.sent.filter(({ message }) => message.kind === "REPAIR")).toHaveLength(1);
  });

  it("leave a key alone that changes between the two looks, until it rests", () => {
    const group = new Group({ nodes: ["a", "b"] });
    group.write("a", "busy", "1");
    const id = group.compare("a", "b");
    group.run(100);
    group.write("a", "busy", "2");
    expect(group.finish(id)).toMatchObject({ outcome: "equal", keys: [] });
    expect(group.finish(group.compare("a", "b"))).toMatchObject({ outcome: "repaired", keys: ["busy"] });
  });

  it("move a whole store to a replica that lost its own", () => {
    const group = new Group({ nodes: ["a", "b"] });
    group.load(
      "a",
      manyKeys(3_000, "a", (i) => "x".repeat(i % 7 === 0 ? 5_000 : 10)),
    );
    const ended = group.finish(group.compare("b", "a"));
    expect(ended).toMatchObject({ outcome: "repaired" });
    expect(valuesOf(group.store("b"))).toEqual(valuesOf(group.store("a")));
    expect(rootsOf(group, "b")).toEqual(rootsOf(group, "a"));
    const batches = group.sent.filter(({ message }) => message.kind === "REPAIRED");
    for (const { message } of batches) {
      expect((message as Extract<AntiEntropyMessage, { kind: "REPAIRED" }>).items.length).toBeLessThanOrEqual(
        100,
      );
      expect(message.bytes).toBeLessThan(400 * 1024);
    }
  });

  it("carry values of a megabyte one at a time", () => {
    const group = new Group({ nodes: ["a", "b"] });
    for (let i = 0; i < 3; i++) group.write(i === 1 ? "b" : "a", `large-${i}`, "x".repeat(1024 * 1024));
    expect(group.finish(group.compare("a", "b"))).toMatchObject({ outcome: "repaired" });
    expect(valuesOf(group.store("b"))).toEqual(valuesOf(group.store("a")));
    for (const { message } of group.sent) expect(message.bytes).toBeLessThan(1.1 * 1024 * 1024);
  });

  it("end equal whatever happens to their messages, comparing both ways at once", () => {
    const change = fc.record({
      node: fc.constantFrom("a", "b"),
      key: fc.integer({ min: 0, max: 400 }),
      both: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 300, size: "max" }),
        fc.record({ seed: fc.nat(), loss: fc.constantFrom(0, 0.1), duplicated: fc.constantFrom(0, 0.4) }),
        (changes, faults) => {
          const random = createRandom(faults.seed);
          const rare = createRarePaths(random, () => {});
          const group = new Group({ nodes: ["a", "b"], latency: 40, rare, ...faults });
          const expected = new Map<Key, KeyState>();
          for (const { node, key, both } of changes) {
            const others = both ? [node === "a" ? "b" : "a"] : [];
            const state = group.write(node, `key-${key}`, `${node} ${key}`, others);
            const name = asKey(`key-${key}`);
            expected.set(name, sync(expected.get(name) ?? absentKey, state));
          }
          for (let round = 0; round < 3; round++) {
            for (const [from, to] of [
              ["a", "b"],
              ["b", "a"],
              ["a", "b"],
            ] as const)
              group.compare(from, to);
            group.run(1_500);
          }
          group.calm();
          group.run(5_000);
          group.finish(group.compare("a", "b"));
          expect(group.finish(group.compare("b", "a"))).toMatchObject({ outcome: "equal", hashes: 1 });
          for (const node of ["a", "b"])
            expect(valuesOf(group.store(node))).toEqual(valuesOf(new KeyStore(expected)));
        },
      ),
      { numRuns: 25 },
    );
  });

  it("give up when no answer comes, and say so", () => {
    const group = new Group({ nodes: ["a", "b"], loss: 1 });
    group.write("a", "k", "v");
    const id = group.compare("a", "b");
    expect(group.finish(id)).toMatchObject({ outcome: "given up", keys: [] });
    group.calm();
    expect(group.finish(group.compare("a", "b"))).toMatchObject({ outcome: "repaired" });
  });

  it("put a comparison off while their rings differ", () => {
    const group = new Group({ nodes: ["a", "b", "c"], n: 2 });
    for (let i = 0; i < 50; i++) group.write("a", `key-${i}`, "v");
    group.setRing("b", ["a", "b"]);
    expect(group.finish(group.compare("a", "b"))).toMatchObject({ outcome: "given up", hashes: 1 });
    group.setRing("a", ["a", "b"]);
    expect(group.finish(group.compare("a", "b"))).toMatchObject({ outcome: "repaired" });
    expect(rootsOf(group, "a")).toEqual(rootsOf(group, "b"));
  });

  it("give a comparison up when the ring moves under it", () => {
    const group = new Group({ nodes: ["a", "b", "c"], n: 2 });
    for (let i = 0; i < 50; i++) group.write("a", `key-${i}`, "v");
    const id = group.compare("a", "b");
    group.run(100);
    group.setRing("a", ["a", "b"]);
    expect(group.finish(id)).toMatchObject({ outcome: "given up" });
  });
});

describe("a group of nodes", () => {
  it("converges by itself, each comparing with the others in turn", () => {
    const nodes = ["a", "b", "c", "d", "e"];
    const group = new Group({ nodes, n: 3, interval: 1_000, loss: 0.05, latency: 20 });
    for (let i = 0; i < 200; i++) group.write(nodes[i % 5]!, `key-${i}`, `${i}`);
    group.run(60_000);
    const seen = new Set(group.ended.map(({ node, peer }) => `${node} ${peer}`));
    expect(seen.size).toBe(20);
    const holders = nodes.map((node) => [node, valuesOf(group.store(node))] as const);
    for (const range of rangesOf(group, "a").forest.ranges) {
      const owners = range.split(",");
      const roots = owners.map((owner) => rangesOf(group, owner).root(range));
      expect(new Set(roots).size).toBe(1);
    }
    // Each write was made on one node, its owner or not, and is with all its owners now.
    for (let i = 0; i < 200; i++) {
      const having = holders.filter(([, values]) => values[`key-${i}`]?.[0] === `${i}`);
      expect(having.length).toBeGreaterThanOrEqual(3);
    }
  });

  it("stays silent when it has no keys, and says little when nothing differs", () => {
    const group = new Group({ nodes: ["a", "b"], interval: 1_000 });
    group.run(20_000);
    expect(group.sent).toEqual([]);
    group.write("a", "k", "v", ["b"]);
    group.run(20_000);
    expect(group.ended.length).toBeGreaterThan(20);
    expect(group.ended.every(({ outcome, hashes }) => outcome === "equal" && hashes === 1)).toBe(true);
    expect(group.sent).toHaveLength(2 * group.ended.length);
  });

  it("brings a key to its owners that only others hold", () => {
    const group = new Group({ nodes: ["a", "b", "c"], n: 1, interval: 1_000 });
    for (let i = 0; i < 30; i++) group.write("a", `key-${i}`, "v");
    group.run(10_000);
    for (let i = 0; i < 30; i++) {
      const name = `key-${i}`;
      const holders = ["a", "b", "c"].filter((node) => group.store(node).all.has(asKey(name)));
      const range = ["a", "b", "c"].find(
        (node) => rangesOf(group, node).forest.digest(asKey(name)) !== undefined,
      );
      expect(range, `${name} is with its owner`).toBeDefined();
      expect(holders).toContain(range);
    }
    // Once they have it, it is not offered again.
    const offers = group.sent.filter(({ message }) => message.kind === "OFFER").length;
    group.run(10_000);
    expect(group.sent.filter(({ message }) => message.kind === "OFFER")).toHaveLength(offers);
    // Unless it changes.
    const stray = [...group.store("a").all.keys()].find(
      (key) => rangesOf(group, "a").forest.digest(key) === undefined,
    )!;
    group.write("a", stray, "newer");
    group.run(5_000);
    const owner = ["b", "c"].find((node) => rangesOf(group, node).forest.digest(stray) !== undefined)!;
    expect(group.store(owner).get(stray).versions[0]!.value).toBe("newer");
  });
});

describe("the trees", () => {
  it("follow every change, and equal a fresh build after a kill between any two steps (P8)", () => {
    for (let kill = 1; kill < 60; kill++) {
      const group = new Group({ nodes: ["a", "b"], seed: kill });
      for (let i = 0; i < 60; i++) group.write(i % 2 === 0 ? "a" : "b", `key-${i}`, `${i}`);
      group.compare("a", "b");
      group.compare("b", "a");
      for (let step = 0; step < kill; step++) group.step();
      group.write("a", "late", "v");
      group.restart(kill % 2 === 0 ? "a" : "b");
      for (const node of ["a", "b"]) {
        const fresh = new Group({ nodes: ["a", "b"] });
        fresh.load(node, group.store(node).all);
        expect(rootsOf(group, node)).toEqual(rootsOf(fresh, node));
      }
      group.finish(group.compare("a", "b"));
      group.finish(group.compare("b", "a"));
      expect(valuesOf(group.store("a"))).toEqual(valuesOf(group.store("b")));
    }
  });

  it("forget a key that is forgotten, and are then as if it had never been (P7)", () => {
    const group = new Group({ nodes: ["a", "b"] });
    for (let i = 0; i < 500; i++) group.write("a", `key-${i}`, "v", ["b"]);
    const before = rootsOf(group, "a");
    for (let i = 500; i < 900; i++) group.write("a", `key-${i}`, "v");
    expect(rootsOf(group, "a")).not.toEqual(before);
    for (let i = 500; i < 900; i++) group.forget("a", `key-${i}`);
    expect(rootsOf(group, "a")).toEqual(before);
    expect(group.finish(group.compare("a", "b"))).toMatchObject({ outcome: "equal", hashes: 1 });
  });

  it("that do not fit the data are found in the background and built anew (P8)", () => {
    const group = new Group({ nodes: ["a", "b"], interval: 1_000 });
    for (let i = 0; i < 100; i++) group.write("a", `key-${i}`, "v", ["b"]);
    group.run(1_000);
    // What no watcher was told of: as if memory had been damaged.
    const key = asKey("key-7");
    const version = { dot: { node: asNodeId("a"), counter: 20_000_000 }, value: "changed", at: 1 };
    (group.store("a").all as Map<Key, KeyState>).set(key, write(group.store("a").get(key), version, {}));
    group.run(5_000);
    expect(group.events.find(({ name }) => name === "tree-mismatch")).toMatchObject({
      node: "a",
      detail: { keys: ["key-7"] },
    });
    expect(valuesOf(group.store("b"))).toEqual(valuesOf(group.store("a")));
  });
});

describe("what a peer sends", () => {
  it("never harms: answers nobody asked for, questions about nothing, unknown names", () => {
    const group = new Group({ nodes: ["a", "b"] });
    for (let i = 0; i < 100; i++) group.write("a", `key-${i}`, "v", ["b"]);
    const step = { exchange: "x", step: 1, bytes: 10 };
    const ring = rangesOf(group, "a").fingerprint;
    const odd: AntiEntropyMessage[] = [
      { kind: "COMPARE", ...step, ring, level: 5, range: "nobody", nodes: [["zz", "1"]] },
      { kind: "COMPARE", ...step, ring, level: 0, range: "", nodes: [] },
      {
        kind: "COMPARE",
        ...step,
        ring,
        level: 9,
        range: "a,b",
        nodes: [
          ["123456789", "1"],
          ["", "2"],
        ],
      },
      { kind: "COMPARE_KEYS", ...step, ring, range: "x", prefixes: ["q"], keys: [], again: false },
      {
        kind: "COMPARE_KEYS",
        ...step,
        ring,
        range: "",
        prefixes: [],
        keys: [[asKey("no"), "00"]],
        again: true,
      },
      { kind: "COMPARED", ...step, level: 1, range: "", differ: [["x", "1", true]] },
      { kind: "REPAIRED", ...step, items: [], rest: [asKey("k")] },
      { kind: "DECLINE", ...step, reason: "ring" },
      { kind: "WANTED", ...step, keys: [asKey("k")] },
      { kind: "OFFER", ...step, keys: [[asKey("k"), { b: 3 }]] },
      { kind: "REPAIR", ...step, items: [[asKey("none"), absentKey]] },
    ];
    const before = valuesOf(group.store("a"));
    for (const message of odd) expect(() => group.receive("a", "b", message)).not.toThrow();
    group.run(5_000);
    expect(valuesOf(group.store("a"))).toEqual(before);
    expect(group.finish(group.compare("a", "b"))).toMatchObject({ outcome: "equal" });
  });
});
