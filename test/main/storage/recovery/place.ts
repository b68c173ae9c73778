/** A node's log and snapshots on a disk in memory: written, broken and started again. */
import type { Disk } from "../../../../main/storage/disk/disk.ts";
import { MemoryDisk } from "../../../../main/storage/disk/memory-disk.ts";
import { FileLogSource } from "../../../../main/storage/log/file-log-source.ts";
import { recover } from "../../../../main/storage/recovery/recover.ts";
import type { Recovered, RecoverOptions } from "../../../../main/storage/recovery/recovered.ts";
import { FileSnapshotStore } from "../../../../main/storage/snapshots/file-snapshot-store.ts";
import type { RecoveryMode } from "../../../../shared/contract/storage.ts";
import { asNodeId } from "../../../../shared/ids.ts";
import { builtInModules } from "../../../../shared/runtime/modules.ts";
import { Schema } from "../../../../shared/runtime/schema.ts";
import type { Tables } from "../../../../shared/runtime/tables.ts";
import type { Mutation, Transaction } from "../../../../shared/runtime/types.ts";

export const owner = { node: asNodeId("node-1"), cluster: "demo" };
export const dataDir = "/data";
export const schema = new Schema(builtInModules);
const now = () => 1_700_000_000_000;

export const optionsOn = (
  disk: Disk,
  mode: RecoveryMode,
  more: Partial<RecoverOptions> = {},
): RecoverOptions => ({
  source: new FileLogSource({ disk, dataDir, owner, segmentBytes: 4_096 + 700, now }),
  snapshots: new FileSnapshotStore({ disk, dataDir, owner, now }),
  mode,
  schema,
  hasPeers: () => true,
  now,
  ...more,
});

export const start = (
  disk: Disk,
  mode: RecoveryMode = "strict",
  more: Partial<RecoverOptions> = {},
): Recovered => recover(optionsOn(disk, mode, more));

/** The nth transaction of a node: keys that are written, written again and removed, and what it knows of itself. */
export function transaction(n: number): Transaction {
  const from = { index: n, term: 0, op: "put", origin: owner.node, replicas: [] };
  const mutations: Mutation[] = [{ module: "kv", table: "keys", key: `key ${n % 4}`, row: { n }, from }];
  if (n % 3 === 0) mutations.push({ module: "kv", table: "keys", key: `key ${(n + 1) % 4}`, row: undefined });
  if (n % 2 === 0) mutations.push({ module: "node", table: "self", key: "incarnation", row: n / 2 });
  return { clock: { "node-1": n }, at: n, mutations };
}

/** Goes on writing where the node stands, as a node does: each is durable before the next. */
export function write({ log, tables }: Recovered, count: number): void {
  for (let n = 0; n < count; n += 1) {
    const next = transaction(log.last + 1);
    log.append([next], "synced");
    tables.applyAll(next);
  }
}

function snapshot(disk: Disk, { log, tables }: Recovered): void {
  const writer = optionsOn(disk, "strict").snapshots.begin({
    position: log.last,
    clock: { "node-1": log.last },
    at: log.last,
    versions: schema.versions,
    index: tables.index,
  });
  writer.add([...tables.rowsBeside([])]);
  writer.finish();
}

/** A disk on which so many transactions were written, with snapshots at some. */
export function written(count: number, snapshotsAt: readonly number[] = []): MemoryDisk {
  const disk = new MemoryDisk();
  const node = start(disk);
  for (const at of [...snapshotsAt, count]) {
    write(node, at - node.log.last);
    if (snapshotsAt.includes(at)) snapshot(disk, node);
  }
  node.log.close();
  return disk;
}

export const rowsOf = (tables: Tables): string[] =>
  Array.from(
    tables.rowsBeside([]),
    ({ module, key, row }) => `${module} ${key} ${JSON.stringify(row)}`,
  ).sort();

/** Every file and its bytes, those set aside included. */
export function filesOf(disk: Disk, dir = dataDir): Map<string, string> {
  const files = new Map<string, string>();
  for (const name of disk.list(dir)) {
    const path = `${dir}/${name}`;
    try {
      const file = disk.open(path, "read");
      const bytes = Buffer.alloc(file.size());
      file.read(bytes, 0);
      files.set(path.slice(dataDir.length + 1), bytes.toString("hex"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EISDIR") throw error;
      for (const [inner, bytes] of filesOf(disk, path)) files.set(inner, bytes);
    }
  }
  return files;
}
