/** A log in node.db that is shorter than it was, because a bit of its write-ahead log flipped. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { check } from "../../../main/cli/storage/check.ts";
import { targetAt } from "../../../main/cli/storage/target.ts";
import { FaultyDisk } from "../../../main/storage/disk/faulty-disk.ts";
import { RealDisk } from "../../../main/storage/disk/real-disk.ts";
import { NodeStore, type NodeStoreOptions } from "../../../main/storage/node-store.ts";
import { ReachedFile, reachedPath } from "../../../main/storage/reached-file.ts";
import { breakHeader } from "./database-pages.ts";
import { entry, node } from "./entries.ts";
import { storeOptions, transaction } from "./store-options.ts";

let root: string;
let dir: string;
let open: NodeStore[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "lightcone-reached-"));
  dir = join(root, "data");
  open = [];
});
afterEach(() => {
  for (const store of open) store.close();
  rmSync(root, { recursive: true, force: true });
});

function openStore(options: Partial<NodeStoreOptions> = {}): NodeStore {
  const store = new NodeStore(storeOptions(dir, { recovery: "strict", ...options }));
  open.push(store);
  return store;
}

function put(store: NodeStore, index: number): void {
  const kept = {
    ...transaction({ kind: "entry", entry: entry(index, `k${index}`) }),
    clock: { [node]: index },
  };
  store.commit({ transactions: [kept], events: [], operations: [], clock: { [node]: index } });
}

const count = 20;
const keysTo = (last: number) => Array.from({ length: last }, (_, index) => `k${index + 1}`).sort();
const keysIn = (store: NodeStore) => Array.from(store.tables.rows("kv", "keys"), ({ key }) => key).sort();
const counter = (store: NodeStore) => store.restore().clock?.[node] ?? 0;

/** The directory as a process leaves it that is killed now; from here on it is the one that is opened. */
function killed(): void {
  const left = join(root, "left");
  mkdirSync(left);
  for (const name of ["node.db", "node.db-wal", "log-reached"])
    if (existsSync(join(dir, name))) cpSync(join(dir, name), join(left, name));
  dir = left;
}

function writeAndKill(options: Partial<NodeStoreOptions> = {}): void {
  const store = openStore(options);
  store.beginLife(1);
  for (let index = 1; index <= count; index += 1) put(store, index);
  killed();
}

const walHead = 32;
const frameHead = 24;
const frame = frameHead + 4_096;

/** Offsets of the frames that end a commit, in the present use of the write-ahead log. */
function commitsIn(wal: Buffer): number[] {
  const salts = wal.subarray(16, 24);
  const ends: number[] = [];
  for (let at = walHead; at + frame <= wal.length; at += frame) {
    if (!wal.subarray(at + 8, at + 16).equals(salts)) break;
    if (wal.readUInt32BE(at + 4) !== 0) ends.push(at);
  }
  return ends;
}

/** Of the commit of this transaction, which is followed by those up to `count` and by nothing else. */
function flipBit(position: number): void {
  const path = join(dir, "node.db-wal");
  const wal = readFileSync(path);
  const at = commitsIn(wal).at(position - count - 1)! + frameHead + 100;
  wal[at]! ^= 4;
  writeFileSync(path, wal);
}

const refusal = (options: Partial<NodeStoreOptions> = {}): string => {
  try {
    openStore(options);
  } catch (error) {
    return (error as Error).message;
  }
  return "it started";
};

const files = () => ["node.db", "node.db-wal", "log-reached"].map((name) => readFileSync(join(dir, name)));
const looked = () => check(targetAt(dir), { pause: () => Promise.resolve(), progress: () => undefined });

describe("a bit that flipped in the write-ahead log of node.db", () => {
  it("is found, and refused by strict with nothing changed", () => {
    writeAndKill();
    flipBit(13);
    const before = files();
    expect(refusal()).toMatch(
      /ends with transaction 12, and had reached 20: .*Transactions 13 to 20 are lost/,
    );
    expect(files().every((bytes, index) => bytes.equals(before[index]!))).toBe(true);
  });

  it.each(["salvage", "truncate"] as const)("goes on under %s behind all that was given out", (recovery) => {
    writeAndKill();
    flipBit(13);
    const wal = readFileSync(join(dir, "node.db-wal"));
    const store = openStore({ recovery });
    expect(store.lines.join("\n")).toMatch(/ends with transaction 12, and had reached 20/);
    const copy = /is (set-aside\/.*node\.db-wal)\./.exec(store.lines.join("\n"))?.[1];
    expect(readFileSync(join(dir, copy!)).equals(wal), "what SQLite passed over is kept").toBe(true);
    expect(store.isUnusual).toBe(true);
    expect(keysIn(store)).toEqual(keysTo(12));
    expect(store.log.last).toBeGreaterThan(count);
    expect(counter(store), "no counter is given out twice (P1)").toBeGreaterThan(1_000_000);
    put(store, 1_000_100);
    store.close();
    const again = openStore();
    expect(again.isUnusual).toBe(false);
    expect(keysIn(again)).toEqual([...keysTo(12), "k1000100"].sort());
  });

  it("has the node rebuilt where others are known, and refused where none are", () => {
    writeAndKill();
    flipBit(13);
    expect(refusal({ recovery: "rebuild" })).toMatch(/no other node is known/);
    const store = openStore({ recovery: "rebuild", seeds: ["localhost:1"] });
    expect(store.restore().rebuild).toBe(true);
    expect(counter(store)).toBeGreaterThan(1_000_000);
  });

  it("is found where nothing is left of the first life", () => {
    writeAndKill();
    flipBit(1);
    expect(refusal()).toMatch(/ends with transaction 0, and had reached 20/);
  });

  it("is found by validate", async () => {
    writeAndKill();
    expect((await looked()).verdict).toBe("sound");
    flipBit(13);
    const report = await looked();
    expect(report.verdict).toBe("damaged");
    const found = report.files.flatMap(({ damage }) => damage);
    expect(found).toMatchObject([{ kind: "truncated", file: "transaction_log", after: 12, before: 21 }]);
  });
});

