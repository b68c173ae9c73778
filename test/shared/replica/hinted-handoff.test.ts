/** Hints between whole nodes: who keeps them, who counts them, and what becomes of them. */
import { describe, expect, it } from "vitest";
import { noRarePaths } from "../../../shared/buggify.ts";
import { asKey, asNodeId, type Key, type NodeId } from "../../../shared/ids.ts";
import type { ReplicationSettings } from "../../../shared/replication/settings.ts";
import { Cluster } from "./cluster.ts";

const key = asKey("colour");

function fiveNodes(settings: Partial<ReplicationSettings> = {}): {
  cluster: Cluster;
  walk: readonly NodeId[];
} {
  const cluster = new Cluster({ n: 3, r: 2, w: 2 }, "lab", noRarePaths, settings);
  cluster.startAll(5);
  return { cluster, walk: cluster.replica("node-1").ring.owners(key, 5) };
}

/** Kills a node and waits until the others have found it dead. */
function lose(cluster: Cluster, node: NodeId): void {
  cluster.kill(node);
  const isFound = (other: NodeId) =>
    cluster
      .replica(other)
      .members()
      .find((member) => member.node === node)?.status === "dead";
  cluster.runUntil(() => cluster.up.every(isFound), 20_000);
}

const hints = (cluster: Cluster) =>
  cluster.up.flatMap((node) =>
    cluster
      .replica(node)
      .hints()
      .map(({ target, keys }) => `${node} keeps ${keys} for ${target}`),
  );

const valuesOn = (cluster: Cluster, node: NodeId, of: Key = key) =>
  cluster
    .replica(node)
    .keys.get(of)
    ?.versions.map(({ value }) => value) ?? [];

describe("hinted handoff", () => {
  it("lesson 13: one hint on the stand-in, then none, and the home replica has it", () => {
    const { cluster, walk } = fiveNodes();
    const [home, , , standIn] = walk as [NodeId, NodeId, NodeId, NodeId];
    lose(cluster, home);
    expect(cluster.ask(walk[1]!, { op: "put", key, value: "red" }).ok).toBe(true);
    expect(hints(cluster)).toEqual([`${standIn} keeps 1 for ${home}`]);
    cluster.start(home, [walk[1]!]);
    cluster.settle(5);
    cluster.runUntil(() => hints(cluster).length === 0, 5_000);
    expect(valuesOn(cluster, home)).toEqual(["red"]);
  });

  it("a write whose owner dies before anybody knows gets a hint as well", () => {
    const { cluster, walk } = fiveNodes();
    const [, home] = walk as [NodeId, NodeId];
    cluster.kill(home);
    expect(cluster.ask(walk[0]!, { op: "put", key, value: "red" }).ok).toBe(true);
    cluster.run(2_000);
    expect(hints(cluster)).toEqual([`${walk[3]!} keeps 1 for ${home}`]);
    cluster.start(home, [walk[0]!]);
    cluster.settle(5);
    cluster.runUntil(() => hints(cluster).length === 0, 5_000);
    expect(valuesOn(cluster, home)).toEqual(["red"]);
  });

  it("a stand-in that is killed has its hints when it is back", () => {
    const { cluster, walk } = fiveNodes();
    const [home, , , standIn] = walk as [NodeId, NodeId, NodeId, NodeId];
    lose(cluster, home);
    cluster.ask(walk[1]!, { op: "delete", key });
    cluster.kill(standIn);
    cluster.start(standIn, [walk[1]!]);
    expect(hints(cluster)).toEqual([`${standIn} keeps 1 for ${home}`]);
    cluster.start(home, [walk[1]!]);
    cluster.settle(5);
    cluster.runUntil(() => hints(cluster).length === 0, 5_000);
    expect(valuesOn(cluster, home)).toEqual([null]);
  });

  it("P10: a strict quorum with two owners of three dead refuses, and keeps nothing anywhere", () => {
    const { cluster, walk } = fiveNodes();
    for (const owner of walk.slice(0, 2)) lose(cluster, owner);
    for (const node of walk.slice(2)) {
      const outcome = cluster.ask(node, { op: "put", key, value: "red" });
      expect(outcome).toMatchObject({ ok: false, error: { code: "quorum_not_met", definite: true } });
    }
    expect(hints(cluster)).toEqual([]);
    expect(walk.slice(2).flatMap((node) => valuesOn(cluster, node))).toEqual([]);
  });

  it("a sloppy quorum with two owners of three dead answers, reads included, and the owners get it all back", () => {
    const { cluster, walk } = fiveNodes({ sloppy: true });
    const owners = walk.slice(0, 3);
    for (const owner of owners.slice(0, 2)) lose(cluster, owner);
    expect(cluster.ask(walk[4]!, { op: "put", key, value: "red" }).ok).toBe(true);
    expect(hints(cluster)).toHaveLength(2);
    // The last owner goes, too: only hints are left.
    lose(cluster, owners[2]!);
    const found = cluster.ask(walk[3]!, { op: "get", key });
    expect(found).toMatchObject({ ok: true, result: { state: { versions: [{ value: "red" }] } } });
    for (const owner of owners) cluster.start(owner, [walk[3]!]);
    cluster.settle(5);
    cluster.runUntil(() => hints(cluster).length === 0, 10_000);
    for (const owner of owners.slice(0, 2)) expect(valuesOn(cluster, owner)).toEqual(["red"]);
  });

  it("a hint for a node that is taken out for good goes to the owners that follow", () => {
    const { cluster, walk } = fiveNodes();
    const [home] = walk as [NodeId];
    lose(cluster, home);
    cluster.ask(walk[1]!, { op: "put", key, value: "red" });
    cluster.input(walk[1]!, { kind: "evict", node: home });
    cluster.settle(4);
    cluster.runUntil(() => hints(cluster).length === 0, 10_000);
    for (const owner of walk.slice(1, 4)) expect(valuesOn(cluster, owner)).toEqual(["red"]);
  });

  it("hints for two nodes that are taken out together end with those who own the keys then, and time goes on", () => {
    const cluster = new Cluster({ n: 3, r: 1, w: 1 });
    cluster.startAll(5);
    const gone = ["node-4", "node-5"].map(asNodeId);
    for (const node of gone) cluster.kill(node);
    const keys = Array.from({ length: 50 }, (_, i) => asKey(`key-${i}`));
    for (const each of keys) cluster.ask("node-1", { op: "put", key: each, value: "red" });
    cluster.run(15_000);
    for (const node of gone) for (const by of cluster.up) cluster.input(by, { kind: "evict", node });
    cluster.settle(3);
    cluster.runUntil(() => hints(cluster).length === 0, 30_000);
    for (const each of keys) {
      expect(Object.values(cluster.values(each))).toEqual([["red"], ["red"], ["red"]]);
    }
  });

  it("a stand-in that leaves passes its hints on", () => {
    const { cluster, walk } = fiveNodes({ sloppy: true });
    const [home, , , standIn] = walk as [NodeId, NodeId, NodeId, NodeId];
    lose(cluster, home);
    cluster.ask(walk[1]!, { op: "put", key, value: "red" });
    expect(hints(cluster)).toEqual([`${standIn} keeps 1 for ${home}`]);
    cluster.leave(standIn);
    cluster.runUntil(() => !cluster.up.includes(standIn), 20_000);
    expect(hints(cluster)).toMatchObject([expect.stringContaining(`keeps 1 for ${home}`)]);
    cluster.start(home, [walk[1]!]);
    cluster.settle(4);
    cluster.runUntil(() => hints(cluster).length === 0, 10_000);
    expect(valuesOn(cluster, home)).toEqual(["red"]);
  });
});
