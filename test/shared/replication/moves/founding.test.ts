import { describe, expect, it } from "vitest";
import { asKey } from "../../../../shared/ids.ts";
import { Cluster } from "../../replica/cluster.ts";

const key = asKey("k");

function phases(cluster: Cluster, node: string): Record<string, string> {
  const { nodes } = cluster.replica(node).topology;
  return Object.fromEntries(nodes.map((each) => [each.node, each.phase]));
}

function cutOff(cluster: Cluster, some: readonly string[], others: readonly string[]): void {
  for (const a of some) {
    for (const b of others) {
      cluster.cut(a, b);
      cluster.cut(b, a);
    }
  }
}

const isSettled = (cluster: Cluster) => cluster.up.every((node) => cluster.replica(node).isSettled);

describe("a node that finds nobody", () => {
  it("serves at once when all it was told to look for is itself", () => {
    for (const seeds of [["node-1"], ["node-1", "node-1"]]) {
      const cluster = new Cluster({ n: 1, r: 1, w: 1 });
      cluster.start("node-1", seeds);
      expect(phases(cluster, "node-1")).toEqual({ "node-1": "serving" });
    }
  });

  it("lets a request wait, refuses it for certain in the end, and serves by itself after half a minute", () => {
    const cluster = new Cluster({ n: 1, r: 1, w: 1 });
    cluster.start("node-1", ["node-2"]);
    expect(cluster.ask("node-1", { op: "put", key, value: "early" })).toMatchObject({
      ok: false,
      error: { code: "unavailable", definite: true, message: expect.stringContaining("entering the ring") },
    });
    cluster.run(25_000);
    expect(phases(cluster, "node-1")).toEqual({ "node-1": "joining" });
    cluster.run(6_000);
    expect(phases(cluster, "node-1")).toEqual({ "node-1": "serving" });
    expect(cluster.ask("node-1", { op: "put", key, value: "late" })).toMatchObject({ ok: true });
  });

  it("does not take over a cluster that it knows of", () => {
    const cluster = new Cluster();
    cluster.startAll(3);
    cluster.start("node-4", ["node-1"]);
    cluster.runUntil(() => phases(cluster, "node-4")["node-1"] === "serving", 1_000);
    for (const node of ["node-1", "node-2", "node-3"]) cluster.kill(node);
    cluster.run(60_000);
    expect(phases(cluster, "node-4")["node-4"]).toBe("joining");
  });

  it("joins those it meets later, as long as it holds nothing", () => {
    const cluster = new Cluster();
    cluster.startAll(3);
    cluster.ask("node-1", { op: "put", key, value: "v" });
    cutOff(cluster, ["node-4"], ["node-1", "node-2", "node-3"]);
    cluster.start("node-4", ["node-1"]);
    cluster.run(40_000);
    expect(phases(cluster, "node-4")).toEqual({ "node-4": "serving" });
    cluster.heal();
    cluster.runUntil(() => cluster.replica("node-1").ring.nodes.length === 4 && isSettled(cluster), 200_000);
    const received = cluster.happenings.filter(({ event }) => {
      if (event.type !== "local" || event.name !== "move") return false;
      return event.detail!["about"] === "node-4" && event.detail!["phase"] === "receiving";
    });
    expect(received).not.toEqual([]);
  });
});

describe("two clusters that meet", () => {
  it("one of them empty: its nodes join the other's, and every read goes on meeting every write", () => {
    const cluster = new Cluster();
    const [full, empty] = [
      ["node-1", "node-2", "node-3"],
      ["node-4", "node-5"],
    ];
    cluster.startAll(3);
    const keys = Array.from({ length: 40 }, (_, i) => asKey(`k${i}`));
    for (const each of keys) cluster.ask("node-1", { op: "put", key: each, value: "v" });
    cutOff(cluster, empty, full);
    cluster.start("node-4", ["node-1", "node-5"]);
    cluster.start("node-5", ["node-1", "node-4"]);
    cluster.run(5_000);
    expect(phases(cluster, "node-4")).toEqual({ "node-4": "serving", "node-5": "serving" });
    cluster.heal();
    const readAll = () => {
      for (const each of keys) {
        const read = cluster.ask("node-4", { op: "get", key: each });
        // Refused is an answer, too; wrong is not.
        if (read.ok) expect(read.result.state.versions, each).toMatchObject([{ value: "v" }]);
      }
    };
    cluster.runUntil(() => phases(cluster, "node-4")["node-1"] === "serving", 200_000);
    readAll();
    cluster.runUntil(() => cluster.replica("node-4").ring.nodes.length === 5 && isSettled(cluster), 10_000);
    readAll();
  });

  it("both with data: all of it is on all its owners in the end", () => {
    const cluster = new Cluster({ n: 3, r: 3, w: 1 }, "lab", undefined, { antiEntropyInterval: 1_000 });
    cluster.startAll(3);
    cutOff(cluster, ["node-4"], ["node-1", "node-2", "node-3"]);
    cluster.start("node-4", ["node-1"]);
    cluster.run(40_000);
    cluster.ask("node-1", { op: "put", key: asKey("here"), value: "1" });
    expect(cluster.ask("node-4", { op: "put", key: asKey("there"), value: "2" })).toMatchObject({ ok: true });
    cluster.heal();
    cluster.runUntil(() => cluster.replica("node-1").ring.nodes.length === 4 && isSettled(cluster), 200_000);
    cluster.run(60_000);
    for (const [name, value] of [
      ["here", "1"],
      ["there", "2"],
    ] as const) {
      for (const node of cluster.replica("node-1").owners(asKey(name))) {
        expect(cluster.values(asKey(name))[node], `${name} on ${node}`).toEqual([value]);
      }
    }
  });
});
