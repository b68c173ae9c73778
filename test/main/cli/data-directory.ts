/** Data directories as a node leaves them, made with its own stores. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FileClockStore } from "../../../main/storage/clocks/file-clock-store.ts";
import { RealDisk } from "../../../main/storage/disk/real-disk.ts";
import { FileLogSource } from "../../../main/storage/log/file-log-source.ts";
import type { TransactionLog } from "../../../main/storage/log/transaction-log.ts";
import { FileSnapshotStore } from "../../../main/storage/snapshots/file-snapshot-store.ts";
import { asNodeId } from "../../../shared/ids.ts";
import type { Mutation, Transaction } from "../../../shared/runtime/types.ts";

export const owner = { node: asNodeId("node-1"), cluster: "lightcone" };
const startedAt = 1_700_000_000_000;

const mutationOf = (n: number): Mutation => ({
  module: n % 4 === 0 ? "bank" : "kv",
  table: n % 4 === 0 ? "accounts" : "keys",
  key: `key-${n % 10}`,
  row: n % 7 === 0 ? undefined : { n, text: "milk ".repeat(8) },
  from: { index: n, term: 1, op: "put", origin: asNodeId("node-2"), replicas: [asNodeId("node-1")] },
});

const transactionOf = (n: number): Transaction => ({
  clock: { "node-1": n, "node-2": 2 * n },
  at: startedAt + n,
  mutations: [mutationOf(n)],
});

export function logSource(dataDir: string, segmentBytes = 32 * 1024): FileLogSource {
  return new FileLogSource({ disk: new RealDisk(), dataDir, owner, segmentBytes, now: () => startedAt });
}

export function appendTo(log: TransactionLog, transactions: number): void {
  log.setVersions({ bank: 2, kv: 1, node: 1 });
  for (let n = 1; n <= transactions; n++) log.append([transactionOf(n)], "written");
  log.append([], "synced");
  log.close();
}

/** A log of this many transactions in several segments, a snapshot of half of them, and a clock. */
export function makeDataDirectory(
  dataDir: string,
  transactions = 300,
  rows = [1, 2, 3].map(mutationOf),
): void {
  appendTo(logSource(dataDir).open(0).log, transactions);

  const snapshots = new FileSnapshotStore({ disk: new RealDisk(), dataDir, owner, now: () => startedAt });
  const position = Math.floor(transactions / 2);
  const writer = snapshots.begin({
    position,
    clock: { "node-1": position, "node-2": 2 * position },
    at: startedAt + position,
    versions: { bank: 2, kv: 1, node: 1 },
    index: position,
  });
  writer.add(rows);
  writer.finish();
  snapshots.close();

  const clocks = new FileClockStore(join(dataDir, "clocks"));
  clocks.save(owner.node, { "node-1": transactions, "node-2": 2 * transactions });
  clocks.close();
}

/** The end of an append that the power cut short: a record of several sectors, of which the last was never written. */
export function appendTorn(dataDir: string): void {
  const { log } = logSource(dataDir).open(0);
  const mutation = { ...mutationOf(1), row: "x".repeat(3_000) };
  log.append([{ ...transactionOf(log.last + 1), mutations: [mutation] }], "written");
  log.close();
  const path = join(dataDir, "log", "00000002.log");
  const bytes = readFileSync(path);
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
  writeFileSync(path, bytes.fill(0, Math.floor((end - 1) / 512) * 512, end));
}

/** One hash over all names and bytes below a directory. */
export function hashOf(dir: string): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(dir, { recursive: true, encoding: "utf8" }).toSorted()) {
    hash.update(`${name}\0`);
    if (statSync(join(dir, name)).isFile()) hash.update(readFileSync(join(dir, name)));
  }
  return hash.digest("hex");
}
