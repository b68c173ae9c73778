/** What it costs to keep the vector clock of 100 nodes: bytes, and time with and without sharing a flush. */
import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { batched } from "../../main/storage/clocks/batched.ts";
import { encodeClock } from "../../main/storage/clocks/clock-text.ts";
import { FileClockStore } from "../../main/storage/clocks/file-clock-store.ts";
import { SqliteClockStore } from "../../main/storage/clocks/sqlite-clock-store.ts";
import { encodeStoredClock } from "../../main/storage/clocks/stored-clock.ts";
import type { VectorClockStore } from "../../main/storage/clocks/vector-clock-store.ts";
import type { VectorClock } from "../../shared/clock/vector-clock.ts";
import { asNodeId } from "../../shared/ids.ts";
import { median, percentile, report } from "./report.ts";

const node = asNodeId("node-1");
const rounds = 200;
/** Clients that wait for a save at the same time. */
const groups = [64, 1_024];

/** Counters of a cluster that has run for a while: five digits. */
const clockAfter = (events: number): VectorClock =>
  Object.fromEntries(
    Array.from({ length: 100 }, (_, n) => [`node-${n + 1}`, 10_000 + ((n * 7_919) % 90_000) + events]),
  );

export async function clockSize(): Promise<void> {
  const clock = clockAfter(0);
  report({
    bench: "clock-size",
    value: encodeStoredClock(clock).length,
    unit: "bytes",
    target: 1_024,
    better: "lower",
    peer: { name: "the same clock as a JSON file a person can read", value: encodeClock(clock).length },
    detail: { nodes: 100 },
  });
}

async function inStores(
  use: (name: string, store: VectorClockStore, dir: string) => Promise<void>,
): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "lightcone-bench-"));
  const file = new FileClockStore(join(dir, "clocks"));
  await use("file", file, dir);
  file.close();
  const database = new Database(join(dir, "clocks.db"));
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  await use("sqlite", new SqliteClockStore(database), dir);
  database.close();
  rmSync(dir, { recursive: true, force: true });
}

/** Every save resolves when it is durable; those that are asked for at once share a flush. */
export async function clockSaveBatch(): Promise<void> {
  await inStores(async (name, store) => {
    const subject = batched(store);
    for (const group of groups) {
      const micros: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const clocks = Array.from({ length: group }, (_, n) => clockAfter(round * group + n));
        const began = performance.now();
        await Promise.all(clocks.map((clock) => subject.save(node, clock)));
        micros.push(((performance.now() - began) * 1_000) / group);
      }
      report({
        bench: "clock-save-batch",
        value: median(micros),
        unit: "µs/save",
        target: 50,
        better: "lower",
        detail: { store: name, savesAtOnce: group, p99: Math.round(percentile(micros, 0.99)), nodes: 100 },
      });
    }
  });
}

/** One save, one flush: bounded by the disk, so there is no target but the bare calls beside it. */
export async function clockSave(): Promise<void> {
  await inStores(async (name, store, dir) => {
    const micros: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const clock = clockAfter(round);
      micros.push(await microsOf(() => store.save(node, clock)));
      bare.push(await microsOf(() => bareReplace(dir, encodeClock(clock))));
    }
    const value = median(bare);
    report({
      bench: "clock-save",
      value: median(micros),
      unit: "µs/save",
      target: value * 2,
      better: "lower",
      peer: { name: "bare write, fdatasync, rename, fsync of the directory", value },
      detail: { store: name, p99: Math.round(percentile(micros, 0.99)), nodes: 100 },
    });
  });
}

async function microsOf(action: () => void | Promise<void>): Promise<number> {
  const began = performance.now();
  await action();
  return (performance.now() - began) * 1_000;
}

function bareReplace(dir: string, text: string): void {
  const file = openSync(join(dir, "bare.tmp"), "w");
  writeSync(file, text);
  fdatasyncSync(file);
  closeSync(file);
  renameSync(join(dir, "bare.tmp"), join(dir, "bare"));
  const handle = openSync(dir, "r");
  fsyncSync(handle);
  closeSync(handle);
}
