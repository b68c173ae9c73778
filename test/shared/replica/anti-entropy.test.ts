/** Anti-entropy between whole replicas: lesson 15, and what every other mechanism left behind. */
import { describe, expect, it } from "vitest";
import type { KeyState } from "../../../shared/clock/dotted.ts";
import { asKey, asNodeId, type Key } from "../../../shared/ids.ts";
import { nothingRestored } from "../../../shared/replica/types.ts";
import { manyKeys } from "../replication/anti-entropy/group.ts";
import { Cluster } from "./cluster.ts";

/** A cluster whose nodes find these keys on their disks. */
function clusterWith(keys: Readonly<Record<string, ReadonlyMap<Key, KeyState>>>): Cluster {
  const cluster = new Cluster({ n: 2, r: 1, w: 1 });
  for (const [name, held] of Object.entries(keys)) {
    const clock = { a: 20_000_000, [name]: 20_000_000 };
    const disk = { ...nothingRestored, clock, keys: held, logIndex: held.size };
    cluster.machines.set(asNodeId(name), { address: `${name}:1`, disk, replica: null });
  }
  return cluster;
}

const endings = (cluster: Cluster) =>
  cluster.happenings.flatMap(({ node, event }) =>
    event.name === "exchange-ended" && "detail" in event ? [{ node, ...event.detail }] : [],
  );
const compare = (cluster: Cluster, node: string, peer: string, exchange: string) => {
  cluster.input(node, { kind: "compare", exchange, peer: asNodeId(peer) });
  cluster.runUntil(
    () => endings(cluster).some((ended) => "exchange" in ended && ended["exchange"] === exchange),
    60_000,
  );
  return endings(cluster).find((ended) => "exchange" in ended && ended["exchange"] === exchange)! as Readonly<
    Record<string, unknown>
  >;
};

describe("anti-entropy", () => {
  it("transfers 3 keys of 10,000 that differ, and compares 1 hash the second time (lesson 15)", () => {
    const keys = manyKeys(10_000);
    const newer = (...numbers: number[]) => {
      const changed = new Map(keys);
      for (const i of numbers) {
        const version = { dot: { node: asNodeId("a"), counter: 10_000_000 + i }, value: "newer", at: 1 };
        changed.set(asKey(`key-${i}`), { context: { a: 10_000_000 + i }, versions: [version] });
      }
      return changed;
    };
    const cluster = clusterWith({ "node-1": newer(17, 4_711), "node-2": newer(9_999) });
    cluster.startAll(2);
    const first = compare(cluster, "node-1", "node-2", "first");
    expect(first).toMatchObject({ node: "node-1", peer: "node-2", outcome: "repaired" });
    expect([...(first["keys"] as string[])].sort()).toEqual(["key-17", "key-4711", "key-9999"]);
    expect(first["hashes"]).toBeLessThan(500);
    const [one, two] = [cluster.replica("node-1"), cluster.replica("node-2")];
    expect(one.merkle!.forest.ranges).toEqual(["node-1,node-2"]);
    expect(one.merkle!.root("node-1,node-2")).toBe(two.merkle!.root("node-1,node-2"));
    expect(new Map(one.keys)).toEqual(new Map(two.keys));
    expect(compare(cluster, "node-2", "node-1", "second")).toMatchObject({
      outcome: "equal",
      hashes: 1,
      keys: [],
    });
  });

  it("mends by itself what was written while a replica could not be reached", () => {
    const cluster = new Cluster({ n: 2, r: 1, w: 1 });
    cluster.startAll(2);
    cluster.cut("node-1", "node-2");
    cluster.cut("node-2", "node-1");
    for (let i = 0; i < 20; i++)
      cluster.request(i % 2 === 0 ? "node-1" : "node-2", { op: "put", key: asKey(`k${i}`), value: "v" });
    cluster.run(500);
    cluster.heal();
    const isEqual = () => {
      const trees = ["node-1", "node-2"].map((name) => cluster.replica(name).merkle);
      return trees[0] && trees[1] && trees[0].root("node-1,node-2") === trees[1].root("node-1,node-2");
    };
    cluster.runUntil(() => isEqual() === true && cluster.replica("node-1").keys.size === 20, 60_000);
    expect(new Map(cluster.replica("node-1").keys)).toEqual(new Map(cluster.replica("node-2").keys));
  });

  it("says in its events all that a drawing of both trees needs", () => {
    const keys = manyKeys(200);
    const cluster = clusterWith({ "node-1": keys, "node-2": new Map([...keys].slice(1)) });
    cluster.startAll(2);
    compare(cluster, "node-1", "node-2", "x");
    const messages = cluster.happenings.flatMap(({ node, event }) =>
      event.type !== "lost" &&
      "detail" in event &&
      event.detail?.["exchange"] === "x" &&
      event.name === event.name.toUpperCase()
        ? [{ node, ...event }]
        : [],
    );
    const sent = messages.filter(({ type }) => type === "send");
    expect(sent.map(({ name }) => name)).toEqual([
      ..."COMPARE COMPARED COMPARE COMPARED COMPARE COMPARED COMPARE_KEYS COMPARED_KEYS".split(" "),
      ..."COMPARE_KEYS COMPARED_KEYS REPAIR REPAIRED".split(" "),
    ]);
    // A receipt says what its sending said.
    for (const { message, detail } of sent) {
      const receipt = messages.find((event) => event.type === "receive" && event.message === message);
      expect(receipt?.detail).toEqual(detail);
    }
    const [root, rootAnswer, ranges, , children, childrenAnswer, leaf, leafAnswer] = sent.map(
      ({ detail }) => detail!,
    );
    expect(root).toMatchObject({
      level: 0,
      range: "",
      asked: { "": expect.stringMatching(/^[0-9a-f]{8}$/) },
    });
    expect(Object.keys(rootAnswer!["differ"] as object)).toEqual([""]);
    expect(Object.keys(ranges!["asked"] as object)).toEqual(["node-1,node-2"]);
    expect(Object.keys(children!["asked"] as object)).toHaveLength(16);
    const differ = Object.keys(childrenAnswer!["differ"] as object);
    expect(differ).toHaveLength(1);
    expect(childrenAnswer!["leaves"]).toEqual(differ);
    expect(leaf).toMatchObject({ prefixes: differ, again: false });
    expect(leafAnswer!["differ"]).toEqual({ "key-0": [expect.stringMatching(/^[0-9a-f]{8}$/), ""] });
    for (const { detail } of sent) expect(detail!["bytes"]).toBeGreaterThan(0);
  });
});
