/** Every built-in store in every wrapping, opened again and again at the same place. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { batched } from "../../../../main/storage/clocks/batched.ts";
import { FileClockStore } from "../../../../main/storage/clocks/file-clock-store.ts";
import { logged } from "../../../../main/storage/clocks/logged.ts";
import { measured } from "../../../../main/storage/clocks/measured.ts";
import { MemoryClockStore } from "../../../../main/storage/clocks/memory-clock-store.ts";
import { retrying } from "../../../../main/storage/clocks/retrying.ts";
import { SqliteClockStore } from "../../../../main/storage/clocks/sqlite-clock-store.ts";
import type { VectorClockStore } from "../../../../main/storage/clocks/vector-clock-store.ts";
import { MemoryDisk } from "../../../../main/storage/disk/memory-disk.ts";
import type { ClockStoreUnderTest } from "./clock-store-contract.ts";

/** Nobody else can reach a disk in memory. */
export const noLock = () => ({ release: () => undefined });

export const places: Readonly<Record<string, () => ClockStoreUnderTest>> = {
  MemoryClockStore: () => ({
    open: () => new MemoryClockStore(),
    durable: false,
    cleanUp: () => undefined,
  }),
  FileClockStore: () => {
    const dir = mkdtempSync(join(tmpdir(), "lightcone-clock-"));
    return {
      open: () => new FileClockStore(dir),
      durable: true,
      cleanUp: () => rmSync(dir, { recursive: true, force: true }),
    };
  },
  "FileClockStore on a disk in memory": () => {
    const disk = new MemoryDisk();
    return {
      open: () => new FileClockStore("/clocks", { disk, lock: noLock }),
      durable: true,
      cleanUp: () => undefined,
    };
  },
  SqliteClockStore: () => {
    const dir = mkdtempSync(join(tmpdir(), "lightcone-clock-"));
    const open: Database.Database[] = [];
    return {
      open: () => {
        const database = new Database(join(dir, "clocks.db"));
        // Nobody pulls a plug here, and flushes are slow.
        database.pragma("journal_mode = WAL");
        database.pragma("synchronous = OFF");
        open.push(database);
        return new SqliteClockStore(database);
      },
      durable: true,
      cleanUp: () => {
        for (const database of open) database.close();
        rmSync(dir, { recursive: true, force: true });
      },
    };
  },
};

export const wrappings: Readonly<Record<string, (store: VectorClockStore) => VectorClockStore>> = {
  plain: (store) => store,
  retrying,
  measured: (store) => measured(store),
  logged: (store) => logged(store, () => undefined),
  batched,
  "all of them": (store) => batched(measured(logged(retrying(store), () => undefined))),
};
