/** Snapshots that are taken while the node goes on: what they hold, when they are taken, what is dropped, what failure does. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryDisk } from "../../../../main/storage/disk/memory-disk.ts";
import { FileLogSource } from "../../../../main/storage/log/file-log-source.ts";
import { MemoryLogSource } from "../../../../main/storage/log/memory-log.ts";
import type { TransactionLog } from "../../../../main/storage/log/transaction-log.ts";
import { FileSnapshotStore } from "../../../../main/storage/snapshots/file-snapshot-store.ts";
import { MemorySnapshotStore } from "../../../../main/storage/snapshots/memory-snapshot-store.ts";
import type { SnapshotStore } from "../../../../main/storage/snapshots/snapshot-store.ts";
import { Snapshotter, type SnapshotterOptions } from "../../../../main/storage/snapshots/snapshotter.ts";
import { Tables } from "../../../../shared/runtime/tables.ts";
import type { Mutation } from "../../../../shared/runtime/types.ts";
import { FailingDisk } from "../failing-disk.ts";
import { kindOf, snapshotOwner as owner } from "./snapshot-contract.ts";

const versions = { kv: 1 };
let log: TransactionLog;
let tables: Tables;
let snapshots: SnapshotStore;
let lines: string[];
let snapshotter: Snapshotter;

function begin(more: Partial<SnapshotterOptions> = {}): void {
  snapshotter = new Snapshotter({
    tables,
    log,
    snapshots,
    versions,
    clock: () => ({ "node-1": log.last + 1 }),
    now: () => 5,
    report: (line) => void lines.push(line),
    logBytesMin: 10_000,
    ...more,
  });
}

function commit(count: number, prefix = "key", value = "some value"): void {
  for (let n = 0; n < count; n += 1) {
    const mutation: Mutation = { module: "kv", table: "keys", key: `${prefix} ${n}`, row: { value, n } };
    const transaction = { clock: { "node-1": log.last + 1 }, at: 1, mutations: [mutation] };
    log.append([transaction], "written");
    tables.applyAll(transaction);
    snapshotter.committed();
  }
}

function readAll(position: number): Tables {
  const read = new Tables();
  for (const row of snapshots.open(position).rows()) read.apply(row);
  return read;
}

const idle = () => expect.poll(() => snapshotter.progress).toBeNull();

beforeEach(() => {
  log = new MemoryLogSource(owner).open(0).log;
  tables = new Tables();
  snapshots = new MemorySnapshotStore(owner);
  lines = [];
  begin();
});
afterEach(() => snapshotter.close());

describe("a snapshot that is asked for", () => {
  beforeEach(() => begin({ logBytesMin: Infinity }));

  it("holds the rows of its moment, whatever is committed while it is written", async () => {
    commit(20_000);
    const taken = snapshotter.take();
    const { digest, position } = { digest: tables.digest(), position: log.last };
    expect(snapshotter.progress).toEqual({ position, rows: 0, of: 20_000 });
    const seen: number[] = [];
    for (let turn = 0; snapshotter.progress !== null; turn += 1) {
      seen.push(snapshotter.progress.rows);
      commit(50, `key ${turn}`, "changed meanwhile");
      commit(50, "key", `changed meanwhile ${turn}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await taken).toMatchObject({
      position,
      rows: 20_000,
      clock: { "node-1": position + 1 },
      at: 5,
      versions,
    });
    expect(readAll(position).digest()).toBe(digest);
    expect(new Set(seen).size).toBeGreaterThan(2);
    expect(lines).toEqual([]);
  });

  it("is the one there is when nothing was committed since", async () => {
    commit(3);
    const first = await snapshotter.take();
    expect(await snapshotter.take()).toEqual(first);
    commit(1);
    const [second, third] = await Promise.all([snapshotter.take(), snapshotter.take()]);
    expect([second.position, third.position]).toEqual([4, 4]);
    expect(snapshots.list().map(({ position }) => position)).toEqual([4, 3]);
  });

  it("holds what was committed before it was asked for, also while an older one is being written", async () => {
    commit(500);
    const older = snapshotter.take();
    commit(500, "other");
    const newer = snapshotter.take();
    expect((await older).position).toBe(500);
    expect((await newer).position).toBe(1_000);
  });

  it("is given up when the node stops", async () => {
    commit(500);
    const taken = snapshotter.take();
    snapshotter.close();
    await expect(taken).rejects.toMatchObject({ kind: "closed" });
    await expect(snapshotter.take()).rejects.toMatchObject({ kind: "closed" });
    expect(snapshots.list()).toEqual([]);
    expect(lines).toEqual([]);
  });
});

describe("when one is due", () => {
  it("is decided by the bytes of log since the last, and at least by its own size", async () => {
    log.hold("bytes can be counted while nothing is dropped", 0);
    const positions = () => snapshots.list().map(({ position }) => position);
    const commitUpTo = (bytes: number) => {
      while (log.bytes + 200 < bytes) commit(1, `key ${log.last}`);
    };
    commitUpTo(10_000);
    expect(snapshotter.progress).toBeNull();
    commit(3);
    expect(snapshotter.progress).not.toBeNull();
    await idle();
    expect(positions().length).toBe(1);

    // Noise does not compress: from now on the snapshot itself is the measure.
    commit(1, "noise", Array.from({ length: 3_000 }, () => Math.random()).join());
    await idle();
    const [newest] = snapshots.list();
    expect(newest!.bytes).toBeGreaterThan(20_000);
    const { bytes } = log;
    commitUpTo(bytes + newest!.bytes);
    await new Promise((resolve) => setImmediate(resolve));
    expect(positions()[0]).toBe(newest!.position);
    commit(5);
    await expect.poll(() => positions()[0]).toBeGreaterThan(newest!.position);
    await idle();
  });

  it("goes on counting after a restart", async () => {
    commit(60);
    await snapshotter.take();
    commit(100);
    begin();
    expect(snapshotter.progress).toBeNull();
    commit(200);
    expect(snapshotter.progress).not.toBeNull();
    await idle();
  });
});

it("is not due for a small node that starts again, whatever room its log has taken (segments have their full size)", async () => {
  const disk = new MemoryDisk();
  const open = () => new FileLogSource({ disk, dataDir: "/data", owner }).open(0).log;
  log = open();
  begin();
  commit(5);
  log.close();
  log = open();
  begin();
  commit(5);
  expect(snapshotter.progress).toBeNull();
  commit(200);
  expect(snapshotter.progress).not.toBeNull();
  await idle();
});

describe("what is dropped", () => {
  it("leaves the newest snapshots, and the log behind the oldest of them (P29)", async () => {
    const steps: unknown[] = [];
    for (let n = 0; n < 4; n += 1) {
      commit(10, `key ${n}`);
      await snapshotter.take();
      steps.push([snapshots.list().map(({ position }) => position), log.first]);
    }
    expect(steps).toEqual([
      [[10], 1],
      [[20, 10], 11],
      [[30, 20], 21],
      [[40, 30], 31],
    ]);
  });

  it("is what the rule says, and nothing that somebody still reads", async () => {
    begin({ keep: 3 });
    log.hold("a reader", 15);
    for (let n = 0; n < 5; n += 1) {
      commit(10, `key ${n}`);
      await snapshotter.take();
    }
    expect(snapshots.list().map(({ position }) => position)).toEqual([50, 40, 30]);
    expect(log.first).toBe(16);
  });
});

it("drops no log for snapshots that do not outlive the process", async () => {
  begin({ isLogKept: true });
  for (let n = 0; n < 3; n += 1) {
    commit(10, `key ${n}`);
    await snapshotter.take();
  }
  expect(snapshots.list().map(({ position }) => position)).toEqual([30, 20]);
  expect(log.first).toBe(1);
});

describe("a snapshot that fails", () => {
  it("leaves no trace, harms no log, is reported and tried again, at every operation of the disk", async () => {
    commit(300);
    const total = await (async () => {
      const disk = new FailingDisk(new MemoryDisk(), Infinity, "once");
      snapshots = new FileSnapshotStore({ disk, dataDir: "/data", owner, now: () => 0 });
      begin();
      await snapshotter.take();
      return disk.operations;
    })();
    expect(total).toBeGreaterThan(5);
    for (let nth = 1; nth <= total; nth += 1) {
      const disk = new MemoryDisk();
      const failing = new FailingDisk(disk, nth, "once");
      snapshots = new FileSnapshotStore({ disk: failing, dataDir: "/data", owner, now: () => 0 });
      lines = [];
      begin({ retryMs: 0 });
      await expect(snapshotter.take()).rejects.toMatchObject({ kind: "io" });
      expect(disk.list("/data/snapshots")).toEqual([]);
      expect(lines).toEqual([
        expect.stringMatching(
          /^No snapshot was made: The snapshot snapshots\/000000000300\.snapshot cannot be written; check the disk\. \(E\w+\) The log goes on without it; it is tried again later\.$/,
        ),
      ]);
      expect([log.first, log.last]).toEqual([1, 300]);
      expect((await snapshotter.take()).position).toBe(300);
      expect(readAll(300).digest()).toBe(tables.digest());
    }
  });

  it("is tried again by itself, but not at once", async () => {
    const disk = new FailingDisk(new MemoryDisk(), 3, "once");
    snapshots = new FileSnapshotStore({ disk, dataDir: "/data", owner, now: () => 0 });
    begin({ retryMs: 150 });
    commit(300);
    await expect.poll(() => lines.length).toBe(1);
    await expect
      .poll(() => {
        commit(1);
        return snapshots.list().length;
      })
      .toBe(1);
    expect(lines.length).toBe(1);
    expect(kindOf(() => snapshots.open(1))).toBe("missing");
  });
});
