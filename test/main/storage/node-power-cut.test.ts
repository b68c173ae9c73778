/** What a node's store finds after a loss of power between two of its writes. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FaultyDisk } from "../../../main/storage/disk/faulty-disk.ts";
import { RealDisk } from "../../../main/storage/disk/real-disk.ts";
import { NodeStore, type NodeStoreOptions } from "../../../main/storage/node-store.ts";
import { NodeStoreError } from "../../../main/storage/node-store-error.ts";
import { entry, node } from "./entries.ts";
import { storeOptions, transaction } from "./store-options.ts";

describe("when the power goes", () => {
  let dir: string;
  const copies: string[] = [];
  const open: NodeStore[] = [];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "lightcone-store-"));
  });
  afterEach(() => {
    for (const store of open.splice(0)) store.close();
    for (const copy of copies.splice(0)) rmSync(copy, { recursive: true });
    rmSync(dir, { recursive: true });
  });
  function openStore(options: Partial<NodeStoreOptions>): NodeStore {
    const store = new NodeStore(storeOptions(dir, options));
    open.push(store);
    return store;
  }

  /** What the disk holds then, as another store finds it: this process goes on, as no real one would. */
  function afterPowerCut(disk: FaultyDisk): string {
    disk.powerCut();
    const copy = mkdtempSync(join(tmpdir(), "lightcone-store-after-"));
    copies.push(copy);
    cpSync(dir, copy, { recursive: true });
    rmSync(join(copy, "node.db-shm"), { force: true });
    return copy;
  }

  it("no life is given twice (P1)", () => {
    const disk = new FaultyDisk(new RealDisk());
    expect(new NodeStore(storeOptions(dir, { disk })).beginLife(1000)).toBe(1000);
    expect(openStore({ dataDir: afterPowerCut(disk) }).beginLife(500)).toBe(1001);
  });

  it("between a clock and the log in files beside it, the clock is the one ahead (P1)", () => {
    const disk = new FaultyDisk(new RealDisk());
    const kinds = { log: "file", snapshots: "file" } as const;
    const store = new NodeStore(storeOptions(dir, { ...kinds, disk }));
    const put = (index: number) =>
      store.commit({
        events: [],
        operations: [],
        transactions: [transaction({ kind: "entry", entry: entry(index, "a", `${index}`) })],
        clock: { [node]: index },
      });
    put(1);
    disk.arm({ kind: "fail", operation: "sync", nth: 2, lasts: "once" });
    expect(() => put(2)).toThrow(NodeStoreError);
    const restored = openStore({ ...kinds, dataDir: afterPowerCut(disk) }).restore();
    expect(restored.clock).toEqual({ [node]: 2 });
    expect(restored.logIndex).toBe(1);
  });
});
