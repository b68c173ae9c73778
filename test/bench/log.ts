/**
 * The transaction log in files: what a commit costs beside a bare write and flush of the same bytes, how many records it
 * takes in groups and without flushing, and how fast a log is checked and replayed.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RealDisk } from "../../main/storage/disk/real-disk.ts";
import { FileLogSource } from "../../main/storage/log/file-log-source.ts";
import type { Durability } from "../../main/storage/log/transaction-log.ts";
import { asNodeId } from "../../shared/ids.ts";
import { builtInModules } from "../../shared/runtime/modules.ts";
import { Replay } from "../../shared/runtime/replay.ts";
import { Schema } from "../../shared/runtime/schema.ts";
import { Tables } from "../../shared/runtime/tables.ts";
import type { Transaction } from "../../shared/runtime/types.ts";
import { median, report } from "./report.ts";

const nodes = ["node-1", "node-2", "node-3", "node-4", "node-5"].map(asNodeId);
const owner = { node: nodes[0]!, cluster: "bench" };
const rounds = 5;

/** What a put of a small value by one client leaves on a replica. */
function transactionOf(i: number): Transaction {
  const clock = Object.fromEntries(nodes.map((node, n) => [node, i + n + 1]));
  const version = { dot: { node: "node-1", counter: i + 1 }, value: `value ${i}`, at: 1_700_000_000_000 + i };
  const from = { index: i + 1, term: 0, op: "put", origin: nodes[0]!, replicas: nodes.slice(0, 3) };
  const row = { context: { "node-1": i + 1 }, versions: [version] };
  return {
    clock,
    at: 1_700_000_000_000 + i,
    mutations: [{ module: "kv", table: "keys", key: `cart:${i % 10_000}`, row, from }],
  };
}

const manyTransactions = (count: number) => Array.from({ length: count }, (_, i) => transactionOf(i));

