/** A node.db with broken pages, in each recovery mode: what is kept, what is said, and that nothing is lost without a copy. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { NodeStore, type NodeStoreOptions } from "../../../main/storage/node-store.ts";
import { asKey } from "../../../shared/ids.ts";
import type { TraceEvent } from "../../../shared/trace/event.ts";
import { breakHeader, breakPage, pagesOf } from "./database-pages.ts";
import { entry, node } from "./entries.ts";
import { storeOptions, transaction } from "./store-options.ts";

let dir: string;
let open: NodeStore[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "lightcone-damaged-"));
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

const event = (seq: number): TraceEvent => ({
  node,
  life: 1,
  seq,
  at: seq,
  type: "local",
  op: "internal",
  name: `something that takes a little room ${"x".repeat(60)}`,
  clock: { [node]: seq },
});

const count = 300;

/** So many keys, some pages of each table; the clock stands at `count`. Written once for each kind of node. */
function write(options: Partial<NodeStoreOptions> = {}): void {
  const kind = JSON.stringify(options);
  if (!written.has(kind)) {
    const place = mkdtempSync(join(tmpdir(), "lightcone-written-"));
    writeTo(place, options);
    written.set(kind, place);
  }
  cpSync(written.get(kind)!, dir, { recursive: true });
}

const written = new Map<string, string>();
afterAll(() => {
  for (const place of written.values()) rmSync(place, { recursive: true });
});

function writeTo(place: string, options: Partial<NodeStoreOptions>): void {
  const store = new NodeStore(storeOptions(place, { sync: "off", ...options }));
  store.beginLife(77);
  for (let n = 1; n <= count; n += 1) {
    store.commit({
      transactions: [
        { ...transaction({ kind: "entry", entry: entry(n, `k${n}`, "v".repeat(80)) }), clock: { [node]: n } },
      ],
      events: [event(n)],
      operations: [],
      clock: { [node]: n },
    });
  }
  store.close();
}

/** A leaf in the middle of the table's tree. */
const middleOf = (table: string) => {
  const pages = pagesOf(dir, table);
  expect(pages.length, `${table} has several pages`).toBeGreaterThan(3);
  return pages[Math.floor(pages.length / 2)]!;
};
const breakMiddleOf = (table: string) => breakPage(dir, middleOf(table));
const files = (path = dir) =>
  readdirSync(path)
    .filter((name) => name.startsWith("node.db") && !name.endsWith("-shm"))
    .map((name) => [name, readFileSync(join(path, name)).toString("base64")])
    .filter(([, bytes]) => bytes !== "");
const keys = (store: NodeStore) => [...store.restore().keys].length;
const ownCounter = (store: NodeStore) => store.restore().clock?.[node] ?? 0;

function refusal(options: Partial<NodeStoreOptions>): string {
  const before = files();
  let message = "";
  try {
    openStore(options);
  } catch (error) {
    ({ message } = error as Error);
  }
  expect(message, "it was refused").not.toBe("");
  expect(files(), "nothing was changed").toEqual(before);
  expect(existsSync(join(dir, "set-aside"))).toBe(false);
  return message;
}

/** The old file is a copy of what there was, and the new one goes on by itself. */
function expectReplaced(store: NodeStore, damaged: string): void {
  const aside = readdirSync(join(dir, "set-aside")).filter((name) => name.endsWith("-node.db"));
  expect(aside).toHaveLength(1);
  expect(readFileSync(join(dir, "set-aside", aside[0]!, "node.db")).toString("base64")).toBe(damaged);
  expect(store.lines.join("\n")).toMatch(
    /node\.db is damaged\. SQLite says of it: .+\n[\s\S]*was set aside as set-aside/,
  );
  expect(store.isUnusual).toBe(true);
  const before = store.tables.digest();
  const { last } = store.log;
  store.commit({
    transactions: [transaction({ kind: "entry", entry: entry(9_999_999, "after") })],
    events: [],
    operations: [],
    clock: { [node]: 9_999_999 },
  });
  store.close();
  const again = openStore({ recovery: "strict" });
  expect(again.isUnusual).toBe(false);
  expect(again.log.last).toBe(last + 1);
  again.commit({
    transactions: [transaction({ kind: "dropped", key: asKey("after") })],
    events: [],
    operations: [],
    clock: null,
  });
  expect(again.tables.digest()).toBe(before);
}

const damagedBytes = () => readFileSync(join(dir, "node.db")).toString("base64");

const places = {
  "the log": () => breakMiddleOf("transaction_log"),
  "the root of the log": () => breakPage(dir, pagesOf(dir, "transaction_log")[0]!),
  "the head of the log": () => breakPage(dir, pagesOf(dir, "transaction_log_head")[0]!),
  "the schema": () => breakPage(dir, 1),
  "the header": () => breakHeader(dir),
};

