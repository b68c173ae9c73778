/** Writes kept for a node that is down, as its cluster shows them, and what becomes of them. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually, patient, TestCluster, type TestNode } from "./cluster.ts";

/** A hint is sent again no sooner than a request is given up. */
const flags = [patient, "--request-timeout=3000"];

let cluster: TestCluster;
let nodes: TestNode[];
beforeAll(async () => {
  cluster = new TestCluster();
  nodes = await cluster.startMany(3, { flags });
});
afterAll(() => cluster.end());

const body = async (node: TestNode, path: string) => (await node.request("GET", path)).body;
const metric = async (node: TestNode, name: string) => {
  const lines = String((await body(node, "/metrics"))["text"]).split("\n");
  return lines
    .find((line) => line.startsWith(`lightcone_${name}`))
    ?.split(" ")
    .at(-1);
};

it("a write for a node that is down waits beside, is counted, and is there when the node is back", async () => {
  const [first, , gone] = nodes as [TestNode, TestNode, TestNode];
  expect(await body(first, "/api/v1/hints")).toEqual({ node_id: "node-1", total_keys: 0, hints: [] });
  await gone.signal("SIGKILL");
  const written = await eventually("a write that two of three have", async () => {
    const answer = await first.put("kept", "meanwhile");
    return answer.status === 200 && answer;
  });

  const waiting = await eventually("a hint for node-3", async () => {
    const hints = await body(first, "/api/v1/hints");
    return hints["total_keys"] === 1 && hints;
  });
  expect(waiting["hints"]).toEqual([
    { target: "node-3", keys: 1, oldest_at: expect.stringMatching(/^\d{4}-.*Z$/) },
  ]);
  expect(await body(first, "/api/v1/keys/kept")).toMatchObject({
    versions: [{ value: "meanwhile" }],
    hints: [
      {
        target: "node-3",
        context: written.body["context"],
        versions: [{ value: "meanwhile", dot: written.body["dot"] }],
        expires_at: expect.stringMatching(/^\d{4}-.*Z$/),
      },
    ],
  });
  expect(await metric(first, 'hints_waiting{owner="node-3"}')).toBe("1");

  const back = await cluster.restart(gone, {
    flags: [`--seed-node=${first.address}`, "--request-timeout=3000"],
  });
  await eventually(
    "the hint to be delivered",
    async () => (await metric(first, "hints_delivered_total")) === "1",
  );
  expect(await body(first, "/api/v1/hints")).toMatchObject({ total_keys: 0 });
  expect(await body(back, "/api/v1/keys/kept")).toMatchObject({ versions: [{ value: "meanwhile" }] });
});

it("counts what replication did", async () => {
  const [first] = nodes as [TestNode];
  const put = () =>
    first.request("PUT", "/api/v1/data/counted", { value: "x" }, { "Idempotency-Key": "counted-1" });
  await put();
  await put();
  await eventually(
    "the repetition to be counted",
    async () => (await metric(first, "requests_repeated_total")) === "1",
  );
  for (const name of ["hints_dropped_total", "versions_discarded_total", "read_repairs_total"]) {
    expect(await metric(first, name)).toMatch(/^\d+$/);
  }
});
