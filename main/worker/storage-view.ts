/** `GET /api/v1/storage`: where everything of this node lies, told by the node itself, which alone knows what is durable. */
import { readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import type { StorageView } from "../../shared/contract/storage.ts";
import type { SnapshotProgress } from "../storage/snapshots/snapshotter.ts";
import type { Host } from "./host.ts";
import type { NodeStorage } from "./node-storage.ts";
import type { StorageService } from "./storage-routes.ts";
import type { Subject } from "./views.ts";

export function storageService(subject: Subject, host: Host, storage: NodeStorage): StorageService {
  const { store } = storage;
  return {
    view: () => storageView(subject, storage),
    snapshot: () => store.snapshot(),
    get last() {
      return store.log.last;
    },
    get durable() {
      return store.log.durable;
    },
    get failure() {
      return host.failure;
    },
  };
}

function storageView({ node, options, replica }: Subject, { store, disk, lines }: NodeStorage): StorageView {
  const { log, source, snapshots } = store;
  const { segments, damage } = source.scan(log.last);
  const sound = snapshots.list().map(({ name, position, at, bytes, rows }) => ({
    name,
    position,
    at,
    bytes,
    rows,
    problem: null,
  }));
  const damaged = snapshots
    .damaged()
    .map(({ name, message }) => ({ name, position: 0, at: 0, bytes: 0, rows: 0, problem: message }));
  const { clockStore, dataDir } = options;
  const { log: logKind, snapshots: snapshotKind, sync, recovery: mode } = options;
  return {
    node,
    source: "live",
    dataDir,
    kinds: { log: logKind, snapshots: snapshotKind, sync, recovery: mode, clocks: clockStore },
    log: {
      first: log.first,
      last: log.last,
      durable: log.durable,
      bytes: log.bytes,
      segments: [...segments],
      damage: [...damage],
      replayFrom: sound[0]?.position ?? 0,
    },
    snapshots: [...sound, ...damaged],
    snapshotting: store.snapshotting === null ? null : progressOf(store.snapshotting),
    clock: {
      kind: clockStore,
      file: clockStore === "file" ? `clocks/${node}.clock.json` : null,
      value: replica.clock,
      problem: null,
    },
    setAside: setAsideIn(dataDir),
    faults: disk.faults(),
    recovery: [...lines],
  };
}

const progressOf = ({ rows, of }: SnapshotProgress) => ({ rows, of });

/** Files below `set-aside`, newest first. */
function setAsideIn(dataDir: string): StorageView["setAside"] {
  const root = join(dataDir, "set-aside");
  let names: string[];
  try {
    names = readdirSync(root, { recursive: true, encoding: "utf8" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return names
    .map((name) => join(root, name))
    .map((path) => ({ path, found: statSync(path, { throwIfNoEntry: false }) }))
    .flatMap(({ path, found }) =>
      found?.isFile() ? [{ file: relative(dataDir, path), bytes: found.size, at: found.mtimeMs }] : [],
    )
    .toSorted((a, b) => b.at - a.at);
}
