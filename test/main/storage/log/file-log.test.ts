import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RealDisk } from "../../../../main/storage/disk/real-disk.ts";
import { FileLogSource } from "../../../../main/storage/log/file-log-source.ts";
import { MemoryDisk } from "../../../../main/storage/disk/memory-disk.ts";
import { logContract, owner } from "./log-contract.ts";

logContract("A log in files", () => {
  const dataDir = mkdtempSync(join(tmpdir(), "lightcone-log-"));
  return {
    source: new FileLogSource({ disk: new RealDisk(), dataDir, owner, segmentBytes: 64 * 1024 }),
    cleanUp: () => rmSync(dataDir, { recursive: true, force: true }),
  };
});

logContract("A log in files so small that each takes a few transactions", () => ({
  source: new FileLogSource({ disk: new MemoryDisk(), dataDir: "/data", owner, segmentBytes: 4_600 }),
  cleanUp: () => {},
}));
