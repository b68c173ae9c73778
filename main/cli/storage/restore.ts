/**
 * A data directory made from a snapshot.
 *
 * The node that starts on it has been put back in time, and does not know what it did between the snapshot and now. Two
 * things follow (P1). It must not give out a timestamp, an entry's number or a transaction's number a second time: others
 * may hold what it wrote under them. So all three go on a million further, more than a node gets through between two
 * snapshots. And where other nodes count on it, it may lack writes it has acknowledged: its own records, which are in the
 * snapshot, are older than those the others hold, and by that it knows that it must be refilled before it answers
 * (shared/replication/moves).
 *
 * A snapshot of another node has the data and not the identity: rows of the module `node` and hints stay behind. What the
 * other node wrote keeps its name on it; this one begins a count of its own.
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { VectorClock } from "../../../shared/clock/vector-clock.ts";
import type { NodeId } from "../../../shared/ids.ts";
import type { Mutation } from "../../../shared/runtime/types.ts";
import { FileClockStore } from "../../storage/clocks/file-clock-store.ts";
import { SqliteClockStore } from "../../storage/clocks/sqlite-clock-store.ts";
import { lockDirectory } from "../../storage/directory-lock.ts";
import { RealDisk } from "../../storage/disk/real-disk.ts";
import type { LogOwner } from "../../storage/log/transaction-log.ts";
import { makeDirectory } from "../../storage/make-directory.ts";
import { setAsideDirectory, setAsideFolder } from "../../storage/set-aside.ts";
import { restoringFolder } from "../../storage/unfinished-restore.ts";
import { writeKinds } from "../../storage/node-kinds.ts";
import { NodeMeta } from "../../storage/node-meta.ts";
import type { SnapshotHead, SnapshotInfo } from "../../storage/snapshots/snapshot-store.ts";
import { openSnapshotFile, ownerIn, writeRows } from "./snapshot-file.ts";
import { openStores } from "./stopped-node.ts";

/** By how much every number of the node's own goes on further. */
const skipped = 1_000_000;

export interface RestoreOptions {
  readonly file: string;
  readonly dataDir: string;
  /** Whose it is to be; null: the snapshot's, which must then fit what the directory held. */
  readonly node: NodeId | null;
  readonly cluster: string | null;
  /** What lies in the directory is set aside. */
  readonly force: boolean;
}

export interface Restored {
  readonly owner: LogOwner;
  readonly info: SnapshotInfo;
  /** Of the snapshot that it was made from. */
  readonly from: { readonly owner: LogOwner; readonly head: SnapshotHead };
  /** Where what was in the directory lies now. */
  readonly aside: string | null;
}

/** The snapshot was read to its end before: what is refused here is refused with nothing changed. */
export function restore(options: RestoreOptions, held: LogOwner | null): Restored {
  const { file, dataDir, force } = options;
  const source = openSnapshotFile(file);
  try {
    const from = { owner: ownerIn(source.head), head: source.head.head };
    const owner = ownerFor(options, from.owner, held);
    if (contentsOf(dataDir).length > 0 && !force) {
      throw new Error(
        `${dataDir} is not empty: restore into a new directory, or say --force to have what is there set aside.`,
      );
    }
    const rows = owner.node === from.owner.node ? source.rows() : withoutIdentity(source.rows());
    const head = headFor(owner.node, from.head);
    makeDirectory(dataDir);
    const lock = lockDirectory(dataDir);
    try {
      const info = make(dataDir, (dir) => {
        writeClockFile(dir, owner.node, head.clock);
        return write(dir, owner, head, rows);
      });
      return { owner, from, info, aside: exchange(dataDir) };
    } finally {
      lock.release();
    }
  } finally {
    source.close();
  }
}

