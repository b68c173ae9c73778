/** A node that comes back under its name with nothing on its disk: whole replicas, virtual time. */
import { describe, expect, it } from "vitest";
import { asKey } from "../../../shared/ids.ts";
import { valuesShown } from "../../../shared/replication/shown.ts";
import type { ClientRequest, OperationOutcome, OperationResult } from "../../../shared/replication/types.ts";
import { Cluster } from "./cluster.ts";

const key = asKey("k");
const nodes = ["node-1", "node-2", "node-3"];

const put = (more: Partial<ClientRequest> = {}) => ({ op: "put", key, value: "red", ...more }) as const;

function resultOf(outcome: OperationOutcome): OperationResult {
  if (!outcome.ok) throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
  return outcome.result;
}

const began = (cluster: Cluster, node: string) =>
  cluster.replica(node).topology.nodes.find((each) => each.node === node);

describe("P1: a node that lost its disk", () => {
  it("gives no dot that it gave before: it coordinates no write before it has been refilled", () => {
    const cluster = new Cluster();
    cluster.startAll(3);
    for (const other of ["node-2", "node-3"]) {
      cluster.cut("node-1", other);
      cluster.cut(other, "node-1");
    }
    cluster.run(10_000);
    for (let i = 0; i < 30; i++) resultOf(cluster.ask("node-3", put({ value: `old ${i}` })));
    // Now only node-2 knows how far the counter of node-3 went, and it is away.
    for (const node of ["node-2", "node-3"]) cluster.kill(node);
    cluster.wipe("node-3");
    cluster.heal();
    cluster.start("node-3", ["node-1"]);
    cluster.run(1_000);
    const written = resultOf(cluster.ask("node-3", put({ value: "acknowledged", context: {} })));
    expect(written.coordinator).toBe("node-1");
    expect(cluster.ask("node-3", { op: "get", key, quorum: { r: 1 } })).toMatchObject({ ok: true });
    cluster.start("node-2", ["node-1"]);
    cluster.settle(3);
    cluster.run(20_000);
    for (const node of nodes) {
      expect(valuesShown(resultOf(cluster.ask(node, { op: "get", key }))).toSorted()).toEqual([
        "acknowledged",
        "old 29",
      ]);
    }
    expect(resultOf(cluster.ask("node-3", put())).coordinator).toBe("node-3");
  });
});

describe("a node whose data is damaged, and what it knows of itself is not", () => {
  it("keeps its place and is refilled before it coordinates a write or answers a read", () => {
    const cluster = new Cluster();
    cluster.startAll(3);
    for (let i = 0; i < 20; i++)
      resultOf(cluster.ask("node-1", { op: "put", key: asKey(`k${i}`), value: `old ${i}` }));
    cluster.kill("node-3");
    cluster.damage("node-3");
    for (const other of ["node-1", "node-2"]) {
      cluster.cut("node-3", other);
      cluster.cut(other, "node-3");
    }
    cluster.start("node-3", ["node-1"]);
    cluster.run(1_000);
    expect(began(cluster, "node-3")).toMatchObject({ phase: "rebuilding" });
    for (let i = 0; i < 20; i++) {
      const read = { op: "get", key: asKey(`k${i}`), quorum: { r: 1 } } as const;
      expect(cluster.ask("node-3", read).ok).toBe(false);
      expect(
        cluster.ask("node-3", { op: "put", key: asKey(`k${i}`), value: "new", quorum: { w: 1 } }).ok,
      ).toBe(false);
    }
    cluster.heal();
    cluster.settle(3);
    expect(began(cluster, "node-3")).toMatchObject({ phase: "serving" });
    expect(cluster.replica("node-3").keys.size).toBe(20);
    expect(resultOf(cluster.ask("node-3", put())).coordinator).toBe("node-3");
  });

  it("does so, too, when it dies before anybody has heard of it", () => {
    const cluster = new Cluster();
    cluster.startAll(3);
    for (let i = 0; i < 20; i++)
      resultOf(cluster.ask("node-1", { op: "put", key: asKey(`k${i}`), value: `old ${i}` }));
    cluster.kill("node-3");
    cluster.damage("node-3");
    for (let i = 0; i < 3; i++) {
      for (const other of ["node-1", "node-2"]) {
        cluster.cut("node-3", other);
        cluster.cut(other, "node-3");
      }
      cluster.start("node-3", ["node-1"]);
      cluster.run(100);
      expect(began(cluster, "node-3")).toMatchObject({ phase: "rebuilding" });
      cluster.kill("node-3");
    }
    cluster.heal();
    cluster.start("node-3", ["node-1"]);
    cluster.settle(3);
    expect(cluster.replica("node-3").keys.size).toBe(20);
  });

  it("joins anew when it was still joining, and is brought what it had been brought before", () => {
    const cluster = new Cluster();
    cluster.startAll(3);
    for (let i = 0; i < 20; i++)
      resultOf(cluster.ask("node-1", { op: "put", key: asKey(`k${i}`), value: `old ${i}` }));
    cluster.start("node-4", ["node-1"]);
    cluster.runUntil(() => cluster.replica("node-4").keys.size > 0, 10_000);
    expect(began(cluster, "node-4")).toMatchObject({ phase: "joining" });
    cluster.kill("node-4");
    cluster.damage("node-4");
    cluster.start("node-4", ["node-1"]);
    cluster.settle(4);
    expect(cluster.replica("node-4").keys.size).toBeGreaterThan(0);
    for (const [key, state] of cluster.replica("node-4").keys)
      expect(state).toEqual(cluster.replica("node-1").keys.get(key) ?? state);
    for (let i = 0; i < 20; i++) {
      const name = asKey(`k${i}`);
      if (
        cluster
          .replica("node-4")
          .owners(name)
          .includes("node-4" as never)
      )
        expect(cluster.replica("node-4").keys.has(name)).toBe(true);
    }
  });
});
