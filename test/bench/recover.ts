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

/** `cpuMs`: of all threads; the machine may be shared. */
interface Took {
  readonly ms: number;
  readonly cpuMs: number;
}

function timedStart(dataDir: string): Took {
  const from = performance.now();
  const cpuFrom = process.cpuUsage();
  const { log } = openIn(dataDir);
  const ms = performance.now() - from;
  const { user, system } = process.cpuUsage(cpuFrom);
  log.close();
  return { ms, cpuMs: (user + system) / 1_000 };
}

/** The first of several is not counted: it compiles what the others run. */
function medianStart(dataDir: string, rounds: number): Took {
  if (rounds > 1) timedStart(dataDir);
  const all = Array.from({ length: rounds }, () => timedStart(dataDir));
  return { ms: median(all.map(({ ms }) => ms)), cpuMs: median(all.map(({ cpuMs }) => cpuMs)) };
}

/** Bytes of the log, and of the files it has room in. */
function filledLog(dataDir: string, count: number): { logBytes: number; bytesOfFiles: number } {
  const node = openIn(dataDir);
  fill(node, count, count);
  const logBytes = node.log.bytes;
  node.log.close();
  return { logBytes, bytesOfFiles: bytesIn(join(dataDir, "log")) };
}

async function snapshotBytesIn(dataDir: string): Promise<number> {
  const node = openIn(dataDir);
  const bytes = await takeSnapshot(node);
  node.log.close();
  return bytes;
}

async function recoverItems(name: string, items: number, rounds: number, targetMs: number): Promise<void> {
  await inDirectory(async (dataDir) => {
    const { logBytes, bytesOfFiles } = filledLog(dataDir, items);
    const fromLog = medianStart(dataDir, rounds);
    const snapshotBytes = await snapshotBytesIn(dataDir);
    const fromSnapshot = medianStart(dataDir, rounds);
    const bytes = { unit: "bytes", better: "lower" as const };
    report({
      ...bytes,
      bench: `${name}-log`,
      value: logBytes,
      target: 250 * items + 8_192,
      detail: { items, bytesOfFiles },
    });
    report({
      ...bytes,
      bench: `${name}-snapshot`,
      value: snapshotBytes,
      target: 150 * items + 8_192,
      detail: { items },
    });
    const starts = { "from-log": fromLog, "from-snapshot": fromSnapshot };
    for (const [how, { ms, cpuMs }] of Object.entries(starts)) {
      const detail = { items, cpuMs: Math.round(cpuMs) };
      report({ bench: `${name}-${how}`, value: ms, unit: "ms", target: targetMs, better: "lower", detail });
    }
    if (items >= million) reportReplay(name, items, fromLog);
  });
}

function reportReplay(name: string, items: number, { ms, cpuMs }: Took): void {
  report({
    bench: `${name}-replay`,
    value: items / (ms / 1_000),
    unit: "mutations/s, found, checked and in tables",
    target: 300_000,
    better: "higher",
    peer: { name: "JSON.parse and Map.set alone", value: bareRate(Math.min(items, 200_000)) },
    detail: { items, perCpuSecond: Math.round(items / (cpuMs / 1_000)) },
  });
}

/** What no replay can do without: the same mutations out of their text into a map. */
function bareRate(count: number): number {
  const texts = Array.from({ length: count }, (_, n) => JSON.stringify(put(n + 1, count).mutations[0]));
  const from = performance.now();
  const rows = new Map<string, unknown>();
  for (const text of texts) {
    const mutation = JSON.parse(text) as { key: string };
    rows.set(mutation.key, mutation);
  }
  return count / ((performance.now() - from) / 1_000);
}

export const recoverFive = () => recoverItems("recover-5", 5, 21, 20);
export const recoverMillion = () => recoverItems("recover-1m", million, 1, 10_000);

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
      took[history] = medianStart(dataDir, 7).cpuMs;
    });
  }
  const times = Object.values(took);
  report({
    bench: "recover-tail",
    value: Math.max(...times) / Math.min(...times),
    unit: "times the shortest, processor time",
    target: 1.3,
    better: "lower",
    detail: {
      keys,
      tail,
      cpuMsByHistory: Object.fromEntries(
        Object.entries(took).map(([history, ms]) => [history, Math.round(ms)]),
      ),
    },
  });
  await inDirectory(async (dataDir) => {
    const node = openIn(dataDir);
    fill(node, keys, keys);
    await takeSnapshot(node);
    const byTail: Record<string, number> = {};
    for (let length = 0; length <= 80_000; length += tail) {
      if (length > 0) fill(node, tail, keys);
      byTail[length] = Math.round(medianStart(dataDir, 5).cpuMs);
    }
    node.log.close();
    const value = (byTail[80_000]! - byTail[0]!) / 4;
    report({
      bench: "recover-per-tail",
      value,
      unit: `ms of processor time for each ${tail}`,
      target: 67,
      better: "lower",
      detail: { cpuMsByTail: byTail },
    });
  });
}
