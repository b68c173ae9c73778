/**
 * A start on a node.db that SQLite cannot read everywhere: the file is set aside whole and a new one begun.
 *
 * By what the node is told, as with a damaged log (./recovery): `strict` refuses. `truncate` and `salvage` go on with what
 * can still be read: the newest whole snapshot, the transactions of the log that pass their checksums. `rebuild` keeps
 * what the node knows of itself and has it refilled by the others, as a node that lost its disk: it finds records of its
 * own in the ring that are newer than its own, coordinates no write and answers no read until it is refilled, and hears
 * from its peers how far it had counted (shared/replication/moves). Where the damage is in the trace alone, or in anything
 * else without which all rows are there, all of them are kept in every mode but `strict`. A log in files is left where it
 * is.
 *
 * Nothing tells whether a clock that can be read is the newest: the node goes on from all that it is known to have
 * stamped, its own counter a million further (P1). The same holds for the numbers of the log and of its entries, where
 * nobody can say how far they went.
 */
import { join } from "node:path";
import { merge, type VectorClock } from "../../shared/clock/vector-clock.ts";
import type { Tables } from "../../shared/runtime/tables.ts";
import type { Position } from "../../shared/runtime/types.ts";
import { raised, skippedNumbers } from "./clocks/raised.ts";
import { SqliteClockStore } from "./clocks/sqlite-clock-store.ts";
import { DamagedDatabase } from "./damaged-database.ts";
import { decideSwap, finishSwap, unfinishedPath } from "./database-swap.ts";
import { FileLogSource } from "./log/file-log-source.ts";
import { logFolder } from "./log/segment-files.ts";
import { SqliteLogSource } from "./log/sqlite-log-source.ts";
import { scanTables } from "./log/sqlite-scan.ts";
import { hasLogTables, logTable } from "./log/sqlite-tables.ts";
import { type Damage, LogError, type LogScan } from "./log/transaction-log.ts";
import { databasePath, openNodeDatabase } from "./node-database.ts";
import { type StartKinds, writeKinds } from "./node-kinds.ts";
import { hasPeersIn, type MemoryOptions } from "./node-memory.ts";
import { NodeMeta } from "./node-meta.ts";
import { NodeStoreError } from "./node-store-error.ts";
import { ReachedFile } from "./reached-file.ts";
import { type Base, readBase } from "./recovery/base.ts";
import { damageBehind, isGivenUp } from "./recovery/recover.ts";
import { RecoveryError } from "./recovery/recovery-error.ts";
import { decide, freePosition, writeSnapshot } from "./recovery/settle.ts";
import { FileSnapshotStore } from "./snapshots/file-snapshot-store.ts";
import { MemorySnapshotStore } from "./snapshots/memory-snapshot-store.ts";
import { SnapshotError, type SnapshotStore } from "./snapshots/snapshot-store.ts";
import { SqliteSnapshotStore } from "./snapshots/sqlite-snapshot-store.ts";
import { finished } from "./steps.ts";

/** What the new node.db begins with. */
interface Beginning {
  readonly kinds: StartKinds;
  /** Of the table of that name, beside whose it is and `kinds`. */
  readonly meta: readonly (readonly [string, string])[];
  readonly clock: VectorClock;
  /** Null where log and snapshots lie in files, or nowhere, and stay there. */
  readonly memory: {
    readonly tables: Tables;
    readonly position: Position;
    readonly index: number;
    readonly at: number;
  } | null;
  readonly lines: readonly string[];
}

/** Returns what was done, a sentence each. Throws RecoveryError, NodeStoreError, LogError or SnapshotError with nothing changed. */
export function rescue(options: MemoryOptions, reason: string): string[] {
  const { dataDir, disk, now } = options;
  const damaged = `SQLite says of it: ${reason}.`;
  const old = new DamagedDatabase(options);
  let clock: VectorClock;
  let lines: readonly string[];
  try {
    const beginning = beginningOf(options, old, damaged);
    clock = raised(beginning.clock, options.node);
    ({ lines } = beginning);
    make(options, { ...beginning, clock });
  } finally {
    old.close();
  }
  decideSwap(disk, dataDir);
  const own = clock[options.node];
  const counted =
    own === undefined
      ? "Nothing in it tells how far the node had counted; its peers do."
      : `The vector clock in it goes on from all that the node is known to have stamped, its own counter raised to ${own}.`;
  return [`node.db is damaged. ${damaged}`, ...lines, counted, ...finishSwap(disk, dataDir, now())];
}

function beginningOf(options: MemoryOptions, old: DamagedDatabase, damaged: string): Beginning {
  if (options.recovery === "strict") throw refusal("strict", damaged);
  if (old.isOld) {
    throw new NodeStoreError(
      "damaged",
      `${databasePath(options.dataDir)} is damaged and of an older format, of which nothing can be saved; put a copy back, or move it away and let the node start empty. ${damaged} Nothing was changed.`,
    );
  }
  const kinds = old.kinds ?? kindsOnDisk(options);
  const isElsewhere = kinds.log === "memory" || (kinds.log === "file" && kinds.base === "file");
  return isElsewhere ? beside(options, old, kinds) : inside(options, old, kinds, damaged);
}

const refusal = (why: "strict", damaged: string) =>
  new RecoveryError("node.db", why, [], [{ name: "node.db", message: damaged }]);

const kindsOnDisk = ({ disk, dataDir }: MemoryOptions): StartKinds =>
  disk.list(join(dataDir, logFolder)).length > 0
    ? { log: "file", base: "file" }
    : { log: "sqlite", base: "sqlite" };

