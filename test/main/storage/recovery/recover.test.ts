/** What a start promises beside its modes: P29, P32, P36, schema versions, progress, owners. */
import { describe, expect, it } from "vitest";
import type { Disk } from "../../../../main/storage/disk/disk.ts";
import { MemoryDisk } from "../../../../main/storage/disk/memory-disk.ts";
import { FileLogSource } from "../../../../main/storage/log/file-log-source.ts";
import { MemoryLogSource } from "../../../../main/storage/log/memory-log.ts";
import { recover, recovery } from "../../../../main/storage/recovery/recover.ts";
import { RecoveryError } from "../../../../main/storage/recovery/recovery-error.ts";
import type { RecoveryProgress } from "../../../../main/storage/recovery/recovered.ts";
import { MemorySnapshotStore } from "../../../../main/storage/snapshots/memory-snapshot-store.ts";
import { asNodeId } from "../../../../shared/ids.ts";
import type { Module } from "../../../../shared/runtime/module.ts";
import { Schema } from "../../../../shared/runtime/schema.ts";
import { flip, flipInTransaction, removeFile } from "./damages.ts";
import { dataDir, filesOf, optionsOn, owner, schema, start, transaction, write, written } from "./place.ts";

const killedThere = (): never => {
  throw new Error("killed");
};
const noCalls = (): never => {
  throw new Error("called during a replay");
};
const moduleOf = (version: number, migrations: Module["migrations"] = []): Module => ({
  name: "things",
  version,
  tables: ["items"],
  reducers: { make: { takes: [], run: noCalls } },
  queries: { all: { takes: [], run: noCalls } },
  migrations,
});

function writeThings(disk: Disk, version: number): void {
  const { log, tables } = start(disk, "strict", { schema: new Schema([moduleOf(version)]) });
  const mutations = [{ module: "things", table: "items", key: `of ${version}`, row: { version } }];
  log.append([{ clock: { "node-1": log.last + 1 }, at: 1, mutations }], "synced");
  tables.applyAll({ mutations });
  log.close();
}

describe("a replay", () => {
  it("calls no reducer and no query, and brings older rows up to date (P36, L9)", () => {
    const disk = new MemoryDisk();
    writeThings(disk, 1);
    const upgrade = {
      to: 2,
      about: "things have a colour",
      migrate: ({ row, ...rest }: { row: unknown }) => [
        { ...rest, row: { ...(row as object), colour: "grey" } },
      ],
    } as unknown as Module["migrations"][number];
    const newer = new Schema([moduleOf(2, [upgrade])]);
    const node = start(disk, "strict", { schema: newer });
    expect(node.tables.row("things", "items", "of 1")).toEqual({ version: 1, colour: "grey" });
    expect(node.lines).toEqual([
      "Replayed 1 transaction from the log; 1 row of older versions brought up to date.",
    ]);
    expect([node.versions, node.log.versions]).toEqual([{ things: 2 }, { things: 2 }]);
    node.log.close();
    const again = start(disk, "strict", { schema: newer });
    expect(again.tables.digest()).toBe(node.tables.digest());
  });

  it("is refused for rows of a newer version, with nothing changed, in every mode", () => {
    const disk = new MemoryDisk();
    writeThings(disk, 1);
    writeThings(disk, 1);
    const newer = new MemoryDisk();
    writeThings(newer, 2);
    const files = filesOf(newer);
    for (const mode of ["strict", "truncate", "salvage", "rebuild"] as const) {
      expect(() => start(newer, mode, { schema: new Schema([moduleOf(1)]) })).toThrow(/version 2.* up to 1/);
    }
    expect(filesOf(newer)).toEqual(files);
  });

  it("can be watched, and comes to the same", () => {
    const source = new MemoryLogSource(owner);
    const snapshots = new MemorySnapshotStore(owner);
    const options = { ...optionsOn(new MemoryDisk(), "strict"), source, snapshots };
    const node = recover(options);
    const writeAtOnce = (count: number) => {
      const all = Array.from({ length: count }, (_, n) => transaction(node.log.last + 1 + n));
      node.log.append(all, "written");
      for (const each of all) node.tables.applyAll(each);
    };
    writeAtOnce(12_000);
    const writer = snapshots.begin({
      position: 12_000,
      clock: {},
      at: 0,
      versions: schema.versions,
      index: 12_000,
    });
    writer.add([...node.tables.rowsBeside([])]);
    writer.finish();
    writeAtOnce(11_000);
    const steps = recovery(options);
    const seen: RecoveryProgress[] = [];
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) seen.push(step.value);
    expect(seen).toEqual([
      { position: 12_000, rows: 4, transactions: 0 },
      { position: 17_000, rows: 4, transactions: 5_000 },
      { position: 22_000, rows: 4, transactions: 10_000 },
    ]);
    expect(step.value.tables.digest()).toBe(node.tables.digest());
  });
});

