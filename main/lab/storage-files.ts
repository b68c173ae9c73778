/**
 * A node's storage, read from its data directory: what the node itself would find there if it were started, damage
 * included. Nothing is changed, opened for writing or locked, so one may look as often as one likes before one decides.
 *
 * What cannot be read at all (a database that is none any more) is damage too, and is shown as such: somebody broke it
 * on purpose, and wants to see it.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import Database from "better-sqlite3";
import type { ClockStoreKind } from "../../shared/contract/state.ts";
import type { StorageSettings, StorageView } from "../../shared/contract/storage.ts";
import { asNodeId } from "../../shared/ids.ts";
import type { Position } from "../../shared/runtime/types.ts";
import { clockFile, readClockFile } from "../storage/clocks/clock-file.ts";
import { decodeStoredClock, type StoredClock } from "../storage/clocks/stored-clock.ts";
import { RealDisk } from "../storage/disk/real-disk.ts";
import { notedReach } from "../storage/log-reach.ts";
import { scanFiles } from "../storage/log/file-scan.ts";
import { logFolder } from "../storage/log/segment-files.ts";
import { scanTables } from "../storage/log/sqlite-scan.ts";
import type { LogOwner, LogScan } from "../storage/log/transaction-log.ts";
import { databasePath } from "../storage/node-database.ts";
import { openQuietly } from "../storage/quiet-database.ts";
import { FileSnapshotStore } from "../storage/snapshots/file-snapshot-store.ts";
import { SnapshotError, type SnapshotStore } from "../storage/snapshots/snapshot-store.ts";
import { SqliteSnapshotStore } from "../storage/snapshots/sqlite-snapshot-store.ts";

export interface StoragePlace {
  readonly dataDir: string;
  /** A process has it open. */
  readonly isRunning: boolean;
  readonly owner: LogOwner;
  readonly storage: StorageSettings;
  readonly clockStore: ClockStoreKind;
}

type LogView = StorageView["log"];
type SnapshotViews = StorageView["snapshots"];
type ClockView = StorageView["clock"];

export function readStorage(place: StoragePlace): StorageView {
  return withDatabase(place, (database, problem) => {
    const snapshots = snapshotsOf(place, database);
    const sound = snapshots.filter((one) => one.problem === null);
    const covered = Math.max(0, ...sound.map(({ position }) => position));
    const log = logOf(place, database, problem, covered);
    return {
      node: place.owner.node,
      source: "files",
      dataDir: place.dataDir,
      kinds: { ...place.storage, clocks: place.clockStore },
      log: { ...log, replayFrom: covered },
      snapshots,
      clock: clockOf(place, database),
      setAside: asideIn(place.dataDir, database),
      faults: [],
      recovery: [],
      snapshotting: null,
    };
  });
}

/** Files and tables that a start, or somebody, put out of the way; newest first. */
export const readSetAside = (place: StoragePlace): StorageView["setAside"] =>
  withDatabase(place, (database) => asideIn(place.dataDir, database));

/** `database` is null where there is none, or none that can be read: then `problem` says why. */
function withDatabase<Result>(
  { dataDir, isRunning }: StoragePlace,
  read: (database: Database.Database | null, problem: string | null) => Result,
): Result {
  const path = databasePath(dataDir);
  if (!existsSync(path)) return read(null, null);
  let quiet: ReturnType<typeof openQuietly>;
  try {
    quiet = openQuietly(path, isRunning);
    quiet.database.prepare("SELECT count(*) FROM sqlite_schema").get();
  } catch (error) {
    return read(null, cannotRead(error));
  }
  try {
    return read(quiet.database, null);
  } catch (error) {
    if (!(error instanceof SnapshotError) && !(error instanceof Database.SqliteError)) throw error;
    return read(null, cannotRead(error));
  } finally {
    quiet.close();
  }
}

const cannotRead = (error: unknown) => `node.db cannot be read (${(error as Error).message}).`;

type PartOfLog = Omit<LogView, "replayFrom">;

const noLog: PartOfLog = { first: 1, last: 0, durable: null, bytes: 0, segments: [], damage: [] };

