/**
 * Anti-entropy by Merkle trees: what finding ten keys among a million takes, what keeping the trees costs a write, and
 * what a comparison of equal replicas costs. Two nodes in this process, messages delivered at once, virtual time.
 */
import { asKey, asNodeId, type Key } from "../../shared/ids.ts";
import type { KeyState } from "../../shared/clock/dotted.ts";
import { write } from "../../shared/clock/dotted.ts";
import { MerkleForest } from "../../shared/merkle/forest.ts";
import { Ring } from "../../shared/ring/ring.ts";
import { Group, manyKeys } from "../shared/replication/anti-entropy/group.ts";
import { median, report } from "./report.ts";

const million = 1_000_000;
const differing = 10;
/** A value of a hundred bytes, as in the benches of puts. */
const value = (i: number) => `value ${i} `.padEnd(100, "x");

interface Timed<Result> {
  readonly result: Result;
  readonly ms: number;
  /** Of this thread: what it takes on a machine that does nothing else. */
  readonly cpuMs: number;
}

function timed<Result>(work: () => Result): Timed<Result> {
  const [from, before] = [performance.now(), process.threadCpuUsage()];
  const result = work();
  const { user, system } = process.threadCpuUsage(before);
  return { result, ms: performance.now() - from, cpuMs: (user + system) / 1_000 };
}

/** Two nodes with the same million keys and their trees built. */
function twoForests() {
  const keys = manyKeys(million, "a", value);
  const memoryBefore = process.memoryUsage().rss;
  const group = new Group({ nodes: ["a", "b"], wire: false });
  for (const node of ["a", "b"]) group.load(node, keys);
  const stores = process.memoryUsage().rss;
  const build = timed(() => {
    for (const node of ["a", "b"]) {
      let ranges = group.part(node).upToDateRanges;
      while (!ranges) ranges = group.part(node).upToDateRanges;
      for (const range of ranges.forest.ranges) ranges.root(range);
    }
  });
  const trees = process.memoryUsage().rss - stores;
  return { group, build, memory: { storesMiB: mib(stores - memoryBefore), treesMiB: mib(trees) } };
}

const mib = (bytes: number) => Math.round(bytes / 2 ** 20);

export function merkle(): Promise<void> {
  const { group, build, memory } = twoForests();
  for (let i = 0; i < differing; i++) {
    group.write(i % 2 === 0 ? "a" : "b", `key-${i * 99_991}`, value(-i));
  }
  const virtual = group.now;
  const { result, ms, cpuMs } = timed(() => group.finish(group.compare("a", "b")));
  const share = result.bytes / result.everything;
  // Virtual time passes while writes in flight are waited out, and one millisecond with every message.
  const waitedMs = group.now - virtual;
  report({
    bench: "merkle",
    value: ms + waitedMs,
    unit: "ms to find and repair",
    target: 500,
    better: "lower",
    detail: {
      workMs: Math.round(ms),
      cpuMs: Math.round(cpuMs),
      waitedMs: Math.round(waitedMs),
      outcome: result.outcome,
      keys: result.keys.length,
      hashes: result.hashes,
      messages: group.sent.length,
    },
  });
  report({
    bench: "merkle bytes",
    value: share * 100,
    unit: "% of sending every key",
    target: 0.1,
    better: "lower",
    detail: { bytes: result.bytes, everything: result.everything },
  });
  const again = timed(() => group.finish(group.compare("b", "a")));
  report({
    bench: "merkle-again",
    value: again.result.hashes,
    unit: "hashes to compare equal replicas",
    target: 1,
    better: "lower",
    detail: {
      keys: million,
      bytes: again.result.bytes,
      ms: Number(again.ms.toFixed(2)),
      outcome: again.result.outcome,
    },
  });
  report({
    bench: "merkle-build",
    value: build.cpuMs / 2 / 1_000,
    unit: "s of CPU for a million keys",
    target: 30,
    better: "lower",
    detail: { wallSeconds: Number((build.ms / 2_000).toFixed(1)), ...memory },
  });
  return Promise.resolve();
}

/** Microseconds of CPU for a change and the root after it, and nanoseconds for the noting that a write waits for. */
function updateCost(count: number): { us: number; noteNs: number } {
  const ring = Ring.of(["a", "b"].map(asNodeId));
  const keys = manyKeys(count, "a", value);
  const forest = new MerkleForest({
    keys,
    place: (key) => ({ position: ring.position(key), range: "a,b" }),
    strayed: () => {},
  });
  const root = () => {
    while (!forest.isUpToDate) forest.takeIn();
    return forest.tree("a,b")!.hash("");
  };
  root();
  let counter = 20_000_000;
  const change = (i: number) => {
    const key = asKey(`key-${(i * 7_919) % count}`);
    const state = keys.get(key)!;
    const version = { dot: { node: asNodeId("a"), counter: ++counter }, value: value(i), at: i };
    keys.set(key, write(state, version, state.context));
    return key;
  };
  const updates = 2_000;
  const rounds = Array.from({ length: 5 }, (_, round) => {
    const changed = Array.from({ length: updates }, (_, i) => change(round * updates + i));
    return timed(() => {
      for (const key of changed) {
        forest.changed(key);
        root();
      }
    }).cpuMs;
  });
  const noted = noteCost(keys, forest);
  return { us: (median(rounds) * 1_000) / updates, noteNs: noted };
}

function noteCost(keys: ReadonlyMap<Key, KeyState>, forest: MerkleForest): number {
  const names = [...keys.keys()].slice(0, 10_000);
  const repeats = 100_000 / names.length;
  const { cpuMs } = timed(() => {
    for (let repeat = 0; repeat < repeats; repeat++) for (const key of names) forest.changed(key);
  });
  return (cpuMs * 1e6) / (names.length * repeats);
}

/**
 * A thousand times the keys: a cost that grows with their logarithm doubles, and doubles once more because a million
 * keys no longer fit into the processor's caches. One that grows with the keys would be a thousand times as high.
 */
export function merkleUpdate(): Promise<void> {
  const sizes = [1_000, 10_000, 100_000, million];
  const costs = sizes.map(updateCost);
  const us = costs.map((cost) => cost.us);
  report({
    bench: "merkle-update",
    value: us.at(-1)! / us[0]!,
    unit: "times the cost at a thousand keys",
    target: 4,
    better: "lower",
    detail: {
      usByKeys: Object.fromEntries(sizes.map((size, i) => [size, Number(us[i]!.toFixed(1))])),
      noteNsByKeys: Object.fromEntries(sizes.map((size, i) => [size, Math.round(costs[i]!.noteNs)])),
    },
  });
  return Promise.resolve();
}