describe.each(Object.entries(places))("damage to %s", (_, damage) => {
  beforeEach(() => {
    write();
    damage();
  });

  it("is refused by strict, with nothing changed", () => {
    expect(refusal({ recovery: "strict", seeds: ["127.0.0.1:1"] })).toMatch(
      /^node\.db is damaged, and --recovery=strict refuses to go on\..*--recovery=salvage.*Nothing was changed/s,
    );
  });

  it("is refused by rebuild where nobody can be asked", () => {
    expect(refusal({ recovery: "rebuild" })).toMatch(/no other node is known that has the data/);
  });

  it("P1: has the node refilled by the others, and no counter given out twice", () => {
    const damaged = damagedBytes();
    const store = openStore({ recovery: "rebuild", seeds: ["127.0.0.1:1"] });
    expect(keys(store)).toBe(0);
    expect(store.restore().rebuild).toBe(true);
    // As a node without a disk: it hears from its peers how far it had counted.
    if (store.restore().clock !== null) expect(ownCounter(store)).toBeGreaterThan(1_000_000);
    expect(store.log.last, "no position stands for two transactions").toBeGreaterThanOrEqual(count);
    expectReplaced(store, damaged);
  });

  it.each(["truncate", "salvage"] as const)("keeps what can be read in mode %s", (recovery) => {
    const damaged = damagedBytes();
    const store = openStore({ recovery });
    expect(keys(store)).toBeLessThan(count);
    expect(store.restore().rebuild).toBe(false);
    if (keys(store) > 0) expect(ownCounter(store)).toBeGreaterThan(1_000_000 + keys(store));
    for (const [key, state] of store.restore().keys) {
      const n = Number(key.slice(1));
      expect(state).toEqual(entry(n, key, "v".repeat(80)).state);
    }
    expectReplaced(store, damaged);
  });
});

it("a refused start leaves the write-ahead log of a node that was killed as it was", () => {
  write();
  const store = openStore();
  store.commit({
    transactions: [transaction({ kind: "entry", entry: entry(count + 1, "in the log") })],
    events: [],
    operations: [],
    clock: null,
  });
  const killed = `${dir}-killed`;
  cpSync(dir, killed, { recursive: true });
  store.close();
  const page = pagesOf(dir, "transaction_log")[2]!;
  rmSync(dir, { recursive: true });
  cpSync(killed, dir, { recursive: true });
  rmSync(killed, { recursive: true });
  breakPage(dir, page);
  expect(files().map(([name]) => name)).toEqual(["node.db", "node.db-wal"]);
  expect(refusal({ recovery: "strict" })).toMatch(/^node\.db is damaged/);
  const kept = [...openStore({ recovery: "salvage" }).restore().keys].map(([key]) => key);
  expect(kept).toContain("in the log");
  const aside = join(dir, "set-aside", readdirSync(join(dir, "set-aside"))[0]!);
  expect(readdirSync(aside), "whole").toEqual(expect.arrayContaining(["node.db", "node.db-wal"]));
});

it("salvage keeps what stands around a broken page of the log, truncate what stands before it", () => {
  write();
  breakMiddleOf("transaction_log");
  cpSync(dir, `${dir}-copy`, { recursive: true });
  const salvaged = keys(openStore({ recovery: "salvage" }));
  const copy = new NodeStore(storeOptions(`${dir}-copy`, { recovery: "truncate" }));
  const truncated = keys(copy);
  copy.close();
  rmSync(`${dir}-copy`, { recursive: true });
  expect(salvaged).toBeGreaterThan(200);
  expect(truncated).toBeGreaterThan(20);
  expect(truncated).toBeLessThan(salvaged);
});

