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
