/**
 * From what lies on the disk to a node that knows what it knew: files of old formats are upgraded, damage is dealt with,
 * kinds are changed, in this order, and each of it says in a sentence what it did.
 */
import type { LogKind, RecoveryMode, SnapshotKind, SyncPolicy } from "../../shared/contract/storage.ts";
import type { NodeId, TimeMs } from "../../shared/ids.ts";
import type { Schema } from "../../shared/runtime/schema.ts";
import type { Tables } from "../../shared/runtime/tables.ts";
import type { VectorClock } from "../../shared/clock/vector-clock.ts";
import type { Claim } from "../../shared/membership/types.ts";
import { assertWhole } from "./database-damage.ts";
import type { FaultyDisk } from "./disk/faulty-disk.ts";
import type { LogSource, TransactionLog } from "./log/transaction-log.ts";
import { forgetReached, readReached } from "./log-witness.ts";
import { nodeFormatVersion } from "./node-database.ts";
import { changeKinds } from "./kind-change.ts";
import {
  foundKinds,
  isSame,
  readKinds,
  snapshotsOf,
  startKindsFor,
  type StartKinds,
  type StorePlace,
  type Stores,
  storesOf,
  writeKinds,
} from "./node-kinds.ts";
import { NodeMeta } from "./node-meta.ts";
import type { NodeSql } from "./node-sql.ts";
import type { OldFormat } from "./old/old-formats.ts";
import { upgrade } from "./old/upgrade.ts";
import type { ReachedFile } from "./reached-file.ts";
import { recovery } from "./recovery/recover.ts";
import type { Recovered, RecoveryProgress } from "./recovery/recovered.ts";
import type { SnapshotStore } from "./snapshots/snapshot-store.ts";

export interface MemoryOptions {
  readonly dataDir: string;
  readonly node: NodeId;
  readonly cluster: string;
  readonly log: LogKind;
  readonly snapshots: SnapshotKind;
  readonly sync: SyncPolicy;
  readonly recovery: RecoveryMode;
  readonly disk: FaultyDisk;
  readonly schema: Schema;
  /** Where others may be found who can be asked for what is lost here; members that are known are asked as well. */
  readonly seeds: readonly string[];
  readonly now: () => TimeMs;
}

export interface Memory {
  readonly log: TransactionLog;
  readonly source: LogSource;
  /** Where new ones go. */
  readonly snapshots: SnapshotStore;
  readonly tables: Tables;
  /** All that the node had seen when its last life ended, as far as the log knows. */
  readonly clock: VectorClock;
  /** When the newest of it was kept; undefined when there is nothing. */
  readonly at: TimeMs | undefined;
  /** The data is gone and others have it: it must not be served before they have brought it back. */
  readonly rebuild: boolean;
  /** Nothing may be dropped from the log, for no snapshot on the disk stands for it. */
  readonly isLogKept: boolean;
  /** What was done on the way, a sentence each. */
  readonly lines: readonly string[];
  /** Some of it a person should know of. */
  readonly isUnusual: boolean;
}

const goneSentence =
  "The log was kept in memory: what this node knew is gone with its last life, and the other nodes bring back what they have of it.";

/** Throws NodeStoreError, LogError, SnapshotError, SchemaError or RecoveryError. */
export function* openingMemory(
  options: MemoryOptions,
  sql: NodeSql,
  format: number,
  at: StorePlace,
  reachedFile: ReachedFile,
): Generator<RecoveryProgress, Memory> {
  const meta = new NodeMeta(sql.database);
  const isOfNow = format === nodeFormatVersion && (readKinds(meta)?.log ?? "sqlite") === "sqlite";
  const reachedInDatabase = isOfNow ? reachedFile.read() : 0;
  const place = { ...at, reached: readReached(meta), reachedInDatabase };
  const put = (kinds: StartKinds) => () => {
    const isOther = kinds.log !== readKinds(meta)?.log;
    if (isOther) reachedFile.forget();
    sql.transact(true, () => {
      if (isOther) forgetReached(meta);
      writeKinds(meta, kinds);
    });
  };
  const lines: string[] = [];
  if (format < nodeFormatVersion) lines.push(upgradeOld(options, sql, meta, place, format as OldFormat));
  const told = readKinds(meta);
  const from = told ?? foundKinds(place);
  const to = startKindsFor(options.log, options.snapshots, from);
  const old = storesOf(from ?? to, place);
  const recovered = yield* recoveryFrom(options, old, () => assertWhole(sql.database));
  const found = { ...recovered, at: lastKept(recovered.log, old.snapshots) };
  if (from?.log === "memory" && meta.get("life") !== undefined) lines.push(goneSentence);
  if (from === null || isSame(from, to)) {
    if (told === null) put(to)();
    return memoryOf(options, place, to, { ...found, ...old }, lines);
  }
  const change = changeKinds({ ...found, from, to, place, old, settle: put(to) });
  const done = [...lines, ...change.lines];
  return memoryOf(options, place, to, { ...found, ...change, lines: found.lines }, done);
}

function recoveryFrom(options: MemoryOptions, stores: Stores, assertWritable: () => void) {
  const { recovery: mode, schema, now } = options;
  return recovery({ ...stores, mode, schema, now, hasPeers: hasPeersIn(options), assertWritable });
}

/** Whether others can be asked: by what the node was told, or by what is left in its tables. */
export function hasPeersIn({ seeds, node }: MemoryOptions): (tables: Tables) => boolean {
  const isOther = (claim: Claim) => claim.node !== node && claim.status !== "left";
  return (tables) => {
    const members = tables.row("node", "self", "members") as unknown as readonly Claim[] | undefined;
    return seeds.length > 0 || members?.some(isOther) === true;
  };
}

function lastKept(log: TransactionLog, snapshots: SnapshotStore): TimeMs | undefined {
  if (log.count > 0) for (const { at } of log.read(log.last - 1)) return at;
  return snapshots.list()[0]?.at;
}

type Found = Recovered & Stores & Pick<Memory, "at">;

function memoryOf(
  options: MemoryOptions,
  place: StorePlace,
  kinds: StartKinds,
  found: Found,
  before: readonly string[],
): Memory {
  const isApart = options.snapshots === "memory" && kinds.base !== "memory";
  return {
    ...found,
    snapshots: isApart ? snapshotsOf("memory", place) : found.snapshots,
    isLogKept: isApart,
    lines: [...before, ...found.lines],
    // A line of its own says what was read: that is usual.
    isUnusual: before.length > 0 || found.lines.length > 1,
  };
}

/** Its log and snapshots are of kind "sqlite" then, whatever is wanted: that is another change. */
function upgradeOld(
  { schema, node }: MemoryOptions,
  sql: NodeSql,
  meta: NodeMeta,
  place: StorePlace,
  format: OldFormat,
): string {
  const snapshots = snapshotsOf("sqlite", place);
  const settle = () => writeKinds(meta, { log: "sqlite", base: "sqlite" });
  const { versions } = schema;
  const done = upgrade({
    sql,
    format,
    newFormat: nodeFormatVersion,
    settle,
    node,
    snapshots,
    versions,
  });
  snapshots.close();
  return done;
}