function logOf(
  { dataDir, owner, storage }: StoragePlace,
  database: Database.Database | null,
  problem: string | null,
  covered: Position,
) {
  if (storage.log === "memory") return noLog;
  if (storage.log === "sqlite" && database === null) return problem === null ? noLog : unreadable(problem);
  try {
    const noted = database === null ? null : notedReach(database, dataDir);
    const isMissed = noted !== null && noted.log === storage.log && noted.reached > covered;
    const reached = isMissed ? noted.reached : 0;
    if (storage.log === "sqlite") return viewOf(scanTables(database!, owner, null, reached));
    const dir = join(dataDir, logFolder);
    const scan = scanFiles({ disk: new RealDisk(), dir, owner, after: null, reached });
    const newest = scan.segments.at(-1);
    return viewOf(scan, newest === undefined || scan.end === null ? 0 : newest.bytes - scan.end.dataEnd);
  } catch (error) {
    return unreadable((error as Error).message);
  }
}

/** `room`: what the newest segment still has room for is not counted, as a running node does not count it. */
function viewOf({ segments, damage, first, last }: LogScan, room = 0): PartOfLog {
  return {
    first,
    last,
    durable: null,
    bytes: segments.reduce((sum, segment) => sum + segment.bytes, -room),
    segments: [...segments],
    damage: [...damage],
  };
}

const unreadable = (message: string): PartOfLog => ({
  ...noLog,
  damage: [{ kind: "bad-header", file: "node.db", offset: 0, length: 0, after: 0, before: null, message }],
});

function snapshotsOf(
  { dataDir, owner, storage }: StoragePlace,
  database: Database.Database | null,
): SnapshotViews {
  const now = Date.now;
  const store = ((): SnapshotStore | null => {
    if (storage.snapshots === "file")
      return new FileSnapshotStore({ disk: new RealDisk(), dataDir, owner, now, readOnly: true });
    if (storage.snapshots === "sqlite" && database !== null && hasTable(database, "snapshots"))
      return new SqliteSnapshotStore({ database, owner, readOnly: true });
    return null;
  })();
  if (store === null) return [];
  try {
    const sound = store
      .list()
      .map(({ name, position, at, bytes, rows }) => ({ name, position, at, bytes, rows, problem: null }));
    const damaged = store
      .damaged()
      .map(({ name, message }) => ({ name, position: 0, at: 0, bytes: 0, rows: 0, problem: message }));
    return [...sound, ...damaged];
  } finally {
    store.close();
  }
}

function clockOf(
  { dataDir, owner, clockStore }: StoragePlace,
  database: Database.Database | null,
): ClockView {
  const node = asNodeId(owner.node);
  if (clockStore === "file") {
    const path = clockFile(join(dataDir, "clocks"), node);
    const found = attempt(() => readClockFile(new RealDisk(), path));
    return { kind: clockStore, file: path.slice(dataDir.length + 1), ...told(found) };
  }
  const isKept = clockStore === "sqlite" && database !== null && hasTable(database, "clock");
  if (!isKept) return { kind: clockStore, file: null, value: null, problem: null };
  const found = attempt(() => {
    const row = database
      .prepare<[string], { counters: StoredClock }>("SELECT counters FROM clock WHERE node = ?")
      .get(node);
    return row === undefined ? null : decodeStoredClock(row.counters);
  });
  return { kind: clockStore, file: null, ...told(found) };
}

type Found = ReturnType<typeof decodeStoredClock>;

const told = (found: Found | null): Pick<ClockView, "value" | "problem"> => ({
  value: found !== null && "clock" in found ? { ...found.clock } : null,
  problem: found !== null && "problem" in found ? `The clock ${found.problem}.` : null,
});

function attempt(read: () => Found | null): Found | null {
  try {
    return read();
  } catch (error) {
    return { problem: `cannot be read (${(error as Error).message})` };
  }
}

function asideIn(dataDir: string, database: Database.Database | null): StorageView["setAside"] {
  return [...filesAside(dataDir), ...tablesAside(database)].toSorted((a, b) => b.at - a.at);
}

function filesAside(dataDir: string): StorageView["setAside"] {
  const folder = join(dataDir, "set-aside");
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      const { size, mtimeMs } = statSync(path);
      return { file: relative(dataDir, path).replaceAll(sep, "/"), bytes: size, at: mtimeMs };
    });
}

/** Tables of logs that were set aside within the database; their names say when. */
function tablesAside(database: Database.Database | null): StorageView["setAside"] {
  if (database === null) return [];
  const names = database
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE name GLOB 'set_aside_*_transaction_log'")
    .pluck()
    .all();
  return names.map((name) => {
    const [, year, month, day, hour, minute, second] =
      /_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(name) ?? [];
    const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
    const bytes = database.prepare(`SELECT total(length(records)) FROM "${name}"`).pluck().get() as number;
    return { file: name, bytes, at: Number.isNaN(at) ? 0 : at };
  });
}

const hasTable = (database: Database.Database, name: string) =>
  database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(name) !== undefined;
