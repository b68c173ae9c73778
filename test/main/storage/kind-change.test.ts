/** A node that is started with other kinds of stores than before: what it knew moves over, whatever happens on the way. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FaultyDisk } from "../../../main/storage/disk/faulty-disk.ts";
import { RealDisk } from "../../../main/storage/disk/real-disk.ts";
import { NodeStore } from "../../../main/storage/node-store.ts";
import { killedAtEveryStep } from "./killed.ts";
import { KindWriter } from "./kind-writer.ts";
import { storeOptions } from "./store-options.ts";

let dir: string;
let writer: KindWriter;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "lightcone-kinds-"));
  writer = new KindWriter();
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it.each([
  [
    { log: "sqlite", snapshots: "sqlite" },
    { log: "file", snapshots: "file" },
  ],
  [
    { log: "file", snapshots: "sqlite" },
    { log: "sqlite", snapshots: "memory" },
  ],
  [
    { log: "file", snapshots: "memory" },
    { log: "memory", snapshots: "memory" },
  ],
] as const)("from %j to %j and back", async (from, to) => {
  await writer.backAndForth(dir, from, to);
});

it("says what it did, and once", () => {
  new NodeStore(storeOptions(dir)).close();
  const changed = new NodeStore(storeOptions(dir, { log: "file", snapshots: "file" }));
  expect(changed.isUnusual).toBe(true);
  expect(changed.lines.join("\n")).toMatch(/kind sqlite .* became .* kind file/);
  changed.close();
  const again = new NodeStore(storeOptions(dir, { log: "file", snapshots: "file" }));
  expect(again.isUnusual).toBe(false);
  again.close();
});

it("a log in files is found although node.db, which knew of it, is gone", () => {
  const kinds = { log: "file", snapshots: "file" } as const;
  const first = new NodeStore(storeOptions(dir, kinds));
  writer.writeTo(first, 5);
  const digest = first.tables.digest();
  first.close();
  for (const name of ["node.db", "node.db-wal", "node.db-shm"]) rmSync(join(dir, name), { force: true });
  const second = new NodeStore(storeOptions(dir, kinds));
  expect(second.tables.digest()).toBe(digest);
  second.close();
});

it("what was kept under other kinds is set aside, not deleted", () => {
  const first = new NodeStore(storeOptions(dir, { log: "file", snapshots: "file" }));
  writer.writeTo(first, 5);
  first.close();
  const second = new NodeStore(storeOptions(dir));
  expect(second.lines.some((line) => line.includes("set-aside/"))).toBe(true);
  expect(existsSync(join(dir, "set-aside"))).toBe(true);
  second.close();
});

it.each(["write", "sync", "rename"] as const)("loses nothing when any %s of it fails", (operation) => {
  const first = new NodeStore(storeOptions(dir));
  writer.writeTo(first, 5);
  const digest = first.tables.digest();
  first.close();
  const kinds = { log: "file", snapshots: "file" } as const;
  const attempt = (nth: number) => {
    const disk = new FaultyDisk(new RealDisk());
    disk.arm({ kind: "fail", operation, nth, lasts: "once" });
    try {
      new NodeStore(storeOptions(dir, { ...kinds, disk })).close();
      return disk.faults().length > 0;
    } catch {
      return false;
    }
  };
  for (let nth = 1; !attempt(nth); nth += 1) {
    const found = new NodeStore(storeOptions(dir));
    expect(found.tables.digest(), `${operation} ${nth}`).toBe(digest);
    found.close();
  }
});

it("loses nothing when it is killed on the way", async () => {
  const original = join(dir, "original");
  const store = new NodeStore(storeOptions(original));
  writer.writeTo(store, 10);
  const digest = store.tables.digest();
  store.close();
  const kinds = { log: "file", snapshots: "file" } as const;
  const kills = await killedAtEveryStep({ original, ...kinds, every: 13 }, (found, at) => {
    expect(found.tables.digest(), `killed at step ${at}`).toBe(digest);
    expect(found.restore().clock).toEqual(writer.clock);
  });
  expect(kills).toBeGreaterThan(2);
});
