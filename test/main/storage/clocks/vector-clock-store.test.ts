import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileClockStore } from "../../../../main/storage/clocks/file-clock-store.ts";
import { SqliteClockStore } from "../../../../main/storage/clocks/sqlite-clock-store.ts";
import { MemoryClockStore } from "../../../../main/storage/clocks/memory-clock-store.ts";
import { VectorClockStoreError } from "../../../../main/storage/clocks/vector-clock-store.ts";
import { asNodeId } from "../../../../shared/ids.ts";
import { clockStoreContract } from "./clock-store-contract.ts";

const node = asNodeId("node-1");
const makeDir = () => mkdtempSync(join(tmpdir(), "lightcone-clock-"));
const remove = (dir: string) => rmSync(dir, { recursive: true, force: true });

clockStoreContract("MemoryClockStore", () => ({
  open: () => new MemoryClockStore(),
  durable: false,
  cleanUp: () => undefined,
}));

clockStoreContract("FileClockStore", () => {
  const dir = makeDir();
  return { open: () => new FileClockStore(dir), durable: true, cleanUp: () => remove(dir) };
});

clockStoreContract("SqliteClockStore", () => {
  const dir = makeDir();
  const open: Database.Database[] = [];
  return {
    open: () => {
      const database = new Database(join(dir, "clocks.db"));
      open.push(database);
      return new SqliteClockStore(database);
    },
    durable: true,
    cleanUp: () => {
      for (const database of open) database.close();
      remove(dir);
    },
  };
});

describe("the file store", () => {
  let dir: string;
  let path: string;
  beforeEach(() => {
    dir = makeDir();
    path = join(dir, "node-1.clock.json");
  });
  afterEach(() => remove(dir));

  const loadError = () => {
    try {
      new FileClockStore(dir).load(node);
    } catch (error) {
      return error as VectorClockStoreError;
    }
    throw new Error("load did not fail");
  };

  it("writes one JSON object of names and numbers, readable by its owner only", () => {
    new FileClockStore(dir).save(node, { "node-1": 42, "node-2": 15 });
    const { $crc32, ...clock } = JSON.parse(readFileSync(path, "utf8")) as Record<string, number>;
    expect(clock).toEqual({ "node-1": 42, "node-2": 15 });
    expect($crc32).toBeTypeOf("number");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir), "no temporary file is left").toEqual(["node-1.clock.json"]);
  });

  it("takes a clock written by hand", () => {
    writeFileSync(path, '{"node-1": 42, "node-2": 15}');
    expect(new FileClockStore(dir).load(node)).toEqual({ "node-1": 42, "node-2": 15 });
  });

  it.each([
    ["a flipped digit", (text: string) => text.replace("42", "43")],
    ["a truncated file", (text: string) => text.slice(0, -5)],
    ["an empty file", () => ""],
    ["a misspelt checksum", (text: string) => text.replace("$crc32", "$crc33")],
    ["a list", () => "[1,2]"],
  ])("sets %s aside with a clear error, once, and never uses it", (_, damage) => {
    new FileClockStore(dir).save(node, { "node-1": 42 });
    writeFileSync(path, damage(readFileSync(path, "utf8")));
    const error = loadError();
    expect(error).toBeInstanceOf(VectorClockStoreError);
    expect(error.kind).toBe("corrupt");
    const [aside, ...more] = readdirSync(dir);
    expect(more).toEqual([]);
    expect(aside).toMatch(/^node-1\.clock\.json\.corrupt-\d+$/);
    expect(error.message).toContain(aside);
    expect(new FileClockStore(dir).load(node), "the next start finds none").toBeNull();
  });

  it("several writers at once leave one whole clock", () => {
    const [a, b] = [new FileClockStore(dir), new FileClockStore(dir)];
    for (let counter = 1; counter <= 20; counter++) {
      a.save(node, { "node-1": counter });
      b.save(node, { "node-1": counter, "node-2": counter });
    }
    expect(a.load(node)).toEqual({ "node-1": 20, "node-2": 20 });
  });

  it("says that the directory cannot be used", () => {
    writeFileSync(join(dir, "file"), "");
    expect(() => new FileClockStore(join(dir, "file", "below"))).toThrow(/cannot be made; check its path/);
  });
});

describe("the SQLite store", () => {
  it("never uses a damaged row", () => {
    const database = new Database(":memory:");
    const store = new SqliteClockStore(database);
    store.save(node, { "node-1": 42 });
    database.exec(`UPDATE clock SET counters = '{"node-1":'`);
    expect(() => store.load(node)).toThrow(/is damaged/);
    database.close();
  });
});
