/** A log in files that is shorter than it was, in a way that nothing within it can tell. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { check } from "../../../main/cli/storage/check.ts";
import { targetAt } from "../../../main/cli/storage/target.ts";
import { NodeStore, type NodeStoreOptions } from "../../../main/storage/node-store.ts";
import { scanFiles } from "../../../main/storage/log/file-scan.ts";
import { headBytes } from "../../../main/storage/log/segment-head.ts";
import { RealDisk } from "../../../main/storage/disk/real-disk.ts";
import { entry } from "./entries.ts";
import { storeOptions, transaction } from "./store-options.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "lightcone-witness-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const inFiles = { log: "file", snapshots: "file" } as const;
const open = (options: Partial<NodeStoreOptions> = {}) =>
  new NodeStore(storeOptions(dir, { ...inFiles, recovery: "strict", ...options }));

function put(store: NodeStore, index: number): void {
  store.commit({
    transactions: [transaction({ kind: "entry", entry: entry(index, `k${index}`) })],
    events: [],
    operations: [],
    clock: null,
  });
}

/** A directory of so many transactions, one a commit. */
function written(count: number, options: Partial<NodeStoreOptions> = {}): void {
  const store = open(options);
  for (let index = 1; index <= count; index += 1) put(store, index);
  store.close();
}

const segment = () => join(dir, "log", "00000001.log");

/** Zeros for the newest transaction, exactly: the log looks as it did before that was appended. */
function zeroLast(): void {
  const bytes = readFileSync(segment());
  const scan = scanFiles({ disk: new RealDisk(), dir: join(dir, "log"), owner: null, after: null });
  const end = scan.end!.at;
  // A record says its length behind its first four bytes.
  let [at, last] = [headBytes, headBytes];
  while (at < end) [last, at] = [at, at + bytes.readUInt32LE(at + 4)];
  writeFileSync(segment(), bytes.fill(0, last, end));
}

const refusal = (options: Partial<NodeStoreOptions> = {}): string => {
  try {
    open(options).close();
  } catch (error) {
    return (error as Error).message;
  }
  return "it started";
};

const takeAway = () => renameSync(join(dir, "log"), join(dir, "elsewhere"));

const looked = () => check(targetAt(dir), { pause: () => Promise.resolve(), progress: () => undefined });
const keysIn = (store: NodeStore) => Array.from(store.tables.rows("kv", "keys"), ({ key }) => key);

describe("a log whose newest transaction was zeroed to the byte", () => {
  it.each(["commit", "group", "off"] as const)("is damaged, written with sync %s", (sync) => {
    written(5, { sync });
    zeroLast();
    expect(refusal()).toMatch(
      /log\/00000001\.log ends with transaction 4, and .* reached 5.*Transaction 5 is lost/,
    );
  });

  it.each(["truncate", "salvage"] as const)(
    "goes on under %s behind the number that was given out",
    (recovery) => {
      written(5);
      zeroLast();
      const store = open({ recovery });
      expect(keysIn(store)).toEqual(["k1", "k2", "k3", "k4"]);
      expect(store.log.last).toBeGreaterThanOrEqual(5);
      expect(store.isUnusual).toBe(true);
      put(store, 6);
      store.close();
      const again = open();
      expect(keysIn(again)).toEqual(["k1", "k2", "k3", "k4", "k6"]);
      again.close();
    },
  );

  it("is rebuilt from the others where there are some, and refused where there are none", () => {
    written(5);
    zeroLast();
    expect(refusal({ recovery: "rebuild" })).toMatch(/no other node is known/);
    const store = open({ recovery: "rebuild", seeds: ["localhost:1"] });
    expect(store.restore().rebuild).toBe(true);
    store.close();
  });

  it("is damaged for validate as well", async () => {
    written(5);
    expect((await looked()).verdict).toBe("sound");
    zeroLast();
    const report = await looked();
    expect(report.verdict).toBe("damaged");
    const [damage] = report.files.flatMap(({ damage: found }) => found);
    expect(damage).toMatchObject({ kind: "truncated", file: "log/00000001.log", after: 4, before: 6 });
  });
});

describe("a log that is not there any more", () => {
  it("is damage and no new log", async () => {
    written(5);
    takeAway();
    expect(refusal()).toMatch(/no log.* reached transaction 5.*Transactions 1 to 5 are lost/);
    expect((await looked()).verdict).toBe("damaged");
  });

  it("is damage behind a snapshot that does not have all of it", async () => {
    const store = open();
    for (const index of [1, 2, 3]) put(store, index);
    await store.snapshot();
    put(store, 4);
    store.close();
    takeAway();
    expect(refusal()).toMatch(/Transaction 4 is lost/);
    const salvaged = open({ recovery: "salvage" });
    expect(keysIn(salvaged)).toEqual(["k1", "k2", "k3"]);
    expect(salvaged.log.last).toBeGreaterThanOrEqual(4);
    salvaged.close();
  });

  it("is no loss where a snapshot has all of it", async () => {
    const store = open();
    for (const index of [1, 2, 3]) put(store, index);
    await store.snapshot();
    store.close();
    takeAway();
    expect((await looked()).verdict).toBe("sound");
    const again = open();
    expect(keysIn(again)).toEqual(["k1", "k2", "k3"]);
    put(again, 4);
    again.close();
    expect(refusal()).toBe("it started");
  });
});

describe("no false alarm", () => {
  it("where the kinds were changed, whatever was noted before", () => {
    written(5);
    const kinds = [
      { log: "sqlite", snapshots: "sqlite" },
      { log: "file", snapshots: "file" },
      { log: "memory", snapshots: "memory" },
      { log: "file", snapshots: "sqlite" },
    ] as const;
    for (const kind of kinds) {
      for (const start of [1, 2]) {
        const store = open(kind);
        put(store, 10 + start);
        store.close();
      }
    }
  });

  it("where node.db is gone, or was never told", () => {
    written(5);
    for (const name of readdirSync(dir).filter((one) => one.startsWith("node.db"))) rmSync(join(dir, name));
    const store = open();
    expect(keysIn(store)).toHaveLength(5);
    store.close();
  });

  it("after a start that was not allowed to flush", () => {
    const store = open({ sync: "off" });
    for (const index of [1, 2, 3]) put(store, index);
    // The process ends here: what it had not flushed lies in the system, and may be gone with the power.
    const copy = join(dir, "copy");
    mkdirSync(copy);
    for (const name of readdirSync(dir).filter((one) => one.startsWith("node.db")))
      writeFileSync(join(copy, name), readFileSync(join(dir, name)));
    store.close();
    const empty = new NodeStore(storeOptions(copy, { ...inFiles, recovery: "strict" }));
    expect(keysIn(empty)).toEqual([]);
    empty.close();
  });
});