it("notes what was flushed, of a log that is handed to the system only", () => {
  const store = openStore({ sync: "off" });
  for (let index = 1; index <= 5; index += 1) put(store, index);
  expect(new ReachedFile(dir).read()).toBe(0);
  store.close();
  expect(new ReachedFile(dir).read()).toBe(5);
});

describe("no damage", () => {
  it("after a kill that broke nothing", () => {
    writeAndKill();
    const store = openStore();
    expect(keysIn(store)).toEqual(keysTo(count));
    expect(store.isUnusual).toBe(false);
    expect(statSync(reachedPath(dir)).mode & 0o777).toBe(0o600);
  });

  it("where the power took the newest note", () => {
    writeAndKill();
    new ReachedFile(dir).note(7);
    expect(keysIn(openStore())).toEqual(keysTo(count));
  });

  it("where the power took what was not flushed", () => {
    const disk = new FaultyDisk(new RealDisk());
    const store = openStore({ disk });
    for (let index = 1; index <= 5; index += 1) put(store, index);
    store.close();
    const off = openStore({ disk, sync: "off" });
    off.beginLife(1);
    for (let index = 6; index <= 9; index += 1) put(off, index);
    disk.powerCut();
    killed();
    expect(() => off.close()).toThrow(/power cut/);
    expect(keysIn(openStore())).toEqual(keysTo(5));
  });

  it("where a snapshot has all of it", async () => {
    const store = openStore();
    for (let index = 1; index <= 3; index += 1) put(store, index);
    await store.snapshot();
    killed();
    expect(keysIn(openStore())).toEqual(keysTo(3));
  });

  it.each([
    ["gone", () => rmSync(reachedPath(dir))],
    ["torn", () => writeFileSync(reachedPath(dir), readFileSync(reachedPath(dir)).subarray(0, 11))],
    ["odd", () => writeFileSync(reachedPath(dir), "x".repeat(50))],
    ["wrong", () => writeFileSync(reachedPath(dir), readFileSync(reachedPath(dir)).fill(9, 8, 10))],
  ])("is told of by a note that is %s", (_, harm) => {
    writeAndKill();
    flipBit(13);
    harm();
    const store = openStore();
    expect(keysIn(store)).toEqual(keysTo(12));
    put(store, 13);
    expect(new ReachedFile(dir).read()).toBe(13);
  });

  it("comes of a note that cannot be written", () => {
    mkdirSync(reachedPath(dir), { recursive: true });
    const store = openStore();
    for (let index = 1; index <= 3; index += 1) put(store, index);
    store.close();
    expect(keysIn(openStore())).toEqual(keysTo(3));
  });

  it("where the kinds were changed, whatever was noted before", () => {
    writeAndKill();
    const kinds = [
      { log: "memory", snapshots: "memory" },
      { log: "sqlite", snapshots: "sqlite" },
      { log: "file", snapshots: "sqlite" },
      { log: "sqlite", snapshots: "file" },
    ] as const;
    for (const kind of kinds) {
      for (const start of [1, 2]) {
        const store = openStore(kind);
        put(store, 100 + start);
        store.close();
      }
    }
  });

  it("where node.db was moved away for the node to begin anew", () => {
    writeAndKill();
    for (const name of ["node.db", "node.db-wal"]) rmSync(join(dir, name));
    const store = openStore();
    expect(keysIn(store)).toEqual([]);
    put(store, 1);
    store.close();
    expect(keysIn(openStore())).toEqual(["k1"]);
  });

  it("in the node.db that took the place of a damaged one", () => {
    const store = openStore();
    for (let index = 1; index <= 3; index += 1) put(store, index);
    store.close();
    breakHeader(dir);
    const saved = openStore({ recovery: "salvage" });
    saved.close();
    expect(refusal()).toBe("it started");
  });
});
