/** A log to be read by whoever names it: its directory, one segment, the data directory, or the node's database. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { LogKind, RecordView } from "../../../shared/contract/storage.ts";
import { isDirectoryInUse } from "../../storage/directory-lock.ts";
import { tableRecords } from "../../storage/log/inspect.ts";
import { scanTables } from "../../storage/log/sqlite-scan.ts";
import { hasLogTables } from "../../storage/log/sqlite-tables.ts";
import type { LogOwner, LogScan } from "../../storage/log/transaction-log.ts";
import { readKinds } from "../../storage/node-kinds.ts";
import { NodeMeta } from "../../storage/node-meta.ts";
import { openQuietly } from "../../storage/quiet-database.ts";
import { ownerIn } from "./check-database.ts";
import { isSegmentName, scanLogFiles } from "./log-files.ts";
import { type Target, TargetError } from "./target.ts";

export interface ReadableLog {
  readonly path: string;
  readonly owner: LogOwner | null;
  readonly scan: LogScan;
  /** Every record as it lies there, sound or not. Throws LogError. */
  records(): Iterable<RecordView>;
  close(): void;
}

/** Throws TargetError or LogError. */
export async function openLog(target: Target): Promise<ReadableLog> {
  const { kind, path } = target;
  switch (kind) {
    case "log":
    case "segment":
      return fromFiles(path, kind === "log");
    case "database":
      return fromDatabase(path, target);
    case "data directory":
      return fromDataDirectory(target);
    case "snapshots":
    case "snapshot":
    case "clocks":
    case "clock":
      throw new TargetError(`${path} holds no log; lightcone validate says what is in it.`);
  }
}

async function fromDataDirectory(target: Target): Promise<ReadableLog> {
  const { path } = target;
  const names = readdirSync(path);
  const log = join(path, "log");
  const hasSegments = names.includes("log") && readdirSync(log).some(isSegmentName);
  const database = names.includes("node.db") ? join(path, "node.db") : null;
  // A log that was moved into the database leaves an empty one behind.
  const isInDatabase = database !== null && (!hasSegments || kindIn(database, target) === "sqlite");
  if (isInDatabase) return fromDatabase(database, target);
  if (hasSegments) return fromFiles(log, true);
  throw new TargetError(`${path} holds no log: neither segments nor a database.`);
}

/** Of the log that counts; null when the database does not say, or cannot. */
function kindIn(path: string, target: Target): LogKind | null {
  try {
    const { database, close } = quietly(path, target);
    try {
      return readKinds(new NodeMeta(database))?.log ?? null;
    } finally {
      close();
    }
  } catch {
    return null;
  }
}

const quietly = (path: string, { dataDir }: Target) =>
  openQuietly(path, dataDir !== null && isDirectoryInUse(dataDir));

async function fromFiles(path: string, isDirectory: boolean): Promise<ReadableLog> {
  return { path, ...(await scanLogFiles(path, isDirectory, breathe)), close: () => {} };
}

/** Lets signals be heard. */
const breathe = () => new Promise<void>((done) => setImmediate(done));

function fromDatabase(path: string, target: Target): ReadableLog {
  const opened = attempt(path, () => quietly(path, target));
  try {
    const { database } = opened;
    if (!attempt(path, () => hasLogTables(database))) {
      throw new TargetError(`${path} holds no transaction log.`);
    }
    const scan = scanTables(database, null, null);
    const owner = attempt(path, () => ownerIn(opened));
    return { path, owner, scan, records: () => tableRecords(database), close: opened.close };
  } catch (error) {
    opened.close();
    throw error;
  }
}

function attempt<Result>(path: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === undefined) throw error;
    throw new TargetError(`${path} cannot be read (${code}); lightcone validate says more.`);
  }
}