function inDirectory(work: (dir: string) => void): void {
  const dir = mkdtempSync(join(tmpdir(), "lightcone-bench-log-"));
  try {
    work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const sourceIn = (dir: string) => new FileLogSource({ disk: new RealDisk(), dataDir: dir, owner });

function milliseconds(work: () => void): number {
  const from = performance.now();
  work();
  return performance.now() - from;
}

/** Bytes of each transaction's records, as the log writes them. */
function sizesOf(transactions: readonly Transaction[]): number[] {
  const sizes: number[] = [];
  inDirectory((dir) => {
    const { log } = sourceIn(dir).open(0);
    let before = log.bytes;
    for (const transaction of transactions) {
      log.append([transaction], "written");
      sizes.push(log.bytes - before);
      before = log.bytes;
    }
    log.close();
  });
  return sizes;
}

/** The least anybody can do for the same promise: a file of full size, one write and one fdatasync a commit. */
class BareFile {
  readonly #file: number;
  #at = 4_096;

  constructor(dir: string) {
    this.#file = openSync(join(dir, "bare"), "wx+");
    writeSync(this.#file, Buffer.alloc(8 * 2 ** 20), 0);
    fdatasyncSync(this.#file);
  }

  commit(bytes: Uint8Array): void {
    writeSync(this.#file, bytes, 0, bytes.length, this.#at);
    fdatasyncSync(this.#file);
    this.#at += bytes.length;
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Turns of a few commits each, so that both meet the same disk. */
export function logAppendSync(): Promise<void> {
  const [turns, perTurn] = [40, 25];
  const transactions = manyTransactions(turns * perTurn);
  const sizes = sizesOf(transactions);
  const payload = Buffer.alloc(4_096, 0xa5);
  const log: number[] = [];
  const bare: number[] = [];
  inDirectory((dir) => {
    const opened = sourceIn(dir).open(0).log;
    const file = new BareFile(dir);
    for (let turn = 0; turn < turns; turn++) {
      for (let i = turn * perTurn; i < (turn + 1) * perTurn; i++) {
        log.push(milliseconds(() => opened.append([transactions[i]!], "synced")));
      }
      for (let i = turn * perTurn; i < (turn + 1) * perTurn; i++) {
        bare.push(milliseconds(() => file.commit(payload.subarray(0, sizes[i]))));
      }
    }
    opened.close();
    file.close();
  });
  report({
    bench: "log-append-sync",
    value: median(log) / median(bare),
    unit: "times a bare write and fdatasync of the same bytes",
    target: 1.2,
    better: "lower",
    detail: {
      usPerCommit: Math.round(median(log) * 1_000),
      bareUs: Math.round(median(bare) * 1_000),
      meanRatio: Number((sum(log) / sum(bare)).toFixed(2)),
      bytesPerCommit: Math.round(median(sizes)),
    },
  });
  return Promise.resolve();
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Records a second, the median of some rounds, each in a log of its own. */
function appendRate(transactions: readonly Transaction[], group: number, durability: Durability): number {
  const groups: Transaction[][] = [];
  for (let from = 0; from < transactions.length; from += group)
    groups.push(transactions.slice(from, from + group));
  const rates = Array.from({ length: rounds }, () => {
    let ms = 0;
    inDirectory((dir) => {
      const { log } = sourceIn(dir).open(0);
      ms = milliseconds(() => {
        for (const each of groups) log.append(each, durability);
      });
      log.close();
    });
    return (transactions.length / ms) * 1_000;
  });
  return median(rates);
}

export function logAppendGroup(): Promise<void> {
  const value = appendRate(manyTransactions(64 * 500), 64, "synced");
  report({
    bench: "log-append-group",
    value,
    unit: "records/s in groups of 64",
    target: 50_000,
    better: "higher",
  });
  return Promise.resolve();
}

export function logAppend(): Promise<void> {
  const transactions = manyTransactions(64 * 2_000);
  report({
    bench: "log-append",
    value: appendRate(transactions, 64, "written"),
    unit: "records/s without flushing",
    target: 500_000,
    better: "higher",
    detail: { oneByOne: Math.round(appendRate(transactions, 1, "written")) },
  });
  return Promise.resolve();
}

/** A log of this many transactions, closed. */
function fill(dir: string, count: number): number {
  const { log } = sourceIn(dir).open(0);
  for (let from = 0; from < count; from += 1_000) {
    log.append(
      Array.from({ length: 1_000 }, (_, i) => transactionOf(from + i)),
      "written",
    );
  }
  const { bytes } = log;
  log.close();
  return bytes;
}

export function logValidate(): Promise<void> {
  const count = 300_000;
  inDirectory((dir) => {
    const bytes = fill(dir, count);
    const rates = Array.from({ length: rounds }, () => {
      const ms = milliseconds(() => {
        const scan = sourceIn(dir).scan(0);
        if (scan.last !== count || scan.damage.length > 0) throw new Error(`found ${scan.last} of ${count}`);
      });
      return (count / ms) * 1_000;
    });
    report({
      bench: "log-validate",
      value: median(rates),
      unit: "records/s",
      target: 1_000_000,
      better: "higher",
      detail: { bytesPerRecord: Math.round(bytes / count) },
    });
  });
  return Promise.resolve();
}

export function logReplay(): Promise<void> {
  const count = 300_000;
  inDirectory((dir) => {
    fill(dir, count);
    const readRates: number[] = [];
    const rates = Array.from({ length: rounds }, () => {
      const { log } = sourceIn(dir).open(0);
      let read = 0;
      const readMs = milliseconds(() => {
        for (const { mutations } of log.read(0)) read += mutations.length;
      });
      readRates.push((read / readMs) * 1_000);
      const replay = new Replay(new Tables(), new Schema(builtInModules), 0);
      const ms = milliseconds(() => {
        for (const transaction of log.read(0)) replay.transaction(transaction);
      });
      log.close();
      if (replay.counts.mutations !== count)
        throw new Error(`replayed ${replay.counts.mutations} of ${count}`);
      return (count / ms) * 1_000;
    });
    report({
      bench: "log-replay",
      value: median(rates),
      unit: "mutations/s into tables",
      target: 300_000,
      better: "higher",
      detail: { readAlone: Math.round(median(readRates)) },
    });
  });
  return Promise.resolve();
}
