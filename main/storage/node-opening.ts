/**
 * Opens node.db and all that it leads to, and answers for it: what a node needs of that file at a start has been read when
 * this returns. Where SQLite cannot read it, or may not write to it any more, a new one takes its place (./rescue), and
 * that is opened.
 */
import { basename, join } from "node:path";
import Database from "better-sqlite3";
import type { TimeMs } from "../../shared/ids.ts";
import { merge, type VectorClock } from "../../shared/clock/vector-clock.ts";
import { raised } from "./clocks/raised.ts";
import { SqliteClockStore } from "./clocks/sqlite-clock-store.ts";
import { checkNoted, databaseDamage } from "./database-damage.ts";
import { finishSwap } from "./database-swap.ts";
import { type DirectoryLock, lockDirectory } from "./directory-lock.ts";
import type { Disk } from "./disk/disk.ts";
import { readWhole, replaceWhole } from "./disk/whole-file.ts";
import {
  closeUntouched,
  databasePath,
  explain,
  growLog,
  makeDataDirectory,
  openNodeDatabase,
} from "./node-database.ts";
import { type Memory, type MemoryOptions, openingMemory } from "./node-memory.ts";
import { NodeMeta } from "./node-meta.ts";
import { NodeSql } from "./node-sql.ts";
import { NodeTrace, type TraceLimits } from "./node-trace.ts";
import { ReachedFile } from "./reached-file.ts";
import type { RecoveryProgress } from "./recovery/recovered.ts";
import { rescue } from "./rescue.ts";
import { setAsideDirectory } from "./set-aside.ts";
import { assertRestored } from "./unfinished-restore.ts";

export interface OpeningOptions extends MemoryOptions, TraceLimits {
  /** Full size of a segment of a log in files. */
  readonly segmentBytes?: number;
}

export interface OpenedNode {
  readonly lock: DirectoryLock;
  readonly sql: NodeSql;
  readonly meta: NodeMeta;
  readonly clocks: SqliteClockStore;
  readonly trace: NodeTrace;
  readonly memory: Memory;
  readonly reached: ReachedFile;
  /** Who is told when nothing in the database may be acknowledged any more. */
  readonly broken: { tell(error: unknown): void };
}

/**
 * In steps, for a host that answers meanwhile. Throws NodeStoreError, LogError, SnapshotError, SchemaError or
 * RecoveryError, with the directory unlocked and no file of the node changed.
 */
export function* opening(options: OpeningOptions): Generator<RecoveryProgress, OpenedNode> {
  const { disk, dataDir, now } = options;
  makeDataDirectory(dataDir);
  const lock = lockDirectory(dataDir);
  try {
    assertRestored(dataDir);
    const before = finishSwap(disk, dataDir, now());
    try {
      return withLines(before, yield* open(options, lock));
    } catch (error) {
      const damage = databaseDamage(error);
      if (damage === null) throw error;
      const done = rescue(options, damage);
      return withLines([...before, ...done], yield* open(options, lock));
    }
  } catch (error) {
    lock.release();
    throw error;
  }
}

function withLines(before: readonly string[], opened: OpenedNode): OpenedNode {
  if (before.length === 0) return opened;
  const { memory } = opened;
  return { ...opened, memory: { ...memory, lines: [...before, ...memory.lines], isUnusual: true } };
}

function* open(options: OpeningOptions, lock: DirectoryLock): Generator<RecoveryProgress, OpenedNode> {
  const reached = new ReachedFile(options.dataDir);
  // Somebody moved it away for the node to begin anew.
  if (!options.disk.exists(databasePath(options.dataDir))) reached.forget();
  const { database, format } = openNodeDatabase(options);
  let sql: NodeSql | undefined;
  try {
    checkNoted(options.dataDir, database);
    const writing = new NodeSql(database, options.disk);
    sql = writing;
    const { node, cluster, dataDir, disk, now, segmentBytes, recovery } = options;
    const broken: OpenedNode["broken"] = { tell: () => undefined };
    const onBroken = (error: unknown) => broken.tell(error);
    const meta = new NodeMeta(database);
    meta.get("life");
    const clocks = new SqliteClockStore(database, recovery === "strict" ? "leave" : "set-aside");
    clocks.has(node);
    const trace = new NodeTrace(database, node, options);
    trace.operations();
    const onShort = (known: VectorClock) => {
      const clock = merge(merge(clocks.load(node) ?? {}, trace.newestClock() ?? {}), known);
      writing.transact(true, () => clocks.save(node, raised(clock, node)));
    };
    const keepWal = () => copyOfWal(disk, dataDir, now());
    const owner = { node, cluster };
    const place = { sql, disk, dataDir, owner, now, segmentBytes, onBroken, onShort, keepWal };
    const memory = yield* openingMemory(options, sql, format, place, reached);
    growLog(database);
    return { lock, sql, meta, clocks, trace, memory, reached, broken };
  } catch (error) {
    sql?.forget();
    closeUntouched(database);
    throw error instanceof Database.SqliteError ? explain(error, database.name) : error;
  }
}

/** What SQLite passes over there, from the first frame whose checksum does not fit, is written over by the next commit. */
function copyOfWal(disk: Disk, dataDir: string, at: TimeMs): readonly string[] {
  const wal = `${databasePath(dataDir)}-wal`;
  if (!disk.exists(wal)) return [];
  const folder = setAsideDirectory(disk, dataDir, "write-ahead-log", at);
  const name = `${folder}/${basename(wal)}`;
  replaceWhole(disk, join(dataDir, name), readWhole(disk, wal));
  return [`A copy of the write-ahead log of node.db, as it was found, is ${name}.`];
}
