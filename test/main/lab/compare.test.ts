/** Comparisons on command, and clusters that replicate otherwise than usual. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, RunningLab } from "./running-lab.ts";

describe("merkle.compare", () => {
  let running: RunningLab;
  beforeAll(async () => {
    running = await RunningLab.start();
    await running.call("cluster.new", {
      nodes: 3,
      preset: "lab",
      replication: { antiEntropyInterval: 0, conflicts: { "n:": "max" } },
    });
    await running.untilAlive(["node-1", "node-2", "node-3"]);
  });
  afterAll(() => running?.close());

  it("begins the exchange that it names, and its end is recorded", async () => {
    const { exchange } = await running.call("merkle.compare", { from: "node-1", to: "node-3" });
    expect(exchange).toEqual(expect.any(String));
    await eventually(async () => {
      const own = (await running.recorded()).filter((event) => event.detail?.["exchange"] === exchange);
      expect(own.find(({ name }) => name === "exchange")).toMatchObject({
        node: "node-1",
        detail: { peer: "node-3", reason: "command" },
      });
      expect(own.find(({ name }) => name === "exchange-ended")?.detail).toMatchObject({ outcome: "equal" });
    });
  });

  it("refuses a node with itself, one that is not there and one that does not run", async () => {
    const compare = (from: string, to: string) => running.call("merkle.compare", { from, to });
    await expect(compare("node-1", "node-1")).rejects.toMatchObject({ code: "bad_input" });
    await expect(compare("node-1", "node-9")).rejects.toMatchObject({ code: "unknown_node" });
    await running.call("node.kill", { node: "node-2" });
    await expect(compare("node-2", "node-1")).rejects.toMatchObject({ code: "wrong_state" });
  });

  it("runs in a cluster whose settings the session tells, and its nodes keep to", async () => {
    const [cluster] = await running.acts("cluster");
    expect(cluster?.detail).toMatchObject({
      replication: { antiEntropyInterval: 0, conflicts: { "n:": "max" } },
    });
    for (const value of ["3", "7", "5"])
      await running.call("data.put", { node: "node-1", key: "n:1", value, context: {} });
    await eventually(async () => {
      const { shown } = await running.call("data.get", { node: "node-1", key: "n:1" });
      expect(shown).toEqual(["7"]);
    });
  });
});
