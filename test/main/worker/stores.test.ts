/** Real nodes on their disks, one of each thing that can happen; all kinds of stores are in stores.long.test.ts. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { breakPage, takeUpLog } from "../storage/database-pages.ts";
import { eventually, patient, TestCluster, type TestNode } from "./cluster.ts";
import { alone, callUntilGone, files, increment, valueOf } from "./storing.ts";

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster();
});
afterEach(() => cluster.end());

it("keeps every acknowledged call through a SIGKILL under load", async () => {
  const flags = alone;
  let node = await cluster.start("node-1", { flags });
  for (let round = 0; round < 1; round += 1) {
    const names = Array.from({ length: 6 }, (_, index) => `r${round}-${index}`);
    const calls = names.map((name) => callUntilGone(node, name));
    await eventually("some calls", async () => (await valueOf(node, names[5]!)) > 20);
    await node.signal("SIGKILL");
    const acknowledged = await Promise.all(calls);
    node = await cluster.restart(node, { flags });
    for (const [index, name] of names.entries())
      expect(await valueOf(node, name), name).toBeGreaterThanOrEqual(acknowledged[index]!);
  }
});

it("P33: when a flush fails, the node acknowledges nothing more, says so in a sentence, and ends", async () => {
  const flags = alone;
  const node = await cluster.start("node-1", { flags, control: true });
  await increment(node, "n");
  node.tell({ kind: "disk", fault: { kind: "fail", operation: "sync", nth: 1, lasts: "always" } });
  await node.fence();
  const acknowledged = await callUntilGone(node, "n");
  expect(acknowledged).toBe(0);
  expect((await node.exit).code).toBe(1);
  expect(node.stderr.trim().split("\n")).toHaveLength(1);
  expect(node.stderr).toMatch(/could not be written|cannot be saved/);
  expect(node.received.some(({ kind }) => kind === "failed")).toBe(true);
  const back = await cluster.restart(node, { flags });
  expect(await valueOf(back, "n")).toBeGreaterThanOrEqual(1);
});

const put = async (node: TestNode, key: string) =>
  eventually(`a write of ${key}`, async () => (await node.put(key, key)).status === 200);

/** Of node-3, as far as this node has heard. */
const counterAt = async (node: TestNode) => {
  const { body } = await node.request("GET", "/api/v1/vector-clock");
  return (body["vector_clock"] as { clocks: Record<string, number> }).clocks["node-3"] ?? 0;
};

it("P1: a node whose node.db is damaged is refilled by the others before it counts, and gives no counter out twice", async () => {
  const [one, two, three] = (await cluster.startMany(3, { flags: [patient] })) as [
    TestNode,
    TestNode,
    TestNode,
  ];
  for (let index = 0; index < 30; index += 1) await put(three, `k${index}`);
  const before = await eventually("its peers to have heard", async () => {
    const heard = await Promise.all([one, two].map(counterAt));
    return Math.min(...heard) > 30 && Math.max(...heard);
  });
  await three.signal("SIGKILL");
  takeUpLog(three.dataDir);
  // The first page leads to all others: nothing can be read, the clock neither.
  breakPage(three.dataDir, 1);
  const back = await cluster.restart(three, { flags: [patient, `--seed-node=${one.address}`] });
  expect(back.stderr).toMatch(/^node\.db is damaged\. SQLite says of it: /);
  expect(back.stderr).toMatch(/is refilled by the other replicas before it serves\./);
  expect(back.stderr).toMatch(/Nothing in it tells how far the node had counted; its peers do\./);
  expect(readdirSync(join(back.dataDir, "set-aside"))).toEqual([expect.stringMatching(/Z-node\.db$/)]);
  await cluster.allAlive([one, two, back]);
  await eventually("every key to be back", async () => {
    const { body } = await back.request("GET", "/api/v1/tables/kv/keys?limit=100");
    return (body["rows"] as unknown[]).length >= 30;
  });
  await put(back, "after");
  expect(await counterAt(back)).toBeGreaterThan(before);
  for (const index of [0, 15, 29]) expect((await back.get(`k${index}`)).body["value"]).toBe(`k${index}`);
});

describe("what a node tells of its storage", () => {
  it("is where everything lies, what is durable, faults and what the start did; and a snapshot can be asked for", async () => {
    const flags = [...alone, ...files];
    const node = await cluster.start("node-1", { flags: [...flags, '--disk-fault={"kind":"slow","ms":1}'] });
    await increment(node, "n");
    expect((await node.request("GET", "/api/v1/health")).body).toMatchObject({ status: "ok" });
    expect((await node.request("POST", "/api/v1/snapshot")).body).toMatchObject({ node_id: "node-1" });
    const { body } = await node.request("GET", "/api/v1/storage");
    expect(body).toMatchObject({
      node: "node-1",
      source: "live",
      kinds: { log: "file", snapshots: "file", clocks: "file", sync: "commit", recovery: "rebuild" },
      snapshots: [{ problem: null }],
      clock: { file: "clocks/node-1.clock.json" },
      faults: ["Each write and each flush takes 1 ms longer."],
    });
    const log = body["log"] as { last: number; durable: number; segments: { file: string }[] };
    expect(log.durable).toBe(log.last);
    expect(statSync(join(node.dataDir, log.segments[0]!.file)).isFile()).toBe(true);
    const metrics = (await node.request("GET", "/metrics")).body["text"] as string;
    expect(metrics).toMatch(/^lightcone_log_durable_position [1-9]/m);
    expect(metrics).toMatch(/^lightcone_clock_store_seconds_count\{operation="save"\} [1-9]/m);
    await node.signal("SIGKILL");
    const back = await cluster.restart(node, { flags });
    const after = await back.request("GET", "/api/v1/storage");
    expect((after.body["recovery"] as string[])[0]).toMatch(
      /^Read \d+ rows? of the snapshot at \d+ and replayed/,
    );
    expect(back.stderr, "nothing of that is worth a word").toBe("");
  });
});
