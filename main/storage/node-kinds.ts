/**
 * Where a node's log and snapshots are, by kind. node.db says which kinds count, so that a node that is started with
 * others finds what it knew and moves it (./kind-change).
 *
 * Snapshots "in memory" are taken there and are gone with the process; a log on a disk still needs those that it begins
 * behind, wherever they are: that is the `base`. With a log in memory there is none.
 */
import { join } from "node:path";
import type { VectorClock } from "../../shared/clock/vector-clock.ts";
import type { LogKind, SnapshotKind } from "../../shared/contract/storage.ts";
import type { TimeMs } from "../../shared/ids.ts";
import type { Position } from "../../shared/runtime/types.ts";
import type { Disk } from "./disk/disk.ts";
import { FileLogSource } from "./log/file-log-source.ts";
import { logFolder } from "./log/segment-files.ts";
import { MemoryLogSource } from "./log/memory-log.ts";
import { SqliteLogSource } from "./log/sqlite-log-source.ts";
import type { NodeSql } from "./node-sql.ts";
import type { NodeMeta } from "./node-meta.ts";
import type { LogOwner, LogSource } from "./log/transaction-log.ts";
import { FileSnapshotStore } from "./snapshots/file-snapshot-store.ts";
import { MemorySnapshotStore } from "./snapshots/memory-snapshot-store.ts";
import type { SnapshotStore } from "./snapshots/snapshot-store.ts";
import { SqliteSnapshotStore } from "./snapshots/sqlite-snapshot-store.ts";

/** What counts at a start: the kind of the log, and of the snapshots that it begins behind. */
export interface StartKinds {
  readonly log: LogKind;
  readonly base: SnapshotKind;
}

export interface Stores {
  readonly source: LogSource;
  readonly snapshots: SnapshotStore;
}

export interface StorePlace {
  readonly sql: NodeSql;
  readonly disk: Disk;
  readonly dataDir: string;
  readonly owner: LogOwner;
  readonly now: () => TimeMs;
  /** How far the log in files has reached, as far as it was noted. */
  readonly reached?: Position;
  /** How far the log in node.db has reached, likewise (./reached-file). */
  readonly reachedInDatabase?: Position;
  /** node.db has lost its newest commits, its clock among them; what it is known to have stamped is in this one. */
  readonly onShort?: (known: VectorClock) => void;
  /** A copy of node.db's write-ahead log, parts of which SQLite passed over; a sentence each about it. */
  readonly keepWal?: () => readonly string[];
  /** Full size of a segment of a log in files. */
  readonly segmentBytes?: number | undefined;
  /** Nothing in the database may be acknowledged any more. */
  readonly onBroken: (error: unknown) => void;
}

export function storesOf(kinds: StartKinds, place: StorePlace): Stores {
  const snapshots = snapshotsOf(kinds.base, place);
  const onShort = () => place.onShort?.(snapshots.list()[0]?.clock ?? {});
  return { source: logSourceOf(kinds.log, place, onShort), snapshots };
}

function logSourceOf(kind: LogKind, place: StorePlace, onShort: () => void): LogSource {
  const { sql, disk, dataDir, owner, now, segmentBytes, reached, reachedInDatabase, keepWal } = place;
  switch (kind) {
    case "sqlite":
      return new SqliteLogSource({
        database: sql.database,
        disk: sql,
        owner,
        reached: reachedInDatabase,
        onShort,
        keepWal,
      });
    case "file":
      return new FileLogSource({ disk, dataDir, owner, now, segmentBytes, reached });
    case "memory":
      return new MemoryLogSource(owner);
  }
}

export function snapshotsOf(kind: SnapshotKind, place: StorePlace): SnapshotStore {
  const { sql, disk, dataDir, owner, now, onBroken } = place;
  switch (kind) {
    case "sqlite":
      return new SqliteSnapshotStore({ database: sql.database, disk: sql, owner, onBroken });
    case "file":
      return new FileSnapshotStore({ disk, dataDir, owner, now });
    case "memory":
      return new MemorySnapshotStore(owner);
  }
}

/** What a node that is to use these kinds begins behind next time, when it has begun behind `before` now. */
export function startKindsFor(log: LogKind, snapshots: SnapshotKind, before: StartKinds | null): StartKinds {
  if (log === "memory") return { log, base: "memory" };
  if (snapshots !== "memory") return { log, base: snapshots };
  return { log, base: before === null || before.base === "memory" ? log : before.base };
}

export const isSame = (a: StartKinds, b: StartKinds) => a.log === b.log && a.base === b.base;

/** What lies there without node.db saying so, as after it was lost; null when nothing does. */
export function foundKinds({ disk, dataDir }: StorePlace): StartKinds | null {
  return disk.list(join(dataDir, logFolder)).length > 0 ? { log: "file", base: "file" } : null;
}

const kindsName = "kinds";

/** Null when the node has not begun with any yet. */
export function readKinds(meta: NodeMeta): StartKinds | null {
  const text = meta.get(kindsName);
  return text === undefined ? null : (JSON.parse(text) as StartKinds);
}

/** Within a transaction of the caller's. */
export const writeKinds = (meta: NodeMeta, kinds: StartKinds) => meta.put(kindsName, JSON.stringify(kinds));