describe("damage without which every row is there", () => {
  it.each(["rebuild", "truncate", "salvage"] as const)(
    "to the trace: all data is kept in mode %s",
    (recovery) => {
      write();
      const pages = pagesOf(dir, "trace");
      breakPage(dir, pages.at(-1)!);
      const damaged = damagedBytes();
      const store = openStore({ recovery });
      expect(keys(store)).toBe(count);
      expect(store.restore().rebuild).toBe(false);
      expect(store.log.last).toBe(count);
      expect(ownCounter(store)).toBe(1_000_000 + count);
      expect(store.lines.join(" ")).toMatch(/the trace begins anew/);
      expect(store.eventsAfter(1, 0, 10)).toEqual([]);
      expect(store.beginLife(5), "no life is lived twice").toBe(78);
      expectReplaced(store, damaged);
    },
  );

  it("to the trace: strict refuses", () => {
    write();
    breakPage(dir, pagesOf(dir, "trace").at(-1)!);
    expect(refusal({ recovery: "strict" })).toMatch(/^node\.db is damaged, and --recovery=strict/);
  });

  it("to the newest snapshot: the log or an older one has the rest", async () => {
    write();
    const again = openStore();
    await again.snapshot();
    again.close();
    breakPage(dir, pagesOf(dir, "snapshot_frames")[0]!);
    const damaged = damagedBytes();
    const back = openStore();
    expect(keys(back)).toBe(count);
    expect(back.lines.join(" ")).toMatch(/database is damaged there.*It is not used/);
    expectReplaced(back, damaged);
  });

  it.each([
    { log: "file", snapshots: "file" },
    { log: "file", snapshots: "sqlite" },
  ] as const)("where the log lies in files: %o", (kinds) => {
    write(kinds);
    breakHeader(dir);
    const damaged = damagedBytes();
    const back = openStore(kinds);
    expect(keys(back)).toBe(count);
    expect(ownCounter(back)).toBe(1_000_000 + count);
    expect(back.source.kind).toBe("file");
    back.close();
    const aside = readdirSync(join(dir, "set-aside")).find((name) => name.endsWith("-node.db"))!;
    expect(readFileSync(join(dir, "set-aside", aside, "node.db")).toString("base64")).toBe(damaged);
    expect(openStore({ ...kinds, recovery: "strict" }).isUnusual).toBe(false);
  });
});

describe("damage that only a write meets", () => {
  it("ends the node, and the next start looks for it and deals with it", () => {
    write();
    const page = middleOf("trace");
    writeFileSync(join(dir, "node.db-damaged"), "found by a write\n");
    expect(openStore({ recovery: "strict" }).isUnusual, "a copy was put back: it is sound").toBe(false);
    open.pop()!.close();
    expect(existsSync(join(dir, "node.db-damaged"))).toBe(false);
    breakPage(dir, page);
    writeFileSync(join(dir, "node.db-damaged"), "found by a write\n");
    expect(keys(openStore())).toBe(count);
    expect(existsSync(join(dir, "node.db-damaged"))).toBe(false);
  });

  it("is noted by the commit that meets it", () => {
    write();
    const store = openStore();
    const damage = Object.assign(new Error("database disk image is malformed"), { code: "SQLITE_CORRUPT" });
    store.log.append = () => {
      throw damage;
    };
    expect(() =>
      store.commit({
        transactions: [transaction({ kind: "entry", entry: entry(1, "a") })],
        events: [],
        operations: [],
        clock: null,
      }),
    ).toThrow(/restart the node/);
    expect(readFileSync(join(dir, "node.db-damaged"), "utf8")).toBe("database disk image is malformed\n");
  });
});

describe("a kill between the new file and the old one's going", () => {
  it("is finished by the next start, whatever was moved by then", () => {
    write();
    breakMiddleOf("transaction_log");
    const damaged = damagedBytes();
    const store = openStore({ recovery: "salvage" });
    const kept = keys(store);
    store.close();
    const aside = join(dir, "set-aside", readdirSync(join(dir, "set-aside"))[0]!);
    // As it stood when it was decided.
    cpSync(join(dir, "node.db"), join(dir, "node.db-next"));
    cpSync(join(aside, "node.db"), join(dir, "node.db"));
    rmSync(join(dir, "set-aside"), { recursive: true });
    const back = openStore({ recovery: "strict" });
    expect(keys(back)).toBe(kept);
    const again = join(dir, "set-aside", readdirSync(join(dir, "set-aside"))[0]!);
    expect(readFileSync(join(again, "node.db")).toString("base64")).toBe(damaged);
    expect(existsSync(join(dir, "node.db-next"))).toBe(false);
    back.close();
    // And with nothing left of the old one.
    cpSync(join(dir, "node.db"), join(dir, "node.db-next"));
    rmSync(join(dir, "node.db"));
    expect(keys(openStore({ recovery: "strict" }))).toBe(kept);
  });
});

describe("rows that no other node has", () => {
  it("are not dropped by rebuild", () => {
    write();
    const store = openStore();
    const row = { module: "counter", table: "counters", key: "visits", row: 3 };
    store.commit({
      transactions: [transaction({ kind: "mutations", mutations: [row] })],
      events: [],
      operations: [],
      clock: null,
    });
    store.close();
    breakMiddleOf("transaction_log");
    expect(refusal({ recovery: "rebuild", seeds: ["127.0.0.1:1"] })).toMatch(
      /^node\.db is damaged, and rows of module counter are on no other node/,
    );
    expect([...(openStore({ recovery: "salvage" }).restore().tables ?? [])]).toEqual([row]);
  });
});

it("somebody's notes are not taken for a damaged database", () => {
  writeFileSync(join(dir, "node.db"), "these are my notes, keep them ".repeat(500));
  for (const recovery of ["rebuild", "truncate", "salvage"] as const)
    expect(refusal({ recovery, seeds: ["127.0.0.1:1"] })).toMatch(/is not a SQLite database; move it away/);
});
