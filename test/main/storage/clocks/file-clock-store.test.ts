import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import {
  FileClockStore,
  type FileClockStoreOptions,
} from "../../../../main/storage/clocks/file-clock-store.ts";
import { VectorClockStoreError } from "../../../../main/storage/clocks/vector-clock-store.ts";
import { FaultyDisk } from "../../../../main/storage/disk/faulty-disk.ts";
import { MemoryDisk } from "../../../../main/storage/disk/memory-disk.ts";
import { readWhole } from "../../../../main/storage/disk/whole-file.ts";
import { asNodeId } from "../../../../shared/ids.ts";
import { choices, keepsAll, keepsNothing } from "../disk/choices.ts";
import { noLock } from "./stores.ts";

const node = asNodeId("node-1");

function errorOf(action: () => unknown): VectorClockStoreError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(VectorClockStoreError);
    return error as VectorClockStoreError;
  }
  throw new Error("It did not fail.");
}

describe("the file store", () => {
  let dir: string;
  let path: string;
  const open: FileClockStore[] = [];
  const opened = (options?: FileClockStoreOptions) => {
    const store = new FileClockStore(dir, options);
    open.push(store);
    return store;
  };
  /** What is in the directory beside the lock. */
  const files = () => readdirSync(dir).filter((name) => !name.startsWith("node.lock"));
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "lightcone-clock-"));
    path = join(dir, "node-1.clock.json");
  });
  afterEach(() => {
    for (const store of open.splice(0)) store.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it("writes one JSON object of names and numbers", () => {
    opened().save(node, { "node-1": 42, "node-2": 15 });
    const { $crc32, ...clock } = JSON.parse(readFileSync(path, "utf8")) as Record<string, number>;
    expect(clock).toEqual({ "node-1": 42, "node-2": 15 });
    expect($crc32).toBeTypeOf("number");
    expect(files(), "no temporary file is left").toEqual(["node-1.clock.json"]);
  });

  it.runIf(process.platform !== "win32")("shows its files and directories to their owner only", () => {
    const inner = join(dir, "a/clocks");
    const store = new FileClockStore(inner);
    store.save(node, { "node-1": 1 });
    store.close();
    expect(statSync(inner).mode & 0o777).toBe(0o700);
    expect(statSync(join(inner, "node-1.clock.json")).mode & 0o777).toBe(0o600);
  });

  it("takes a clock written by hand", () => {
    writeFileSync(path, '\uFEFF{"node-1": 42,\r\n "node-2": 15}\r\n');
    expect(opened().load(node)).toEqual({ "node-1": 42, "node-2": 15 });
  });

  it.each([
    ["a flipped digit", (text: string) => text.replace("42", "43"), "does not fit its checksum"],
    ["a truncated file", (text: string) => text.slice(0, -5), "is not JSON"],
    ["an empty file", () => "", "is empty"],
    ["a file of zeros", () => "\u0000".repeat(40), "is not JSON"],
    [
      "a misspelt checksum",
      (text: string) => text.replace("$crc32", "$crc33"),
      'names "$crc33", which is no node',
    ],
    ["a list", () => "[1,2]", "is no object of nodes and counters"],
    [
      "a counter of 0",
      () => '{"node-1":0}',
      "gives node-1 the counter 0, and counters are whole numbers from 1",
    ],
    ["a negative counter", () => '{"node-1":-3}', "gives node-1 the counter -3"],
    ["a fraction", () => '{"node-1":1.5}', "gives node-1 the counter 1.5"],
    [
      "a counter above 2^53",
      () => '{"node-1":9007199254740993}',
      "gives node-1 the counter 9007199254740992",
    ],
    ["an endless counter", () => '{"node-1":1e999}', "gives node-1 the counter Infinity"],
    ["a counter in words", () => '{"node-1":"many"}', 'gives node-1 the counter "many"'],
    ["no counter", () => '{"node-1":null}', "gives node-1 the counter null"],
    ["more than any clock", () => " ".repeat(9 << 20), "has 9437184 bytes, more than any clock"],
  ])("sets %s aside with one clear sentence, once, and never uses it", (_, damage, problem) => {
    const store = opened();
    store.save(node, { "node-1": 42 });
    const damaged = damage(readFileSync(path, "utf8"));
    writeFileSync(path, damaged);
    const error = errorOf(() => store.load(node));
    expect(error.kind).toBe("corrupt");
    const [aside, ...more] = files();
    expect(more).toEqual([]);
    expect(aside).toMatch(/^node-1\.clock\.json\.corrupt-\d+$/);
    expect(readFileSync(join(dir, aside!), "utf8"), "nothing is lost").toBe(damaged);
    expect(error.message).toContain(`The vector clock in ${path} ${problem}`);
    expect(error.message).toContain(`it was set aside as ${join(dir, aside!)}.`);
    expect(store.load(node), "the next start finds none").toBeNull();
  });

  it("keeps apart what is set aside at the same moment", () => {
    const clock = vi.spyOn(Date, "now").mockReturnValue(1_751_536_553_000);
    onTestFinished(() => clock.mockRestore());
    const store = opened();
    for (let time = 0; time < 5; time++) {
      writeFileSync(path, `${time}`);
      errorOf(() => store.load(node));
    }
    expect(
      files()
        .map((name) => readFileSync(join(dir, name), "utf8"))
        .sort(),
    ).toEqual(["0", "1", "2", "3", "4"]);
  });

  it("changes nothing where it is told to leave what is damaged", () => {
    writeFileSync(path, "{");
    const store = opened({ onCorrupt: "leave" });
    for (let time = 0; time < 2; time++) {
      expect(errorOf(() => store.load(node)).message).toContain("is not JSON; nothing was changed.");
    }
    expect(files()).toEqual(["node-1.clock.json"]);
  });

  it("says that a directory is in the file's place, and leaves it", () => {
    mkdirSync(path);
    const store = opened();
    const error = errorOf(() => store.load(node));
    expect(error.kind).toBe("io");
    expect(error.message).toBe(`${path} is a directory where a vector clock should be; move it away.`);
    expect(errorOf(() => store.save(node, { "node-1": 1 })).kind).toBe("io");
    expect(files(), "nor is anything left beside it").toEqual(["node-1.clock.json"]);
  });

  it("says that the directory cannot be used", () => {
    writeFileSync(join(dir, "file"), "");
    const error = errorOf(() => new FileClockStore(join(dir, "file", "below")));
    expect(error.message).toMatch(/cannot be made; check its path/);
  });

  it("lets nobody else in until it is closed", () => {
    const first = opened();
    const error = errorOf(() => opened());
    expect(error.kind).toBe("locked");
    expect(error.message).toBe(
      `The vector clocks in ${dir} are in use by another process; stop that one first, or choose another directory.`,
    );
    first.close();
    first.close();
    opened().save(node, { "node-1": 1 });
  });

  it("removes what earlier crashes left, and nothing else", () => {
    const kept = ["node-1.clock.json", "node-1.clock.json.corrupt-1", "notes.tmp"];
    const left = ["node-1.clock.json.tmp", "node-2.clock.json.4711-3.tmp"];
    for (const name of [...kept, ...left]) writeFileSync(join(dir, name), "{}");
    opened();
    expect(files()).toEqual(kept.toSorted());
  });

  it("writes over what a crash left under the name it needs", () => {
    const store = opened();
    writeFileSync(`${path}.tmp`, "half");
    store.save(node, { "node-1": 1 });
    expect(store.load(node)).toEqual({ "node-1": 1 });
    expect(files()).toEqual(["node-1.clock.json"]);
  });
});

