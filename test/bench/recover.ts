/**
 * What a node's memory weighs and how long a start takes: the classic demonstration of five items beside a million, and
 * that the time grows with the log behind the newest snapshot and not with history.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RealDisk } from "../../main/storage/disk/real-disk.ts";
import { FileLogSource } from "../../main/storage/log/file-log-source.ts";
import { recover } from "../../main/storage/recovery/recover.ts";
import type { Recovered } from "../../main/storage/recovery/recovered.ts";
import { FileSnapshotStore } from "../../main/storage/snapshots/file-snapshot-store.ts";
import { Snapshotter } from "../../main/storage/snapshots/snapshotter.ts";
import { asNodeId } from "../../shared/ids.ts";
import { builtInModules } from "../../shared/runtime/modules.ts";
import { Schema } from "../../shared/runtime/schema.ts";
import type { Transaction } from "../../shared/runtime/types.ts";
import { median, report } from "./report.ts";

const owner = { node: asNodeId("node-1"), cluster: "bench" };
const replicas = ["node-1", "node-2", "node-3"].map(asNodeId);
const schema = new Schema(builtInModules);
const disk = new RealDisk();
const million = 1_000_000;

/** A write of a small value to a key, as a node of five keeps it. */
function put(n: number, keys: number): Transaction {
  const clock = { "node-1": n, "node-2": 7, "node-3": 9, "node-4": 4, "node-5": 2 };
  const row = {
    context: { "node-1": n },
    versions: [{ dot: { node: "node-1", counter: n }, value: `value ${n}`, at: 1_700_000_000_000 + n }],
  };
  const from = { index: n, term: 0, op: "put", origin: owner.node, replicas };
  const mutation = { module: "kv", table: "keys", key: `item-${n % keys}`, row, from };
  return { clock, at: 1_700_000_000_000 + n, mutations: [mutation] };
}

function openIn(dataDir: string): Recovered & { readonly snapshots: FileSnapshotStore } {
  const source = new FileLogSource({ disk, dataDir, owner });
  const snapshots = new FileSnapshotStore({ disk, dataDir, owner, now: Date.now });
  const options = {
    source,
    snapshots,
    mode: "strict" as const,
    schema,
    hasPeers: () => false,
    now: Date.now,
  };
  return { ...recover(options), snapshots };
}

function fill({ log, tables }: Recovered, count: number, keys: number): void {
  for (let left = count; left > 0; left -= 1_000) {
    const first = log.last + 1;
    const batch = Array.from({ length: Math.min(1_000, left) }, (_, n) => put(first + n, keys));
    log.append(batch, "written");
    for (const transaction of batch) tables.applyAll(transaction);
  }
  log.append([], "synced");
}

async function takeSnapshot(node: Recovered & { readonly snapshots: FileSnapshotStore }): Promise<number> {
  const { tables, log, snapshots, clock } = node;
  const snapshotter = new Snapshotter({
    tables,
    log,
    snapshots,
    versions: schema.versions,
    clock: () => clock,
    now: Date.now,
    report: (line) => process.stderr.write(`${line}\n`),
  });
  const { bytes } = await snapshotter.take();
  snapshotter.close();
  return bytes;
}

function bytesIn(dir: string): number {
  return readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);
}

async function inDirectory(action: (dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "lightcone-bench-recover-"));
  try {
    await action(dataDir);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function timedStart(dataDir: string): number {
  const from = performance.now();
  const { log } = openIn(dataDir);
  const ms = performance.now() - from;
  log.close();
  return ms;
}

/** The first one is not counted: it compiles what the others run. */
function medianStart(dataDir: string, rounds: number): number {
  timedStart(dataDir);
  return median(Array.from({ length: rounds }, () => timedStart(dataDir)));
}

async function recoverItems(name: string, count: number, rounds: number, targetMs: number): Promise<void> {
  await inDirectory(async (dataDir) => {
    const node = openIn(dataDir);
    fill(node, count, count);
    const logBytes = node.log.bytes;
    node.log.close();
    const fromLog = medianStart(dataDir, rounds);

    const again = openIn(dataDir);
    const snapshotBytes = await takeSnapshot(again);
    const filesBytes = bytesIn(join(dataDir, "log"));
    again.log.close();
    const fromSnapshot = medianStart(dataDir, rounds);
    const detail = { items: count };
    const common = { better: "lower" as const, detail };
    report({
      bench: `${name}-log`,
      value: logBytes,
      unit: "bytes",
      target: 250 * count + 8_192,
      ...common,
      detail: { ...detail, bytesOfFiles: filesBytes },
    });
    report({
      bench: `${name}-snapshot`,
      value: snapshotBytes,
      unit: "bytes",
      target: 150 * count + 8_192,
      ...common,
    });
    report({ bench: `${name}-from-log`, value: fromLog, unit: "ms", target: targetMs, ...common });
    report({ bench: `${name}-from-snapshot`, value: fromSnapshot, unit: "ms", target: targetMs, ...common });
    if (count >= million) {
      report({
        bench: `${name}-replay`,
        value: count / (fromLog / 1_000),
        unit: "mutations/s",
        target: 300_000,
        better: "higher",
        peer: { name: "JSON.parse and Map.set alone", value: count / (bareMs(count) / 1_000) },
        detail,
      });
    }
  });
}

/** What no replay can do without: the same mutations out of their text into a map. */
function bareMs(count: number): number {
  const texts = Array.from({ length: count }, (_, n) => JSON.stringify(put(n + 1, count).mutations[0]));
  const from = performance.now();
  const rows = new Map<string, unknown>();
  for (const text of texts) {
    const mutation = JSON.parse(text) as { key: string };
    rows.set(mutation.key, mutation);
  }
  return performance.now() - from;
}

export const recoverFive = () => recoverItems("recover-5", 5, 21, 20);
export const recoverMillion = () => recoverItems("recover-1m", million, 3, 10_000);

/** Ten thousand keys, then a tail of the same length: after a history of so many writes, and of a tenth as many. */
export async function recoverTail(): Promise<void> {
  const tail = 20_000;
  const keys = 10_000;
  const took: Record<string, number> = {};
  for (const history of [10_000, 100_000, million]) {
    await inDirectory(async (dataDir) => {
      const node = openIn(dataDir);
      fill(node, history, keys);
      await takeSnapshot(node);
      fill(node, tail, keys);
      node.log.close();
      took[history] = medianStart(dataDir, 7);
    });
  }
  const times = Object.values(took);
  report({
    bench: "recover-tail",
    value: Math.max(...times) / Math.min(...times),
    unit: "times the shortest",
    target: 1.3,
    better: "lower",
    detail: {
      keys,
      tail,
      msByHistory: Object.fromEntries(Object.entries(took).map(([history, ms]) => [history, Math.round(ms)])),
    },
  });
  await inDirectory(async (dataDir) => {
    const node = openIn(dataDir);
    fill(node, keys, keys);
    await takeSnapshot(node);
    const byTail: Record<string, number> = {};
    for (let length = 0; length <= 80_000; length += tail) {
      if (length > 0) fill(node, tail, keys);
      byTail[length] = Math.round(medianStart(dataDir, 5));
    }
    node.log.close();
    const value = (byTail[80_000]! - byTail[0]!) / 4;
    report({
      bench: "recover-per-tail",
      value,
      unit: `ms for each ${tail}`,
      target: 67,
      better: "lower",
      detail: { msByTail: byTail },
    });
  });
}
