/** What tests of nodes on real disks share: calls that are counted, kinds of stores, damage. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestNode } from "./cluster.ts";

export const alone = ["--n=1", "--r=1", "--w=1"];
export const files = ["--log=file", "--snapshots=file", "--clock-store=file"];

export const increment = (node: TestNode, name: string) =>
  node.request("POST", "/api/v1/call/counter/increment", { name });

export async function valueOf(node: TestNode, name: string): Promise<number> {
  const { body } = await node.request("POST", "/api/v1/query/counter/value", { name });
  return body["result"] as number;
}

/** Calls until the node is gone; how many were acknowledged. */
export async function callUntilGone(node: TestNode, name: string): Promise<number> {
  for (let acknowledged = 0; ;) {
    try {
      const { status } = await increment(node, name);
      if (status !== 200) return acknowledged;
      acknowledged += 1;
    } catch {
      return acknowledged;
    }
  }
}

/** Flips a bit in the middle of the records of the only segment. */
export function damageLog(dataDir: string): void {
  const path = join(dataDir, "log", readdirSync(join(dataDir, "log"))[0]!);
  const bytes = readFileSync(path);
  const end = bytes.findLastIndex((byte) => byte !== 0);
  bytes[4096 + Math.floor((end - 4096) / 2)]! ^= 4;
  writeFileSync(path, bytes);
}