it("a clock that was deleted does not come back after a power cut (P34)", () => {
  const disk = new MemoryDisk();
  const store = new FileClockStore("/data/clocks", { disk, lock: noLock });
  store.save(node, { "node-1": 1 });
  store.delete(node);
  const after = new FileClockStore("/data/clocks", { disk: disk.crash(keepsNothing), lock: noLock });
  expect(after.has(node)).toBe(false);
});

/** Saves counters from 1 on, and now and then deletes, until the disk refuses. Returns what was acknowledged last. */
function work(disk: FaultyDisk): { readonly acknowledged: number; readonly tried: number } {
  let acknowledged = 0;
  let tried = 0;
  try {
    const store = new FileClockStore("/data/clocks", { disk, lock: noLock });
    for (; tried < 6; acknowledged = tried) {
      tried += 1;
      store.save(node, { "node-1": tried, "node-2": 9 });
    }
  } catch (error) {
    expect((error as VectorClockStoreError).kind).toBe("io");
  }
  return { acknowledged, tried };
}

function counterIn(disk: MemoryDisk): number {
  const store = new FileClockStore("/data/clocks", { disk, lock: noLock });
  const clock = store.load(node);
  if (clock !== null) expect(clock).toEqual({ "node-1": clock["node-1"], "node-2": 9 });
  expect(disk.list("/data/clocks")).toEqual(clock === null ? [] : ["node-1.clock.json"]);
  return clock?.["node-1"] ?? 0;
}

