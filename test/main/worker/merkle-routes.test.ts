/** Two real nodes compare their trees on command: keys written to one of them only are on both afterwards. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, TestCluster, type TestNode } from "./cluster.ts";

interface Range {
  readonly range: string;
  readonly root: string;
  readonly keys: number;
}
interface TreeNode {
  readonly hash: string;
  readonly keys: number;
  readonly is_leaf: boolean;
  readonly children: readonly { readonly prefix: string; readonly hash: string; readonly keys: number }[];
  readonly entries: readonly { readonly key: string; readonly digest: string }[];
}

const count = 100;
let cluster: TestCluster;
let nodes: TestNode[];
beforeAll(async () => {
  cluster = new TestCluster();
  const flags = ["--n=2", "--r=1", "--w=2", '--replication={"antiEntropyInterval":0}'];
  nodes = await cluster.startMany(2, { flags, control: true });
  // One copy of each, wherever its first owner is, although two nodes own it.
  const keys = Array.from({ length: count }, (_, i) => `key-${i}`);
  await Promise.all(keys.map((key) => nodes[0]!.put(key, "v", undefined, "?n=1&r=1&w=1")));
});
afterAll(() => cluster.end());

/** Trees may be behind the data for a moment. */
const tree = (node: TestNode, query = "") =>
  eventually("the trees to be up to date", async () => {
    const { status, body } = await node.request("GET", `/api/v1/merkle-tree${query}`);
    expect([200, 503]).toContain(status);
    return status === 200 && body;
  });
const rangesOf = async (node: TestNode) => (await tree(node))["ranges"] as readonly Range[];
const nodeOf = async (node: TestNode, prefix: string) =>
  (await tree(node, `?range=node-1,node-2&prefix=${prefix}`)) as unknown as TreeNode;

/** All keys under a prefix, by walking the children down to the leaves. */
async function walk(node: TestNode, prefix = ""): Promise<[string, string][]> {
  const { is_leaf, children, entries, keys } = await nodeOf(node, prefix);
  const found = is_leaf
    ? entries.map(({ key, digest }): [string, string] => [key, digest])
    : (
        await Promise.all(children.filter((child) => child.keys > 0).map((child) => walk(node, child.prefix)))
      ).flat();
  expect(found).toHaveLength(keys);
  return found;
}

describe("GET /api/v1/merkle-tree and POST /api/v1/anti-entropy", () => {
  it("show two trees that differ, and make them equal", async () => {
    const [one, two] = nodes as [TestNode, TestNode];
    const before = await Promise.all([one, two].map(rangesOf));
    expect(before.flat().reduce((sum, { keys }) => sum + keys, 0)).toBe(count);
    expect((await walk(one)).length + (await walk(two)).length).toBe(count);

    const answer = await one.request("POST", "/api/v1/anti-entropy?peer=node-2");
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ node_id: "node-1", peer: "node-2" });
    const ended = await eventually("the comparison to end", () =>
      one.events.find(
        ({ name, detail }) => name === "exchange-ended" && detail?.["exchange"] === answer.body["exchange"],
      ),
    );
    expect(ended.detail).toMatchObject({ peer: "node-2", outcome: "repaired" });
    expect(ended.detail!["keys"]).toHaveLength(count);

    const after = await Promise.all([one, two].map(rangesOf));
    expect(after[0]).toEqual(after[1]);
    expect(after[0]![0]).toMatchObject({ range: "node-1,node-2", keys: count });
    expect(new Map(await walk(one))).toEqual(new Map(await walk(two)));
    expect(await nodeOf(one, "")).toMatchObject({ hash: after[0]![0]!.root, is_leaf: false });
  });

  it("compare one hash the next time, with whoever is next", async () => {
    const two = nodes[1]!;
    const { body } = await two.request("POST", "/api/v1/anti-entropy");
    const ended = await eventually("the comparison to end", () =>
      two.events.find(
        ({ name, detail }) => name === "exchange-ended" && detail?.["exchange"] === body["exchange"],
      ),
    );
    expect(ended.detail).toMatchObject({ peer: "node-1", outcome: "equal", hashes: 1, keys: [] });
  });

  it.each([
    ["?range=node-1,node-2&prefix=zz", 400, "bad_input"],
    ["?range=node-1,node-2&prefix=123456789", 400, "bad_input"],
    ["?prefix=3f", 400, "bad_input"],
    ["?range=node-9", 404, "not_found"],
  ])("refuse %s", async (query, status, code) => {
    const answer = await nodes[0]!.request("GET", `/api/v1/merkle-tree${query}`);
    expect(answer.status).toBe(status);
    expect(answer.body["error"]).toMatchObject({ code });
  });
});
