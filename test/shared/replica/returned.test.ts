/** P2: a node that was out of the cluster comes back with its old disk. Whole replicas, virtual time. */
import { describe, expect, it } from "vitest";
import { noRarePaths } from "../../../shared/buggify.ts";
import { asKey, asNodeId, type Key } from "../../../shared/ids.ts";
import { valuesShown } from "../../../shared/replication/shown.ts";
import type { OperationOutcome, OperationResult } from "../../../shared/replication/types.ts";
import { Cluster } from "./cluster.ts";

const lifetime = 5_000;
const others = ["node-1", "node-2", "node-3"];

function resultOf(outcome: OperationOutcome): OperationResult {
  if (!outcome.ok) throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
  return outcome.result;
}

const shown = (cluster: Cluster, node: string, key: Key) =>
  valuesShown(resultOf(cluster.ask(node, { op: "get", key })));
const phaseOf = (cluster: Cluster, node: string) =>
  cluster.replica(node).topology.nodes.find((each) => each.node === node)?.phase;

/** Four nodes, of which each holds every key, and what node-4 is to have an old copy of. */
function withOldCopy(keys = 1): { readonly cluster: Cluster; readonly names: readonly Key[] } {
  const settings = { tombstoneLifetime: lifetime, hintLifetime: 2_000 };
  const cluster = new Cluster({ n: 4, r: 2, w: 3 }, "lab", noRarePaths, settings);
  cluster.startAll(4);
  const names = Array.from({ length: keys }, (_, i) => asKey(`k${i}`));
  for (const key of names) resultOf(cluster.ask("node-1", { op: "put", key, value: "old" }));
  cluster.runUntil(() => cluster.replica("node-4").keys.size === keys, 5_000);
  return { cluster, names };
}

/** All delete the keys, and agree to forget that there ever were any. */
function forget(cluster: Cluster, names: readonly Key[]): void {
  for (const key of names) resultOf(cluster.ask("node-1", { op: "delete", key }));
  const isForgotten = () => others.every((node) => cluster.replica(node).keys.size === 0);
  cluster.runUntil(isForgotten, 10 * lifetime);
}

function expectGone(cluster: Cluster, names: readonly Key[]): void {
  for (const node of [...others, "node-4"]) {
    for (const key of names) expect(shown(cluster, node, key), `${node} ${key}`).toEqual([]);
    expect(cluster.replica(node).keys.size).toBe(0);
  }
}