describe("after a power cut the last acknowledged clock is there or one saved later, and never damage", () => {
  const most = work(new FaultyDisk(new MemoryDisk()));
  expect(most.acknowledged).toBe(6);

  it.each(["write", "sync", "rename"] as const)("at every %s", (operation) => {
    for (let nth = 1; ; nth++) {
      const memory = new MemoryDisk();
      const disk = new FaultyDisk(memory);
      disk.arm({ kind: "fail", operation, nth, lasts: "always" });
      const { acknowledged, tried } = work(disk);
      for (const random of [
        keepsAll,
        keepsNothing,
        ...Array.from({ length: 40 }, (_, seed) => choices(seed)),
      ]) {
        const found = counterIn(memory.crash(random));
        expect(found).toBeGreaterThanOrEqual(acknowledged);
        expect(found).toBeLessThanOrEqual(tried);
      }
      if (acknowledged === 6) break;
    }
  });

  it.each([
    ["write", 14],
    ["sync", 14],
    ["rename", 7],
  ] as const)("with a %s that failed once before", (operation, last) => {
    for (let nth = 1; nth <= last; nth++) {
      const memory = new MemoryDisk();
      const disk = new FaultyDisk(memory);
      memory.makeDirectory("/data/clocks");
      const store = new FileClockStore("/data/clocks", { disk, lock: noLock });
      disk.arm({ kind: "fail", operation, nth, lasts: "once" });
      let acknowledged = 0;
      let refused = 0;
      for (let counter = 1; counter <= 8; counter++) {
        try {
          store.save(node, { "node-1": counter, "node-2": 9 });
          acknowledged = counter;
        } catch {
          refused += 1;
        }
      }
      expect(refused).toBe(1);
      expect(acknowledged, "a save that works after one that failed is kept (P33)").toBe(8);
      for (const random of [keepsNothing, ...Array.from({ length: 20 }, (_, seed) => choices(seed))]) {
        expect(counterIn(memory.crash(random))).toBe(8);
      }
    }
  });

  it("when the directory was never flushed the check above would notice (P34)", () => {
    const memory = new MemoryDisk();
    const forgetful = new FaultyDisk(memory);
    forgetful.syncDirectory = () => undefined;
    expect(work(forgetful).acknowledged).toBe(6);
    expect(counterIn(memory.crash(keepsNothing))).toBe(0);
  });
});

it("a full disk keeps the old clock, and takes the next when there is room", () => {
  const memory = new MemoryDisk();
  const disk = new FaultyDisk(memory);
  const store = new FileClockStore("/clocks", { disk, lock: noLock });
  store.save(node, { "node-1": 1 });
  disk.arm({ kind: "full" });
  const error = errorOf(() => store.save(node, { "node-1": 2 }));
  expect(error.message).toBe(
    "The vector clock cannot be saved to /clocks/node-1.clock.json; check the disk's free space and permissions. (ENOSPC)",
  );
  expect(store.load(node)).toEqual({ "node-1": 1 });
  expect(memory.list("/clocks")).toEqual(["node-1.clock.json"]);
  disk.arm({ kind: "heal" });
  store.save(node, { "node-1": 3 });
  expect(new TextDecoder().decode(readWhole(memory, "/clocks/node-1.clock.json"))).toMatch(
    /^\{"node-1":3,"\$crc32"/,
  );
});