function ownerFor(
  { file, dataDir, node, cluster }: RestoreOptions,
  from: LogOwner,
  held: LogOwner | null,
): LogOwner {
  if (held !== null && node === null && held.node !== from.node) {
    throw new Error(
      `${file} is a snapshot of ${from.node}, and ${dataDir} belongs to ${held.node}: say --node-id=${held.node} to give ${held.node} the data of ${from.node}, or --node-id=${from.node} to make it the directory of ${from.node}.`,
    );
  }
  if (held !== null && cluster === null && held.cluster !== from.cluster) {
    throw new Error(
      `${file} is a snapshot of cluster "${from.cluster}", and ${dataDir} belongs to "${held.cluster}": say --cluster=${held.cluster} to take the data over.`,
    );
  }
  return { node: node ?? from.node, cluster: cluster ?? from.cluster };
}

/** The lock, what was set aside before, and what an interrupted restore left are nobody's data. */
function contentsOf(dataDir: string): string[] {
  if (!existsSync(dataDir)) return [];
  const others = [setAsideFolder, restoringFolder];
  return readdirSync(dataDir).filter((name) => !others.includes(name) && !name.startsWith("node.lock"));
}

/** In the folder that has a start refuse the directory. Where it fails, the directory is as it was. */
function make<Made>(dataDir: string, write: (dir: string) => Made): Made {
  const disk = new RealDisk();
  const dir = join(dataDir, restoringFolder);
  const wasThere = disk.exists(dir);
  disk.makeDirectory(dir);
  // Of a restore that was interrupted: the folder itself stays, and with it what it says.
  for (const name of readdirSync(dir)) rmSync(join(dir, name), { recursive: true });
  try {
    return write(dir);
  } catch (error) {
    if (!wasThere) rmSync(dir, { recursive: true });
    throw error;
  }
}

/** What was in the directory is set aside, and what was made takes its place. */
function exchange(dataDir: string): string | null {
  const disk = new RealDisk();
  const made = join(dataDir, restoringFolder);
  const names = contentsOf(dataDir);
  const aside = names.length === 0 ? null : setAsideDirectory(disk, dataDir, "before-restore", Date.now());
  if (aside !== null) moveAll(disk, dataDir, join(dataDir, aside), names);
  moveAll(disk, made, dataDir, contentsOf(made));
  rmSync(made, { recursive: true });
  disk.syncDirectory(dataDir);
  return aside;
}

function moveAll(disk: RealDisk, from: string, to: string, names: readonly string[]): void {
  for (const name of names) disk.rename(join(from, name), join(to, name));
  disk.syncDirectory(to);
  disk.syncDirectory(from);
}

function headFor(node: NodeId, { position, clock, at, versions, index }: SnapshotHead): SnapshotHead {
  const own = (clock[node] ?? 0) + skipped;
  const further: VectorClock = { ...clock, [node]: own };
  return { position: position + skipped, clock: further, at, versions, index: index + skipped };
}

function* withoutIdentity(rows: Iterable<Mutation>): Generator<Mutation> {
  for (const row of rows) {
    const isOwn = row.module === "node" || (row.module === "kv" && row.table === "hints");
    if (!isOwn) yield row;
  }
}

/** In the database, as a node keeps it unless it is told otherwise; a start with other kinds moves it. */
function write(dataDir: string, owner: LogOwner, head: SnapshotHead, rows: Iterable<Mutation>): SnapshotInfo {
  const stores = openStores(dataDir, owner);
  try {
    const { database } = stores.sql;
    const clocks = new SqliteClockStore(database);
    // Before the rows: who is killed between leaves a clock that is ahead of its data, never data without its clock.
    stores.sql.transact(true, () => {
      writeKinds(new NodeMeta(database), { log: "sqlite", base: "sqlite" });
      clocks.save(owner.node, head.clock);
    });
    return writeRows(stores.snapshots.begin(head), rows);
  } finally {
    stores.close();
  }
}

/** For a node that keeps its clock there: without one it would begin to count at zero. */
function writeClockFile(dataDir: string, node: NodeId, clock: VectorClock): void {
  const clocks = new FileClockStore(join(dataDir, "clocks"));
  try {
    clocks.save(node, clock);
  } finally {
    clocks.close();
  }
}
