/** Records of a node's log, wherever it lies, one by one: to look at them, and to break them. */
import Database from "better-sqlite3";
import type { CommandResults } from "../../shared/contract/contract.ts";
import { LabError } from "../../shared/contract/errors.ts";
import type { RecordView } from "../../shared/contract/storage.ts";
import { RealDisk } from "../storage/disk/real-disk.ts";
import { pageOf, type RecordPlace, segmentRecords, tableRecords } from "../storage/log/inspect.ts";
import { logTable } from "../storage/log/sqlite-tables.ts";
import { LogError } from "../storage/log/transaction-log.ts";
import { databasePath } from "../storage/node-database.ts";
import { openQuietly } from "../storage/quiet-database.ts";
import { pathWithin, type PlannedDamage, planDamage } from "./file-damage.ts";

const segmentName = /^log\/\d{8,15}\.log$/;
/** Longer than a commit of the node takes. */
const busyMs = 2_000;

export interface RecordsOf {
  readonly dataDir: string;
  /** Its process has the files open. */
  readonly isRunning: boolean;
  /** Segment or table, as listings of the log name it. */
  readonly file: string;
}

/** Throws LabError. */
export function readRecords(
  of: RecordsOf,
  after: RecordPlace | null,
  limit: number,
): CommandResults["node.records"] {
  return withRecords(of, after, (records) => {
    const page = pageOf(records, limit);
    return { records: [...page.records], next: page.next };
  });
}

/** All of them, from a place on, for as long as `read` takes. */
export function withRecords<Result>(
  { dataDir, isRunning, file }: RecordsOf,
  after: RecordPlace | null,
  read: (records: Iterable<RecordView>) => Result,
): Result {
  try {
    if (file !== logTable) {
      const path = pathWithin(dataDir, file);
      if (!segmentName.test(file))
        throw new LabError("bad_input", `${file} holds no log: name a segment or ${logTable}.`);
      return read(segmentRecords(new RealDisk(), path, file, after));
    }
    const quiet = openQuietly(databasePath(dataDir), isRunning);
    try {
      return read(tableRecords(quiet.database, after));
    } finally {
      quiet.close();
    }
  } catch (error) {
    throw asLabError(error, file);
  }
}

/** One bit in the middle of a record. Nothing is changed yet. Throws LabError when there is none at this place. */
export function planRecordDamage(of: RecordsOf, offset: number): PlannedDamage {
  if (of.file === logTable) return planRowDamage(of.dataDir, offset);
  const record = withRecords(of, { offset: offset - 1, ordinal: Number.MAX_SAFE_INTEGER }, firstOf);
  if (record?.offset !== offset)
    throw new LabError(
      "bad_input",
      `No record begins at byte ${offset} of ${of.file}: look at the storage again.`,
    );
  const middle = offset + Math.floor(record.bytes / 2);
  return planDamage(of.dataDir, { kind: "flip-bit", file: of.file, offset: middle, bit: 0 });
}

function firstOf(records: Iterable<RecordView>): RecordView | null {
  for (const record of records) return record;
  return null;
}

/** A bit of a row that SQLite itself has no reason to doubt, as where a disk gives back the wrong block. */
function planRowDamage(dataDir: string, position: number): PlannedDamage {
  const before = attempt(dataDir, true, (rows) => rows.get(position));
  if (before === null || before.length === 0)
    throw new LabError(
      "bad_input",
      `There is no transaction ${position} in ${logTable}: look at the storage again.`,
    );
  const after = Buffer.from(before);
  const middle = Math.floor(after.length / 2);
  after[middle] = after[middle]! ^ 1;
  return {
    make: () => attempt(dataDir, false, (rows) => rows.put(position, after)),
    stands: () => isThere(() => attempt(dataDir, true, (rows) => rows.get(position)?.equals(after) ?? false)),
    undo: () => attempt(dataDir, false, (rows) => rows.put(position, before)),
  };
}

interface Rows {
  get(position: number): Buffer | null;
  put(position: number, records: Buffer): void;
}

function attempt<Result>(dataDir: string, readonly: boolean, act: (rows: Rows) => Result): Result {
  let database: Database.Database | undefined;
  try {
    const opened = new Database(databasePath(dataDir), { readonly, fileMustExist: true, timeout: busyMs });
    database = opened;
    return act({
      get(position) {
        const row = opened
          .prepare(`SELECT records FROM ${logTable} WHERE position = ?`)
          .pluck()
          .get(position);
        return (row as Buffer | undefined) ?? null;
      },
      put(position, records) {
        opened.prepare(`UPDATE ${logTable} SET records = ? WHERE position = ?`).run(records, position);
      },
    });
  } catch (error) {
    throw asLabError(error, logTable);
  } finally {
    database?.close();
  }
}

function isThere(look: () => boolean): boolean {
  try {
    return look();
  } catch (error) {
    if (error instanceof LabError) return false;
    throw error;
  }
}

function asLabError(error: unknown, file: string): LabError {
  if (error instanceof LabError) return error;
  if (error instanceof LogError) return new LabError("refused", error.message);
  return new LabError("refused", `${file} cannot be read (${(error as Error).message}).`);
}
