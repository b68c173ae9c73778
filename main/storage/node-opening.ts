/**
 * Opens node.db and all that it leads to, and answers for it: what a node needs of that file at a start has been read when
 * this returns. Where SQLite cannot read it, or may not write to it any more, a new one takes its place (./rescue), and
 * that is opened.
 */
import { SqliteClockStore } from "./clocks/sqlite-clock-store.ts";
import { checkNoted, databaseDamage } from "./database-damage.ts";
import { finishSwap } from "./database-swap.ts";
import { closeUntouched, growLog, openNodeDatabase } from "./node-database.ts";
import { type Memory, type MemoryOptions, openMemory } from "./node-memory.ts";
import { NodeMeta } from "./node-meta.ts";
import { NodeSql } from "./node-sql.ts";
import { NodeTrace, type TraceLimits } from "./node-trace.ts";
import { rescue } from "./rescue.ts";

export interface OpeningOptions extends MemoryOptions, TraceLimits {
  readonly segmentBytes?: number;
  /** Nothing in the database may be acknowledged any more. */
  readonly onBroken: (error: unknown) => void;
}

export interface OpenedNode {
  readonly sql: NodeSql;
  readonly meta: NodeMeta;
  readonly clocks: SqliteClockStore;
  readonly trace: NodeTrace;
  readonly memory: Memory;
}

/** Throws NodeStoreError, LogError, SnapshotError, SchemaError or RecoveryError, with no file of the node changed. */
export function openNode(options: OpeningOptions): OpenedNode {
  const { disk, dataDir, now } = options;
  const before = finishSwap(disk, dataDir, now());
  try {
    return withLines(before, open(options));
  } catch (error) {
    const damage = databaseDamage(error);
    if (damage === null) throw error;
    const done = rescue(options, damage);
    return withLines([...before, ...done], open(options));
  }
}

function withLines(before: readonly string[], opened: OpenedNode): OpenedNode {
  if (before.length === 0) return opened;
  const { memory } = opened;
  return { ...opened, memory: { ...memory, lines: [...before, ...memory.lines], isUnusual: true } };
}

function open(options: OpeningOptions): OpenedNode {
  const { database, format } = openNodeDatabase(options);
  let sql: NodeSql | undefined;
  try {
    checkNoted(options.dataDir, database);
    sql = new NodeSql(database, options.disk);
    const { node, cluster, dataDir, disk, now, segmentBytes, onBroken, recovery } = options;
    const place = { sql, disk, dataDir, owner: { node, cluster }, now, segmentBytes, onBroken };
    const meta = new NodeMeta(database);
    meta.get("life");
    const clocks = new SqliteClockStore(database, recovery === "strict" ? "leave" : "set-aside");
    clocks.has(node);
    const trace = new NodeTrace(database, node, options);
    trace.operations();
    const memory = openMemory(options, sql, format, place);
    growLog(database);
    return { sql, meta, clocks, trace, memory };
  } catch (error) {
    sql?.forget();
    closeUntouched(database);
    throw error;
  }
}
