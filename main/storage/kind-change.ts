/**
 * How a node's memory moves from one kind of store to another between two starts.
 *
 * All that was known becomes a snapshot of the new kind, durable; then the new log begins behind it; then one flushed
 * transaction in node.db says which kinds count from now on; and only then what is left of the old ones is set aside. A
 * kill before that transaction leaves the old kinds as they were, and the next start does it again; one after it leaves
 * the new ones whole. Nothing here asks how far an earlier attempt got: whatever lies where the new ones go is set aside
 * first.
 *
 * A log in memory has nothing to bring to the disk, and what moves into it is lost with the process: that is its purpose.
 */
import type { VectorClock } from "../../shared/clock/vector-clock.ts";
import type { TimeMs } from "../../shared/ids.ts";
import type { Tables } from "../../shared/runtime/tables.ts";
import type { SchemaVersions } from "../../shared/runtime/types.ts";
import type { TransactionLog } from "./log/transaction-log.ts";
import { type StartKinds, type StorePlace, type Stores, storesOf } from "./node-kinds.ts";
import type { SnapshotStore } from "./snapshots/snapshot-store.ts";

/** Rows handed to a snapshot at a time. */
const rowsAtOnce = 1_000;

export interface KindChange {
  readonly from: StartKinds;
  readonly to: StartKinds;
  readonly place: StorePlace;
  readonly old: Stores;
  readonly log: TransactionLog;
  readonly tables: Tables;
  /** Of the newest transaction. */
  readonly clock: VectorClock;
  /** When that was; undefined when there is none. */
  readonly at: TimeMs | undefined;
  readonly versions: SchemaVersions;
  /** From now on the new kinds count: durable on return. */
  readonly settle: () => void;
}

export interface ChangedKind extends Stores {
  readonly log: TransactionLog;
  readonly lines: readonly string[];
}

export function changeKinds(change: KindChange): ChangedKind {
  const { from, to, place, old, log, settle } = change;
  const position = log.last;
  const fresh = storesOf(to, place);
  const isNewLog = to.log !== from.log;
  const isNewBase = to.base !== from.base;
  const lines = [
    `${nameOf(from)} became ${nameOf(to)}: all that was known at position ${position} moved over.`,
  ];
  if (isNewBase) setAllAside(fresh.snapshots);
  if (to.base !== "memory") writeSnapshot(change, fresh.snapshots);
  const opened = isNewLog ? fresh.source.setAside(position) : { log, lines: [] };
  lines.push(...opened.lines);
  settle();
  if (isNewLog) {
    log.close();
    const left = old.source.setAside(position);
    left.log.close();
    lines.push(...left.lines);
  }
  if (isNewBase) lines.push(...setAllAside(old.snapshots));
  // What lies before the new log can be built upon no more.
  else if (isNewLog) fresh.snapshots.prune(1);
  old.snapshots.close();
  return { source: isNewLog ? fresh.source : old.source, snapshots: fresh.snapshots, log: opened.log, lines };
}

function writeSnapshot({ tables, log, clock, at, versions }: KindChange, snapshots: SnapshotStore): void {
  const picture = tables.picture();
  try {
    const writer = snapshots.begin({
      position: log.last,
      clock,
      at: at ?? 0,
      versions,
      index: picture.index,
    });
    for (let rows = picture.take(rowsAtOnce); rows.length > 0; rows = picture.take(rowsAtOnce))
      writer.add(rows);
    writer.finish();
  } finally {
    picture.close();
  }
}

function setAllAside(snapshots: SnapshotStore): string[] {
  const names = [...snapshots.list(), ...snapshots.damaged()].map(({ name }) => name);
  return names.map((name) => `The snapshot ${name} is kept as ${snapshots.setAside(name)}.`);
}

const nameOf = ({ log, base }: StartKinds) => `A log of kind ${log} with snapshots of kind ${base}`;
