import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { FaultyDisk } from "../../../../main/storage/disk/faulty-disk.ts";
import { MemoryDisk } from "../../../../main/storage/disk/memory-disk.ts";
import { RealDisk } from "../../../../main/storage/disk/real-disk.ts";
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

it("RealDisk flushes each directory it makes into the one above it (P34)", () => {
  const flushed: string[] = [];
  class Watched extends RealDisk {
    override syncDirectory(dir: string): void {
      flushed.push(dir);
      super.syncDirectory(dir);
    }
  }
  const dir = makeDir();
  new Watched().makeDirectory(join(dir, "a/b"));
  expect(flushed).toEqual([dir, join(dir, "a")]);
  rmSync(dir, { recursive: true });
});
