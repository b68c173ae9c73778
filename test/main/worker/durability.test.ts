/** SIGKILL under load: no acknowledged write is lost. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually, patient, TestCluster, type TestNode } from "./cluster.ts";

let cluster: TestCluster;
beforeEach(() => {
  cluster = new TestCluster();
});
afterEach(() => cluster.end());

/** Writes through `node` until it is dead; every key whose write was acknowledged, with its value. */
async function writeUntilDead(
  node: TestNode,
  writer: number,
  acknowledged: Map<string, string>,
): Promise<void> {
  for (let count = 0; ; count++) {
    const [key, value] = [`w${writer}-${count % 50}`, `${writer}.${count}`];
    try {
      const answer = await node.put(key, value);
      if (answer.status === 200) acknowledged.set(key, value);
    } catch {
      // The connection died with the node: nobody promised anything about this write.
      return;
    }
  }
}

const newest = (a: string, b: string) => Number(a.split(".")[1]) - Number(b.split(".")[1]);

describe("SIGKILL under load", () => {
  it("one node by itself still has every acknowledged write", async () => {
    const settings = { flags: ["--n=1", "--r=1", "--w=1"] };
    let node = await cluster.start("node-1", settings);
    const acknowledged = new Map<string, string>();
    for (let round = 0; round < 3; round++) {
      const writers = Array.from({ length: 8 }, (_, writer) =>
        writeUntilDead(node, round * 8 + writer, acknowledged),
      );
      const before = acknowledged.size;
      await eventually("a hundred keys to be written", () => acknowledged.size >= before + 100);
      await node.signal("SIGKILL");
      await Promise.all(writers);
      node = await cluster.restart(node, settings);
      for (const [key, value] of acknowledged) {
        const found = (await node.get(key)).body["value"] as string;
        expect(newest(found, value), `${key}: ${found} after ${value}`).toBeGreaterThanOrEqual(0);
      }
    }
  });

  it("of three nodes, all killed at once, none forgets what it acknowledged", async () => {
    let nodes = await cluster.startMany(3, { flags: [patient] });
    const acknowledged = new Map<string, string>();
    const writers = nodes.flatMap((node, index) =>
      [0, 1].map((offset) => writeUntilDead(node, index * 2 + offset, acknowledged)),
    );
    await eventually("two hundred keys to be written", () => acknowledged.size >= 200);
    await Promise.all(nodes.map((node) => node.signal("SIGKILL")));
    await Promise.all(writers);
    nodes = await Promise.all(nodes.map((node) => cluster.restart(node, { flags: [patient] })));
    await cluster.allAlive(nodes);
    for (const [key, value] of acknowledged) {
      const { status, body } = await nodes[0]!.get(key);
      expect(status, key).toBe(200);
      const found = body["values"] as string[];
      const best = found.toSorted(newest).at(-1)!;
      expect(newest(best, value), `${key}: ${best} after ${value}`).toBeGreaterThanOrEqual(0);
    }
  });
});