/** What matters lies elsewhere: of node.db itself, only notes and the clock are lost. */
function beside(options: MemoryOptions, old: DamagedDatabase, kinds: StartKinds): Beginning {
  const own = new Set(["node", "cluster", "kinds"]);
  const meta = [...old.meta].filter(([name]) => !own.has(name));
  const logged = kinds.log === "file" ? clockOfFiles(options) : {};
  return { kinds, meta, clock: merge(old.clock, logged), memory: null, lines: [] };
}

function clockOfFiles({ disk, dataDir, node, cluster, now }: MemoryOptions): VectorClock {
  const owner = { node, cluster };
  const snapshots = new FileSnapshotStore({ disk, dataDir, owner, now });
  const infos = snapshots.list();
  snapshots.close();
  let clock = infos.reduce((all, info) => merge(all, info.clock), {});
  const source = new FileLogSource({ disk, dataDir, owner, now });
  for (const transaction of source.scan(infos[0]?.position ?? 0).sound())
    clock = merge(clock, transaction.clock);
  return clock;
}

/** Log or snapshots lie in node.db: what is to be kept of them becomes a snapshot in the new one. */
function inside(options: MemoryOptions, old: DamagedDatabase, kinds: StartKinds, damaged: string): Beginning {
  const { schema, recovery: mode } = options;
  const snapshots = snapshotsIn(options, old, kinds);
  const base = finished(readBase(snapshots, schema));
  const reached = kinds.log === "sqlite" ? new ReachedFile(options.dataDir).read() : 0;
  const scan = scanOf(options, old, kinds, base, reached);
  const damage = damageBehind(base, scan);
  const asked = { mode, what: "node.db", hasPeers: hasPeersIn(options) };
  const broken = [{ name: "node.db", message: damaged }, ...base.broken];
  const kept = finished(decide(asked, { ...base, broken }, scan, damage));
  // Where the end cannot be read, nobody knows how far the numbers went.
  const isEndLost = damage.some(({ before }) => before === null || before === reached + 1);
  const leap = isEndLost ? skippedNumbers : 0;
  const position = Math.max(freePosition(base, scan, damage), reached) + leap;
  snapshots.close();
  const { tables, clock, index, words } = kept;
  const life = old.meta.get("life");
  return {
    kinds: { log: "sqlite", base: "sqlite" },
    meta: life === undefined ? [] : [["life", life]],
    clock: merge(old.clock, clock),
    memory: { tables, position, index: index + leap, at: kept.at ?? options.now() },
    lines: [
      ...base.broken.map(({ message }) => `${message} It is not used.`),
      ...words,
      `The log goes on after ${position}.`,
    ],
  };
}

function snapshotsIn(
  { disk, dataDir, node, cluster, now }: MemoryOptions,
  { database }: DamagedDatabase,
  { base }: StartKinds,
): SnapshotStore {
  const owner = { node, cluster };
  if (base === "file") return new FileSnapshotStore({ disk, dataDir, owner, now });
  if (base === "memory" || database === null) return new MemorySnapshotStore(owner);
  try {
    return new SqliteSnapshotStore({ database, owner, readOnly: true });
  } catch (error) {
    if (error instanceof SnapshotError && error.kind !== "damaged") throw error;
    return new MemorySnapshotStore(owner);
  }
}

function scanOf(
  { disk, dataDir, node, cluster, now }: MemoryOptions,
  { database }: DamagedDatabase,
  { log }: StartKinds,
  base: Base,
  reached: Position,
): LogScan {
  const owner = { node, cluster };
  const after = base.position;
  if (log === "file") return new FileLogSource({ disk, dataDir, owner, now }).scan(after);
  if (database === null) return lostLog(after);
  try {
    if (!hasLogTables(database)) return lostLog(after);
    const scan = scanTables(database, owner, after, reached);
    return isGivenUp(base, scan) ? { ...lostLog(after), damage: [] } : scan;
  } catch (error) {
    if (error instanceof LogError && error.kind !== "io") throw error;
    return lostLog(after);
  }
}

function lostLog(after: Position): LogScan {
  const damage: Damage = {
    kind: "bad-header",
    file: logTable,
    offset: 0,
    length: 0,
    after,
    before: null,
    message: `Nothing of ${logTable} can be read.`,
  };
  return { segments: [], damage: [damage], first: after + 1, last: after, sound: () => [] };
}

/** The new database, whole and flushed, under another name. */
function make(options: MemoryOptions, { kinds, meta, clock, memory }: Beginning): void {
  const { dataDir, disk, node, cluster, schema } = options;
  const owner = { node, cluster };
  const { database } = openNodeDatabase(options, unfinishedPath(dataDir));
  try {
    database.pragma("synchronous = FULL");
    disk.gate("write", database.name);
    if (memory !== null) {
      const { tables, position, index, at } = memory;
      const snapshots = new SqliteSnapshotStore({ database, disk, owner });
      writeSnapshot(snapshots, tables, { position, clock, at, versions: schema.versions, index });
      snapshots.close();
      new SqliteLogSource({ database, disk, owner }).open(position).log.close();
    }
    const clocks = new SqliteClockStore(database);
    const notes = new NodeMeta(database);
    database.transaction(() => {
      for (const [name, value] of meta) notes.put(name, value);
      writeKinds(notes, kinds);
      if (clock[node] !== undefined) clocks.save(node, clock);
    })();
    disk.gate("sync", database.name);
    database.pragma("wal_checkpoint(TRUNCATE)");
  } finally {
    database.close();
  }
}