describe("what lay before", () => {
  it("does not come back from what was set aside (P29)", () => {
    const disk = written(12, [4]);
    flipInTransaction(disk, 6);
    const node = start(disk, "truncate");
    write(node, 3);
    node.log.close();
    // The snapshot that took the log's place is lost too: what is before it is known to be missing, not taken for whole.
    flip(disk, "snapshots/000000000012.snapshot", 300);
    expect(() => start(disk, "strict")).toThrow(RecoveryError);
    const salvaged = start(disk, "salvage");
    expect(salvaged.damage).toMatchObject([{ after: 4, before: 13 }]);
    expect(salvaged.position).toBe(15);
  });

  it("is set aside by the next start when this one is killed before it got to that", () => {
    const disk = written(12);
    flipInTransaction(disk, 6);
    const options = optionsOn(disk, "truncate");
    const { source } = options;
    const killed = {
      kind: source.kind,
      owner,
      scan: (after: number) => source.scan(after),
      scanThrough: (after: number) => source.scanThrough(after),
      open: (after: number) => source.open(after),
      setAside: killedThere,
    };
    expect(() => recover({ ...options, source: killed })).toThrow("killed");
    const node = start(disk, "strict");
    expect(node.lines[0]).toBe(
      "An earlier start gave a damaged log up and was interrupted; that is finished now.",
    );
    expect([node.log.first, node.log.last]).toEqual([13, 12]);
    expect(node.tables.index).toBe(12);
  });

  it("keeps the clock and the numbers of a snapshot that is damaged, though nothing else has them (P1)", () => {
    const disk = written(12, [4, 12]);
    for (const name of disk.list(`${dataDir}/log`).slice(1)) removeFile(disk, `log/${name}`);
    flip(disk, "snapshots/000000000012.snapshot", 300);
    const node = start(disk, "truncate");
    expect(node.clock).toEqual({ "node-1": 12 });
    expect(node.tables.index).toBe(12);
  });

  it.each([1, 0])(
    "is not taken for all there was where only a damaged snapshot knows of more",
    (segments) => {
      const disk = written(12, [1, 12]);
      for (const name of disk.list(`${dataDir}/log`).slice(segments)) removeFile(disk, `log/${name}`);
      flip(disk, "snapshots/000000000012.snapshot", 300);
      expect(() => start(disk, "strict")).toThrow(/000000000012\.snapshot is of 12.* to 12 are lost/);
      const node = start(disk, "salvage");
      expect(node.damage).toMatchObject([{ kind: "gap", before: 13 }]);
      expect(node.position, "a number stands for one transaction for ever").toBeGreaterThan(12);
      node.log.close();
      expect(start(disk).position).toBe(node.position);
    },
  );

  it("keeps its clock and its numbers, though it is given up (P1)", () => {
    const disk = written(12);
    flipInTransaction(disk, 3);
    const node = start(disk, "truncate");
    expect(node.clock).toEqual({ "node-1": 12 });
    expect(node.tables.index).toBe(12);
    expect(node.position).toBe(12);
    node.log.close();
    expect(start(disk).tables.index).toBe(12);
  });

  it("is refused when it is another node's, with nothing changed", () => {
    const disk = written(5);
    const files = filesOf(disk);
    const other = { node: asNodeId("node-2"), cluster: "demo" };
    const source = new FileLogSource({ disk, dataDir, owner: other, segmentBytes: 8_192 });
    expect(() => recover({ ...optionsOn(disk, "salvage"), source })).toThrow(/node-1/);
    expect(filesOf(disk)).toEqual(files);
    expect(owner.node).toBe("node-1");
  });
});

describe("a node to be rebuilt", () => {
  it("stays one through restarts until its core has told the others", () => {
    const disk = written(12);
    removeFile(disk, "log/00000002.log");
    const node = start(disk, "rebuild");
    expect(node.rebuild).toBe(true);
    expect([...node.tables.rowsBeside(["node"])]).toEqual([]);
    node.log.close();
    for (const mode of ["strict", "rebuild"] as const) {
      const again = start(disk, mode);
      expect(again.rebuild).toBe(true);
      again.log.close();
    }
    const told = start(disk);
    const mutations = [{ module: "node", table: "self", key: "rebuild", row: undefined }];
    told.log.append([{ clock: { "node-1": 13 }, at: 1, mutations }], "synced");
    told.log.close();
    expect(start(disk).rebuild).toBe(false);
  });

  it("asks with what is left of its tables whether there is anybody", () => {
    const disk = written(12);
    flipInTransaction(disk, 6);
    const asked: unknown[] = [];
    const hasPeers = (tables: { row(...of: [string, string, string]): unknown }) => {
      asked.push(tables.row("node", "self", "incarnation"));
      return false;
    };
    expect(() => start(disk, "rebuild", { hasPeers })).toThrow("no other node is known");
    expect(asked).toEqual([6]);
  });
});
