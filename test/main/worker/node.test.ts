/** Whole nodes, as a person meets them with curl and kill. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually, freePort, patient, TestCluster, type TestNode } from "./cluster.ts";

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster();
});
afterEach(() => cluster.end());

const clockOf = async (node: TestNode) => {
  const { body } = await node.request("GET", "/api/v1/vector-clock");
  return (body["vector_clock"] as { clocks: Record<string, number> }).clocks;
};

const conflictsOf = async (node: TestNode) => {
  const { body } = await node.request("GET", "/api/v1/vector-clock");
  return body["conflicts"] as { key: string; values: string[] }[];
};

const operationsOf = async (node: TestNode) => {
  const { body } = await node.request("GET", "/api/v1/vector-clock");
  return (body["event_log"] as { events: unknown[] }).events;
};

describe("three nodes", () => {
  it("join by a seed, take a write on one and answer a read on another", async () => {
    const [one, two, three] = (await cluster.startMany(3, { flags: [patient] })) as [
      TestNode,
      TestNode,
      TestNode,
    ];
    const written = await one.put("user:123", "John Doe");
    expect(written.status).toBe(200);
    expect(written.body).toMatchObject({
      key: "user:123",
      value: "John Doe",
      replication_result: { quorum_achieved: true, failed_nodes: [] },
      vector_clock: { clocks: expect.objectContaining({ "node-1": expect.any(Number) }) },
      event_count: 1,
      conflict: false,
    });
    expect(written.body["replication_nodes"]).toHaveLength(3);
    for (const node of [two, three]) {
      expect((await node.get("user:123")).body).toMatchObject({ value: "John Doe", conflict: false });
    }
    const deleted = await three.request("DELETE", "/api/v1/data/user:123");
    expect(deleted.body).toMatchObject({ key: "user:123", deleted: true });
    expect((await one.get("user:123")).status).toBe(404);
  });

  it("see a killed one suspected, then dead, and back with its data and a clock that goes on", async () => {
    const [one, two, three] = (await cluster.startMany(3, { control: true })) as [
      TestNode,
      TestNode,
      TestNode,
    ];
    expect((await three.put("kept", "before")).status).toBe(200);
    const before = (await clockOf(three))["node-3"]!;
    await three.signal("SIGKILL");

    await eventually("both survivors to call node-3 dead", async () => {
      const views = await Promise.all([one.beliefs(), two.beliefs()]);
      return views.every((view) => view["node-3"] === "dead");
    });
    for (const survivor of [one, two]) {
      await eventually(`${survivor.id} to tell how it came to that`, () => {
        const statuses = survivor.events
          .filter(({ name, detail }) => name === "member" && detail?.["about"] === "node-3")
          .map(({ detail }) => detail?.["status"]);
        return statuses.at(-2) === "suspect" && statuses.at(-1) === "dead";
      });
    }
    expect((await one.put("missed", "while it was down")).status, "two of three are enough").toBe(200);

    const back = await cluster.restart(three);
    await cluster.allAlive([one, two, back]);
    expect((await back.get("kept", "?r=1&n=1")).status).toBeLessThan(500);
    expect((await back.get("kept")).body).toMatchObject({ value: "before" });
    expect((await back.get("missed")).body).toMatchObject({ value: "while it was down" });
    expect((await clockOf(back))["node-3"]).toBeGreaterThan(before);
    expect((await back.request("GET", "/api/v1/status")).body).toMatchObject({ clock_store: "sqlite" });
  });

  it("report concurrent writes as a conflict, and a replicated write never", async () => {
    const flags = [patient, "--request-timeout=5000"];
    const nodes = (await cluster.startMany(3, { flags })) as [TestNode, TestNode, TestNode];
    const [one, two, three] = nodes;
    for (let turn = 0; turn < 5; turn++) {
      // On every node before the next write: what a node has not got yet, it writes beside.
      const { body } = await eventually(`write ${turn} to be on every node`, async () => {
        const answer = await nodes[turn % 3]!.put("calm", String(turn), undefined, "?w=3");
        return answer.status === 200 && answer;
      });
      expect(body).toMatchObject({ conflict: false });
    }
    for (const node of nodes) expect(await conflictsOf(node)).toEqual([]);

    await one.put("cart", "milk", {});
    await two.put("cart", "bread", {});
    const read = await three.get("cart");
    expect(read.body).toMatchObject({ conflict: true });
    expect((read.body["values"] as string[]).toSorted()).toEqual(["bread", "milk"]);
    await eventually("every node to list the conflict", async () => {
      const lists = await Promise.all(nodes.map(conflictsOf));
      return lists.every((list) => list.length === 1 && list[0]!.key === "cart");
    });

    const context = read.headers.get("x-lightcone-context")!;
    const merged = await two.request(
      "PUT",
      "/api/v1/data/cart",
      { value: "milk, bread" },
      {
        "X-Lightcone-Context": context,
      },
    );
    expect(merged.body).toMatchObject({ conflict: false });
    expect((await one.get("cart")).body).toMatchObject({ values: ["milk, bread"], conflict: false });
  });

  it("become four without a failed request, and the new one owns its share", async () => {
    const nodes = await cluster.startMany(3, { flags: [patient] });
    for (let index = 0; index < 50; index++) {
      expect((await nodes[index % 3]!.put(`key-${index}`, String(index))).status).toBe(200);
    }
    const four = await cluster.start("node-4", { flags: [`--seed-node=${nodes[1]!.address}`, patient] });
    const statuses = new Set<number>();
    await eventually("all four to see each other", async () => {
      statuses.add((await nodes[0]!.put("during", "x")).status);
      const views = await Promise.all([...nodes, four].map((node) => node.beliefs()));
      return views.every((view) => Object.values(view).filter((status) => status === "alive").length === 4);
    });
    expect([...statuses]).toEqual([200]);
    await eventually("keys to be handed over", async () => {
      const { body } = await four.request("GET", "/api/v1/status");
      return Number(body["keys"]) > 0;
    });
    for (let index = 0; index < 50; index++) {
      expect((await four.get(`key-${index}`)).body).toMatchObject({ value: String(index) });
    }
  });

  it("join on request, by POST /gossip/join", async () => {
    const one = await cluster.start("node-1");
    const two = await cluster.start("node-2");
    const answer = await one.request("POST", "/gossip/join", { node_id: "node-2", address: two.address });
    expect(answer.body).toMatchObject({ status: "joining", node_id: "node-2" });
    await cluster.allAlive([one, two]);
  });
});

describe("a node whose seed is itself", () => {
  it("serves alone, and is not told off", async () => {
    const port = await freePort();
    const settings = { flags: [`--seed-node=localhost:${port}`, "--n=1", "--r=1", "--w=1"], control: true };
    const node = await cluster.spawn("node-1", port, settings).ready();
    await eventually("its own JOIN to arrive", () =>
      node.events.some(({ type, name, peer }) => type === "receive" && name === "JOIN" && peer === "node-1"),
    );
    await cluster.allAlive([node]);
    expect((await node.put("a", "1")).status).toBe(200);
    expect(await node.beliefs()).toEqual({ "node-1": "alive" });
    expect(node.stderr).toBe("");
  });
});

describe("what a node keeps", () => {
  it.each(["sqlite", "file"])("its clock survives SIGKILL in the %s store", async (kind) => {
    const settings = { flags: [`--clock-store=${kind}`, "--n=1", "--r=1", "--w=1"] };
    const node = await cluster.start("node-1", settings);
    await node.put("a", "1");
    const before = (await clockOf(node))["node-1"]!;
    await node.signal("SIGKILL");
    const again = await cluster.restart(node, { ...settings, control: true });
    expect((await clockOf(again))["node-1"]).toBeGreaterThan(before);
    const start = await eventually("the start event", () =>
      again.events.find(({ name }) => name === "start"),
    );
    expect(start.detail).toMatchObject({ clock: "restored", clockStore: kind, keys: 1 });
  });

  it("V5: without a clock store it starts again, and says that its clock is lost", async () => {
    const settings = { flags: ["--clock-store=memory", "--n=1", "--r=1", "--w=1"], control: true };
    const node = await cluster.start("node-1", settings);
    for (let count = 0; count < 20; count++) await node.put(`key-${count}`, "1");
    await node.signal("SIGKILL");
    const again = await cluster.restart(node, settings);
    const start = await eventually("the start event", () =>
      again.events.find(({ name }) => name === "start"),
    );
    expect(start.detail).toMatchObject({ clock: "lost", keys: 20 });
    expect(start.clock).toEqual({ "node-1": 1 });
  });

  it("its operations and their hashes are there after a restart", async () => {
    const settings = { flags: ["--n=1", "--r=1", "--w=1"] };
    const node = await cluster.start("node-1", settings);
    await node.put("a", "1");
    await node.get("a");
    const before = await operationsOf(node);
    expect(before).toMatchObject([
      {
        type: "put",
        key: "a",
        value: "1",
        node_id: "node-1",
        causal_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      { type: "get", key: "a" },
    ]);
    await node.signal("SIGKILL");
    expect(await operationsOf(await cluster.restart(node, settings))).toEqual(before);
  });
});