describe("P2: what was deleted while a node was out of the cluster", () => {
  it("does not return with the node's old disk when an operator took it out", () => {
    const { cluster, names } = withOldCopy();
    cluster.kill("node-4");
    for (const node of others) cluster.evict(node, "node-4");
    cluster.settle(3);
    forget(cluster, names);
    cluster.start("node-4", ["node-1"]);
    cluster.settle(4);
    cluster.run(30_000);
    expect(phaseOf(cluster, "node-4")).toBe("serving");
    expectGone(cluster, names);
  });

  it("does not return with it when the node had left by itself", () => {
    const { cluster, names } = withOldCopy();
    cluster.leave("node-4");
    cluster.settle(3);
    forget(cluster, names);
    cluster.start("node-4", ["node-1"]);
    cluster.settle(4);
    cluster.run(30_000);
    expectGone(cluster, names);
  });

  it("does not return when the node hears only from the others that it was taken out", () => {
    const { cluster, names } = withOldCopy();
    cluster.kill("node-4");
    for (const node of others) cluster.evict(node, "node-4");
    cluster.settle(3);
    forget(cluster, names);
    for (const node of others) {
      cluster.cut("node-4", node);
      cluster.cut(node, "node-4");
    }
    cluster.start("node-4", ["node-1"]);
    cluster.run(1_000);
    expect(phaseOf(cluster, "node-4"), "by its own disk").toBe("serving");
    cluster.heal();
    cluster.settle(4);
    cluster.run(30_000);
    expectGone(cluster, names);
  });

  it("does not return with a late hint that the node kept", () => {
    const { cluster } = withOldCopy();
    const key = asKey("hinted");
    cluster.kill("node-3");
    cluster.run(10_000);
    resultOf(cluster.ask("node-4", { op: "put", key, value: "old" }));
    cluster.kill("node-4");
    const hints = cluster.machines.get(asNodeId("node-4"))!.disk.hints;
    cluster.start("node-4", ["node-1"]);
    cluster.start("node-3", ["node-1"]);
    cluster.settle(4);
    cluster.run(5_000);
    cluster.leave("node-4");
    cluster.settle(3);
    forget(cluster, [key, asKey("k0")]);
    const machine = cluster.machines.get(asNodeId("node-4"))!;
    const state = {
      context: { "node-4": 1 },
      versions: [{ dot: { node: asNodeId("node-4"), counter: 1 }, value: "late", at: 1 }],
    };
    machine.disk = {
      ...machine.disk,
      hints: [...hints, { target: asNodeId("node-2"), key, state, expires: Infinity }],
    };
    cluster.start("node-4", ["node-1"]);
    cluster.settle(4);
    cluster.run(30_000);
    expectGone(cluster, [key]);
    expect(machine.disk.hints).toEqual([]);
  });

  it("does not return however often the node dies on its way back, and its disk is rid of it in the end", () => {
    for (const pause of [2, 20, 400, 2_000]) {
      const { cluster, names } = withOldCopy(20);
      cluster.kill("node-4");
      for (const node of others) cluster.evict(node, "node-4");
      cluster.settle(3);
      forget(cluster, names);
      resultOf(cluster.ask("node-2", { op: "put", key: names[3]!, value: "new" }));
      for (let life = 0; life < 4; life += 1) {
        cluster.start("node-4", ["node-1"]);
        cluster.run(pause);
        cluster.kill("node-4");
      }
      cluster.start("node-4", ["node-1"]);
      cluster.settle(4);
      cluster.run(30_000);
      for (const node of [...others, "node-4"]) {
        expect([...cluster.replica(node).keys.keys()], `${node}, ${pause} ms`).toEqual([names[3]]);
        expect(shown(cluster, node, names[3]!)).toEqual(["new"]);
      }
      const { keys, setAside } = cluster.machines.get(asNodeId("node-4"))!.disk;
      expect([Array.from(keys, ([key]) => key), setAside]).toEqual([[names[3]], undefined]);
    }
  });
});

describe("a node that was taken out and finds nobody", () => {
  it("takes back what it had, for it is all there is, also when it dies before", () => {
    const { cluster, names } = withOldCopy(20);
    cluster.leave("node-4");
    cluster.settle(3);
    for (const node of others) cluster.kill(node);
    cluster.run(2 * lifetime);
    const before = cluster.machines.get(asNodeId("node-4"))!.disk;
    // What the others were is not known any more: the cluster is gone.
    const own = before.topology.filter(({ node }) => node === "node-4");
    cluster.machines.get(asNodeId("node-4"))!.disk = { ...before, topology: own, members: [] };
    for (let life = 0; life < 3; life += 1) {
      cluster.start("node-4", ["node-1"]);
      cluster.run(100);
      expect(cluster.replica("node-4").keys.size, "set aside").toBe(0);
      cluster.kill("node-4");
    }
    cluster.start("node-4", ["node-1"]);
    cluster.run(31_000);
    expect(phaseOf(cluster, "node-4")).toBe("serving");
    for (const key of names)
      expect(
        valuesShown(resultOf(cluster.ask("node-4", { op: "get", key, quorum: { r: 1, w: 1 } }))),
      ).toEqual(["old"]);
    cluster.kill("node-4");
    cluster.start("node-4");
    expect(cluster.replica("node-4").keys.size).toBe(20);
  });
});
