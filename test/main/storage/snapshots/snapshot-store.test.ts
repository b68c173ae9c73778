/** The three kinds of snapshot stores that come with Lightcone keep one contract. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { MemoryDisk } from "../../../../main/storage/disk/memory-disk.ts";
import { RealDisk } from "../../../../main/storage/disk/real-disk.ts";
import { FileSnapshotStore } from "../../../../main/storage/snapshots/file-snapshot-store.ts";
import { MemorySnapshotStore } from "../../../../main/storage/snapshots/memory-snapshot-store.ts";
import { SqliteSnapshotStore } from "../../../../main/storage/snapshots/sqlite-snapshot-store.ts";
import { snapshotOwner as owner, snapshotStoreContract } from "./snapshot-contract.ts";

const now = () => 1_700_000_000_000;

snapshotStoreContract("memory", () => ({
  open: () => new MemorySnapshotStore(owner),
  durable: false,
  cleanUp: () => {},
}));

snapshotStoreContract("file", () => {
  const dataDir = mkdtempSync(join(tmpdir(), "lightcone-snapshots-"));
  return {
    open: () => new FileSnapshotStore({ disk: new RealDisk(), dataDir, owner, now }),
    durable: true,
    cleanUp: () => rmSync(dataDir, { recursive: true, force: true }),
  };
});

snapshotStoreContract("file on a disk in memory", () => {
  const disk = new MemoryDisk();
  return {
    open: () => new FileSnapshotStore({ disk, dataDir: "/data", owner, now }),
    durable: true,
    cleanUp: () => {},
  };
});

snapshotStoreContract("SQLite", () => {
  const dataDir = mkdtempSync(join(tmpdir(), "lightcone-snapshots-"));
  const opened: Database.Database[] = [];
  return {
    open: () => {
      opened.pop()?.close();
      const database = new Database(join(dataDir, "node.db"));
      database.pragma("journal_mode = WAL");
      opened.push(database);
      return new SqliteSnapshotStore({ database, owner });
    },
    durable: true,
    cleanUp: () => {
      opened.pop()?.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
});
