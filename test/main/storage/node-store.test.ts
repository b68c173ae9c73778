import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FaultyDisk } from "../../../main/storage/disk/faulty-disk.ts";
import { RealDisk } from "../../../main/storage/disk/real-disk.ts";
import { type Batch, NodeStore, type NodeStoreOptions } from "../../../main/storage/node-store.ts";
import { NodeStoreError } from "../../../main/storage/node-store-error.ts";
import { readTraceAfter } from "../../../main/storage/trace-blobs.ts";
import { asKey, asNodeId } from "../../../shared/ids.ts";
import type { OperationLogItem } from "../../../shared/replication/types.ts";
import type { TraceEvent } from "../../../shared/trace/event.ts";
import { eventually } from "../worker/cluster.ts";
import { entry, node } from "./entries.ts";
import { storeOptions, transaction } from "./store-options.ts";

const nothing: Batch = { transactions: [], events: [], operations: [], clock: null };

let dir: string;
let open: NodeStore[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "lightcone-store-"));
  open = [];
});
afterEach(() => {
  for (const store of open) store.close();
  rmSync(dir, { recursive: true, force: true });
});

function openStore(options: Partial<NodeStoreOptions> = {}): NodeStore {
  const store = new NodeStore(storeOptions(dir, options));
  open.push(store);
  return store;
}

const events = (life: number, first: number, last: number): TraceEvent[] =>
  Array.from({ length: last - first + 1 }, (_, offset) => ({
    node,
    life,
    seq: first + offset,
    at: 1000 + offset,
    type: "local",
    op: "internal",
    name: "something",
    clock: { "node-1": first + offset },
  }));

const operation = (id: string): OperationLogItem => ({
  id,
  op: "get",
  key: asKey("k"),
  value: null,
  clock: { "node-1": 1 },
  hash: "00",
  at: 1,
  node,
});

