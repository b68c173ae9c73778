/** A real node, killed; a snapshot of what it left; a directory made from that; a node that holds the same. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { freePort, type TestNode, TestCluster } from "../worker/cluster.ts";
import { hashOf } from "./data-directory.ts";

const entry = join(import.meta.dirname, "..", "..", "..", "main", "cli", "main.ts");
const cluster = new TestCluster();
afterAll(() => cluster.end());

const keys = ["cart", "user:1", "ключ"];
const alone = ["--n=1", "--r=1", "--w=1", "--gossip=false"];

async function lightcone(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [entry, ...args]);
  return stdout;
}

const valuesOf = (node: TestNode) =>
  Promise.all(keys.map(async (key) => (await node.get(key)).body["value"]));

async function ownCounter(node: TestNode): Promise<number> {
  const { body } = await node.request("GET", "/api/v1/vector-clock");
  return (body["vector_clock"] as { clocks: Record<string, number> }).clocks["node-1"]!;
}

describe.each([
  ["in the database", "sqlite", "sqlite"],
  ["in files", "file", "file"],
])("a node with its memory %s", (_name, kind, clockStore) => {
  it("comes back from a snapshot with all it held, and gives out no counter twice (P1)", async () => {
    const flags = [...alone, `--log=${kind}`, `--snapshots=${kind}`, `--clock-store=${clockStore}`];
    const dataDir = join(cluster.root, `${kind}-1`);
    const back = join(cluster.root, `${kind}-2`);
    const file = join(cluster.root, `${kind}.snapshot`);
    const first = await cluster.spawn("node-1", await freePort(), { flags }, dataDir).ready();
    for (const key of keys) expect((await first.put(key, `${key} is here`)).status).toBeLessThan(300);
    const held = await valuesOf(first);
    const counter = await ownCounter(first);
    await first.signal("SIGKILL");

    const before = hashOf(dataDir);
    expect(await lightcone("validate", dataDir)).toMatch(/\nsound: \d+ files?, no damage\.\n$/);
    expect(hashOf(dataDir)).toBe(before);
    expect(await lightcone("snapshot", dataDir, "--out", file)).toMatch(/\nWritten to /);
    await lightcone("restore", file, back);
    const second = await cluster.spawn("node-1", await freePort(), { flags }, back).ready();
    expect(await valuesOf(second)).toEqual(held);
    expect(await ownCounter(second)).toBeGreaterThan(counter + 900_000);
  });
});
