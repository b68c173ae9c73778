/**
 * Opens a node's store and is killed, by itself, right before the nth thing it asks of the disk: a real SIGKILL at every
 * place where one can make a difference. Exits 0 when it came to the end before that.
 *
 * Arguments: data directory, kind of log, kind of snapshots, n.
 */
import { FaultyDisk } from "../../../main/storage/disk/faulty-disk.ts";
import type { DiskFile } from "../../../main/storage/disk/disk.ts";
import { RealDisk } from "../../../main/storage/disk/real-disk.ts";
import { NodeStore } from "../../../main/storage/node-store.ts";
import type { LogKind, SnapshotKind } from "../../../shared/contract/storage.ts";
import { storeOptions } from "./store-options.ts";

const [dataDir, log, snapshots, nth] = process.argv.slice(2) as [string, LogKind, SnapshotKind, string];
let left = Number(nth);

function step(): void {
  left -= 1;
  if (left === 0) process.kill(process.pid, "SIGKILL");
}

/** Steps before each call of these. */
function mortal<Target extends object>(target: Target, names: readonly string[]): Target {
  return new Proxy(target, {
    get(of, name) {
      const value: unknown = Reflect.get(of, name, of);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        if (names.includes(String(name))) step();
        const result: unknown = Reflect.apply(value as (...all: unknown[]) => unknown, of, args);
        return name === "open" ? mortal(result as DiskFile, ["write", "truncate", "sync"]) : result;
      };
    },
  });
}

const disk = mortal(new FaultyDisk(new RealDisk()), [
  "open",
  "makeDirectory",
  "rename",
  "remove",
  "syncDirectory",
  "gate",
]);
new NodeStore(storeOptions(dataDir, { log, snapshots, disk })).close();