function refusal(action: () => unknown): NodeStoreError {
  try {
    action();
  } catch (error) {
    if (error instanceof NodeStoreError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

describe("a node's store", () => {
  it("starts empty", () => {
    const restored = openStore().restore();
    const { keys, tables, ...rest } = restored;
    expect({ ...rest, keys: [...keys], tables: [...(tables ?? [])] }).toEqual({
      clock: null,
      hints: [],
      incarnation: 0,
      members: [],
      topology: [],
      keys: [],
      logIndex: 0,
      operations: [],
      broadcast: null,
      tables: [],
      rebuild: false,
    });
  });

  it("gives everything back after it was opened again", () => {
    const first = openStore();
    const claim = { node, address: "localhost:1", status: "alive", incarnation: 7, from: node } as const;
    const broadcast = {
      vector: { "node-1": 4 },
      lamport: 6,
      delivered: { "node-1": 2 },
      ahead: {},
      sent: 3,
      position: 0,
      ordered: 0,
    };
    first.commit({
      transactions: [
        transaction({ kind: "entry", entry: entry(1, "a", "old") }),
        transaction(
          { kind: "entry", entry: entry(2, "a\u0000ü", "x") },
          { kind: "entry", entry: entry(3, "a", "new") },
          { kind: "incarnation", incarnation: 7 },
          { kind: "members", members: [claim] },
          { kind: "broadcast", state: { ...broadcast, sent: 2 } },
          { kind: "broadcast", state: broadcast },
        ),
      ],
      events: events(1, 1, 2),
      operations: [operation("one"), operation("two")],
      clock: { "node-1": 3, "node-2": 1 },
    });
    first.close();
    const restored = openStore().restore();
    expect(restored.clock).toEqual({ "node-1": 3, "node-2": 1 });
    expect(restored.incarnation).toBe(7);
    expect(restored.members).toEqual([claim]);
    expect(restored.broadcast).toEqual(broadcast);
    expect(restored.logIndex).toBe(3);
    expect(new Map(restored.keys)).toEqual(
      new Map([
        ["a", entry(3, "a", "new").state],
        ["a\u0000ü", entry(2, "", "x").state],
      ]),
    );
    expect(restored.operations.map(({ id }) => id)).toEqual(["one", "two"]);
  });

  it("flushes a commit that holds records, and only that", () => {
    const store = openStore();
    store.commit({ ...nothing, events: events(1, 1, 1), clock: { "node-1": 1 } });
    expect(store.counts).toEqual({ commits: 1, flushes: 0 });
    store.commit({ ...nothing, transactions: [transaction({ kind: "entry", entry: entry(1, "a", "x") })] });
    expect(store.counts).toEqual({ commits: 2, flushes: 1 });
  });

  it("has its write-ahead log at full size from the start, and after a kill while it was growing", () => {
    const walBytes = () => statSync(join(dir, "node.db-wal")).size;
    openStore().close();
    const database = new Database(join(dir, "node.db"));
    database.exec("CREATE TABLE scratch (filler)");
    database.close();
    const store = openStore();
    const before = walBytes();
    expect(before).toBeGreaterThan(3_900_000);
    store.commit({ ...nothing, transactions: [transaction({ kind: "entry", entry: entry(1, "a", "x") })] });
    expect(walBytes()).toBe(before);
  });

  it("gives each life a larger number, also when the wall clock went back", () => {
    const first = openStore();
    expect(first.beginLife(1000)).toBe(1000);
    first.close();
    const second = openStore();
    expect(second.beginLife(500)).toBe(1001);
    expect(second.beginLife(2000)).toBe(2000);
  });

  it("keeps the newest part of a trace that grows too long", () => {
    const store = openStore({ traceItemsMax: 100 });
    for (let first = 1; first <= 1000; first += 5) {
      store.commit({ ...nothing, events: events(1, first, first + 4) });
    }
    const kept = store.eventsAfter(1, 0, 10_000);
    expect(kept.at(-1)?.seq).toBe(1000);
    expect(kept.length).toBeGreaterThanOrEqual(100);
    expect(kept.length).toBeLessThan(120);
    expect(kept[0]?.seq).toBe(1001 - kept.length);
  });

  it("keeps the newest operations of earlier lives, oldest first", () => {
    const store = openStore({ operationsMax: 3 });
    for (const id of ["1", "2", "3", "4", "5"])
      store.commit({ ...nothing, events: events(1, Number(id), Number(id)), operations: [operation(id)] });
    expect(store.restore().operations.map(({ id }) => id)).toEqual(["3", "4", "5"]);
  });

  it("passes over what is damaged in a trace, which has no checksums, and starts", () => {
    const first = openStore();
    for (const id of ["1", "2", "3"])
      first.commit({ ...nothing, events: events(1, Number(id), Number(id)), operations: [operation(id)] });
    first.close();
    const database = new Database(join(dir, "node.db"));
    database.exec("UPDATE trace SET events = x'c1ff', operations = x'c1ff' WHERE first_seq = 2");
    database.close();
    const second = openStore();
    expect(second.restore().operations.map(({ id }) => id)).toEqual(["1", "3"]);
    expect(second.eventsAfter(1, 0, 10).map(({ seq }) => seq)).toEqual([1, 3]);
  });

  it("gives back what reducers changed, and what was dropped is gone", () => {
    const first = openStore();
    const row = { module: "counter", table: "counters", key: "n", row: 7 };
    first.commit({
      ...nothing,
      transactions: [
        transaction({ kind: "mutations", mutations: [row] }),
        transaction({ kind: "entry", entry: entry(1, "a") }, { kind: "entry", entry: entry(2, "b") }),
        transaction({ kind: "dropped", key: asKey("b") }),
      ],
    });
    first.close();
    const restored = openStore().restore();
    expect([...(restored.tables ?? [])]).toEqual([row]);
    expect([...restored.keys].map(([key]) => key)).toEqual(["a"]);
    expect(restored.logIndex, "no entry has the number of one that is gone").toBe(2);
  });
});

describe.each(["sqlite", "file"] as const)("with a log of kind %s", (log) => {
  it.each(["write", "sync"] as const)(
    "P33: after a failed %s it closes itself, says so, and never retries",
    (operation) => {
      const disk = new FaultyDisk(new RealDisk());
      const store = openStore({ log, snapshots: log, disk });
      const put = (index: number, value: string) =>
        store.commit({
          ...nothing,
          transactions: [transaction({ kind: "entry", entry: entry(index, "a", value) })],
        });
      put(1, "kept");
      disk.arm({ kind: "fail", operation, nth: 1, lasts: "once" });
      expect(refusal(() => put(2, "lost")).kind).toBe("commit_failed");
      const after = refusal(() => put(2, "again"));
      expect(after.kind).toBe("closed");
      expect(after.message).toContain("restart the node");
      expect(store.tables.row("kv", "keys", "a"), "P27: the tables are not ahead of the log").toEqual(
        entry(1, "a", "kept").state,
      );
      const [, state] = [...openStore({ log, snapshots: log }).restore().keys][0]!;
      // What was never acknowledged may be found or not, but whole.
      expect([entry(1, "a", "kept").state, entry(2, "a", "lost").state]).toContainEqual(state);
    },
  );

  it("P27: tables, log and a restart agree after every commit", () => {
    const options = { log, snapshots: log };
    let store = openStore(options);
    for (let index = 1; index <= 20; index += 1) {
      const key = `k${index % 7}`;
      store.commit({
        ...nothing,
        transactions: [
          transaction({ kind: "entry", entry: entry(2 * index - 1, key) }),
          transaction({ kind: "entry", entry: entry(2 * index, "x") }, { kind: "dropped", key: asKey(key) }),
        ],
        clock: { [node]: index },
      });
      const digest = store.tables.digest();
      expect(store.log.last).toBe(2 * index);
      if (index % 5 !== 0) continue;
      store.close();
      store = openStore(options);
      expect(store.tables.digest()).toBe(digest);
    }
  });

  it("starts from its newest snapshot and the log behind it", async () => {
    const first = openStore({ log, snapshots: log });
    const put = (index: number) =>
      first.commit({
        ...nothing,
        transactions: [transaction({ kind: "entry", entry: entry(index, `k${index}`) })],
      });
    for (let index = 1; index <= 10; index += 1) put(index);
    expect(await first.snapshot()).toMatchObject({ position: 10, rows: 10 });
    put(11);
    const digest = first.tables.digest();
    first.close();
    const second = openStore({ log, snapshots: log });
    expect(second.tables.digest()).toBe(digest);
    expect(second.lines).toEqual([
      "Read 10 rows of the snapshot at 10 and replayed 1 transaction from the log.",
    ]);
    expect(second.isUnusual).toBe(false);
  });
});

it("tells how far a snapshot is while it is written", async () => {
  const store = openStore();
  const transactions = Array.from({ length: 5_000 }, (_, index) =>
    transaction({ kind: "entry", entry: entry(index + 1, `k${index}`, "x".repeat(200)) }),
  );
  store.commit({ ...nothing, transactions });
  expect(store.snapshotting).toBeNull();
  const taken = store.snapshot();
  expect(store.snapshotting).toMatchObject({ rows: 0, of: 5_000 });
  await eventually("some of it", () => (store.snapshotting?.rows ?? 5_000) > 0);
  await taken;
  expect(store.snapshotting).toBeNull();
});

it("L4: a long log is replayed with other work between, and how far it is is told", async () => {
  const first = openStore();
  const transactions = Array.from({ length: 12_000 }, (_, index) =>
    transaction({ kind: "entry", entry: entry(index + 1, `k${index % 100}`) }),
  );
  first.commit({ ...nothing, transactions });
  const digest = first.tables.digest();
  first.close();
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 0);
  const seen: number[] = [];
  const store = await NodeStore.open(storeOptions(dir), ({ transactions: done }) => seen.push(done));
  clearInterval(timer);
  open.push(store);
  expect(seen.slice(-2)).toEqual([5_000, 10_000]);
  expect(turns).toBeGreaterThan(0);
  expect(store.tables.digest()).toBe(digest);
  const refused = NodeStore.open(storeOptions(dir), () => undefined);
  await expect(refused).rejects.toMatchObject({ kind: "locked" });
});

describe("opening a data directory refuses", () => {
  it("the directory of another node", () => {
    openStore().close();
    const error = refusal(() => openStore({ node: asNodeId("node-2") }));
    expect(error.kind).toBe("other_node");
    expect(error.message).toContain("belongs to node-1, not to node-2");
  });

  it("the directory of another cluster", () => {
    openStore().close();
    expect(refusal(() => openStore({ cluster: "prod" })).kind).toBe("other_cluster");
  });

  it("a newer format", () => {
    openStore().close();
    const database = new Database(join(dir, "node.db"));
    database.pragma("user_version = 99");
    database.close();
    const error = refusal(() => openStore());
    expect(error.kind).toBe("newer_format");
    expect(error.message).toContain("format 99");
  });

  it("a file that is not SQLite, and leaves it as it was", () => {
    const text = "these are my notes, keep them ".repeat(50);
    writeFileSync(join(dir, "node.db"), text);
    expect(refusal(() => openStore()).kind).toBe("foreign");
    expect(readFileSync(join(dir, "node.db"), "utf8")).toBe(text);
  });

  it("another program's database", () => {
    const database = new Database(join(dir, "node.db"));
    database.exec("CREATE TABLE recipes (name TEXT)");
    database.close();
    expect(refusal(() => openStore()).kind).toBe("foreign");
  });

  it("a path that is no directory", () => {
    writeFileSync(join(dir, "file"), "");
    expect(refusal(() => openStore({ dataDir: join(dir, "file") })).kind).toBe("unreadable");
  });

  it("a second user, until the first lets go", () => {
    const first = openStore();
    expect(refusal(() => openStore()).kind).toBe("locked");
    first.close();
    expect(() => openStore()).not.toThrow();
  });

  it("and holds no lock after a refusal", () => {
    openStore().close();
    refusal(() => openStore({ cluster: "prod" }));
    expect(() => openStore()).not.toThrow();
  });
});

const here = (path: string) => JSON.stringify(resolve(import.meta.dirname, path));

/** Commits three batches, says so, and then waits to be killed. */
const writer = (dataDir: string) => `
import { NodeStore } from ${here("../../../main/storage/node-store.ts")};
import { storeOptions } from ${here("./store-options.ts")};
const store = new NodeStore(storeOptions(${JSON.stringify(dataDir)}));
const event = (seq) => ({ node: "node-1", life: 5, seq, at: seq, type: "local", op: "internal", name: "x", clock: null });
for (const first of [1, 4, 7]) {
  store.commit({ transactions: [], operations: [], clock: { "node-1": first + 2 }, events: [first, first + 1, first + 2].map(event) });
}
process.stdout.write("written");
setInterval(() => undefined, 1000);
`;

describe("after SIGKILL", () => {
  it("the lock is free, the clock is kept, and the trace can be read from outside", async () => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", writer(dir)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((done) => child.stdout.once("data", done));
    expect(refusal(() => openStore()).kind, "while it lives").toBe("locked");
    const gone = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await gone;
    expect(readdirSync(dir), "the write-ahead log is still there").toContain("node.db-wal");

    expect(readTraceAfter(dir, 5, 4).map(({ seq }) => seq)).toEqual([5, 6, 7, 8, 9]);
    expect(readTraceAfter(dir, 6, 0)).toEqual([]);
    expect(openStore().restore().clock).toEqual({ "node-1": 9 });
    expect(readTraceAfter(dir, 5, 0), "also while the next life runs").toHaveLength(9);
  });

  it("a directory without a database has no trace", () => {
    expect(readTraceAfter(join(dir, "none"), 1, 0)).toEqual([]);
  });
});
