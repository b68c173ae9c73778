import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FaultyDisk } from "../../../../main/storage/disk/faulty-disk.ts";
import { MemoryDisk } from "../../../../main/storage/disk/memory-disk.ts";
import { RealDisk } from "../../../../main/storage/disk/real-disk.ts";
import { makeDataDirectory } from "../../../../main/storage/node-database.ts";
import { diskContract } from "./disk-contract.ts";

const makeDir = () => mkdtempSync(join(tmpdir(), "lightcone-disk-"));

diskContract("RealDisk", () => {
  const dir = makeDir();
  return { disk: new RealDisk(), dir, cleanUp: () => rmSync(dir, { recursive: true, force: true }) };
});

diskContract("MemoryDisk", () => {
  const disk = new MemoryDisk();
  disk.makeDirectory("/data");
  return { disk, dir: "/data", cleanUp: () => undefined };
});

diskContract("FaultyDisk at rest", () => {
  const dir = makeDir();
  const disk = new FaultyDisk(new RealDisk());
  return { disk, dir, cleanUp: () => rmSync(dir, { recursive: true, force: true }) };
});

it.runIf(process.platform !== "win32")("RealDisk shows what it makes to its owner only", () => {
  const dir = makeDir();
  const disk = new RealDisk();
  disk.makeDirectory(join(dir, "a/b"));
  disk.open(join(dir, "a/b/file"), "create").close();
  expect(statSync(join(dir, "a")).mode & 0o777).toBe(0o700);
  expect(statSync(join(dir, "a/b")).mode & 0o777).toBe(0o700);
  expect(statSync(join(dir, "a/b/file")).mode & 0o777).toBe(0o600);
  rmSync(dir, { recursive: true });
});

describe("RealDisk flushes names of directories into the ones above (P34)", () => {
  const flushed: string[] = [];
  let refused = "";
  class Watched extends RealDisk {
    override syncDirectory(path: string): void {
      if (path === refused) throw Object.assign(new Error("EACCES"), { code: "EACCES" });
      flushed.push(path);
      super.syncDirectory(path);
    }
  }
  let dir: string;
  beforeEach(() => {
    dir = makeDir();
    flushed.length = 0;
    refused = "";
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("each that it makes", () => {
    new Watched().makeDirectory(join(dir, "a/b"));
    expect(flushed).toEqual([dirname(dir), dir, join(dir, "a")]);
  });

  it("one that is there: a process may have been killed between making and flushing it", () => {
    mkdirSync(join(dir, "a"));
    new Watched().makeDirectory(join(dir, "a"));
    expect(flushed).toEqual([dir]);
    flushed.length = 0;
    new Watched().makeDirectory(join(dir, "a/b"));
    expect(flushed).toEqual([dir, join(dir, "a")]);
  });

  it("never making one below before the name of the one above is flushed", () => {
    refused = dir;
    expect(() => new Watched().makeDirectory(join(dir, "a/b"))).toThrow("EACCES");
    expect(existsSync(join(dir, "a/b"))).toBe(false);
  });

  it("and takes one that is there where what is above it may not be read", () => {
    mkdirSync(join(dir, "a"));
    refused = dir;
    new Watched().makeDirectory(join(dir, "a"));
  });

  it("the data directory's among them", () => {
    const spy = vi.spyOn(RealDisk.prototype, "syncDirectory");
    makeDataDirectory(join(dir, "data"));
    expect(spy.mock.calls).toEqual([[dirname(dir)], [dir]]);
    spy.mockRestore();
  });
});
