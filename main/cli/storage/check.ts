/**
 * Everything that a path leads to, looked at from its first byte to its last, and nothing changed.
 *
 * What one file says does not decide about another: a snapshot in a newer format leaves the log to be judged all the
 * same. The node may be running. Its log grows meanwhile, which is no damage; a snapshot or a segment that it drops
 * meanwhile is not reported.
 */
import { readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { isDirectoryInUse } from "../../storage/directory-lock.ts";
import { LogError, type LogOwner } from "../../storage/log/transaction-log.ts";
import { SnapshotError } from "../../storage/snapshots/snapshot-store.ts";
import { checkClock } from "./check-clock.ts";
import { checkDatabase } from "./check-database.ts";
import { reportsOfLog } from "./check-log.ts";
import { checkSnapshot } from "./check-snapshot.ts";
import { checkTables } from "./check-tables.ts";
import { scanLogFiles } from "./log-files.ts";
import { reachOfLog } from "./log-reach.ts";
import { type FileReport, type Report, worst } from "./report.ts";
import type { Target } from "./target.ts";

export interface Looking {
  /** Between pieces of work: lets the process hear of signals. Throws to end it. */
  readonly pause: () => Promise<void>;
  /** What is looked at now. */
  readonly progress: (words: string) => void;
}

interface Part {
  readonly reports: readonly FileReport[];
  readonly owner: LogOwner | null;
}

const nothing: Part = { reports: [], owner: null };

export async function check(target: Target, looking: Looking): Promise<Report> {
  const inUse = target.dataDir !== null && isDirectoryInUse(target.dataDir);
  const parts = await partsOf(target, inUse, looking);
  const files = parts.flatMap(({ reports }) => reports);
  const owners = parts.flatMap(({ owner }) => (owner === null ? [] : [owner]));
  const strangers = owners.filter(
    ({ node, cluster }) => node !== owners[0]!.node || cluster !== owners[0]!.cluster,
  );
  return {
    path: target.path,
    verdict: strangers.length > 0 ? "unknown" : worst(files.map(({ verdict }) => verdict)),
    node: owners[0]?.node ?? null,
    cluster: owners[0]?.cluster ?? null,
    inUse,
    files,
    remarks: strangers.map(
      ({ node, cluster }) =>
        `Some of its files belong to ${node} of cluster "${cluster}": a start refuses that.`,
    ),
  };
}

async function partsOf({ kind, path }: Target, inUse: boolean, looking: Looking): Promise<Part[]> {
  switch (kind) {
    case "data directory":
      return dataDirectory(path, inUse, looking);
    case "log":
    case "segment":
      return [await logPart(path, kind === "log", looking)];
    case "database":
      return [await databasePart(path, basename(path), inUse, looking)];
    case "snapshots":
    case "clocks":
      return each(path, "", kind, looking);
    case "snapshot":
      return [await snapshotPart(path, basename(path), looking)];
    case "clock":
      return [{ reports: [checkClock(path, basename(path))], owner: null }];
  }
}

async function dataDirectory(dir: string, inUse: boolean, looking: Looking): Promise<Part[]> {
  const parts: Part[] = [];
  const has = (name: string) => statSync(join(dir, name), { throwIfNoEntry: false }) !== undefined;
  const reached = reachOfLog(dir, inUse);
  if (has("log") || reached.files > 0)
    parts.push(await logPart(join(dir, "log"), true, looking, reached.files));
  if (has("snapshots"))
    parts.push(...(await each(join(dir, "snapshots"), "snapshots/", "snapshots", looking)));
  if (has("clocks")) parts.push(...(await each(join(dir, "clocks"), "clocks/", "clocks", looking)));
  if (has("node.db"))
    parts.push(await databasePart(join(dir, "node.db"), "node.db", inUse, looking, reached.table));
  return parts;
}

async function logPart(path: string, isDirectory: boolean, looking: Looking, reached = 0): Promise<Part> {
  const pause = async (file: string) => {
    looking.progress(`reading ${file}`);
    await looking.pause();
  };
  try {
    const { scan, owner } = await scanLogFiles(path, isDirectory, pause, reached);
    return { reports: reportsOfLog(scan, "log segment"), owner };
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    return { reports: [unreadable(basename(path), "log segment", error.message)], owner: null };
  }
}

async function each(
  dir: string,
  prefix: string,
  kind: "snapshots" | "clocks",
  looking: Looking,
): Promise<Part[]> {
  const suffix = kind === "snapshots" ? ".snapshot" : ".clock.json";
  const parts: Part[] = [];
  for (const name of readdirSync(dir).toSorted()) {
    if (!name.endsWith(suffix)) continue;
    await looking.pause();
    const path = join(dir, name);
    if (kind === "clocks") parts.push({ reports: [checkClock(path, prefix + name)], owner: null });
    else parts.push(await snapshotPart(path, prefix + name, looking));
  }
  return parts;
}

async function snapshotPart(path: string, file: string, looking: Looking): Promise<Part> {
  looking.progress(`reading the snapshot ${path}`);
  try {
    const { report, owner } = await checkSnapshot(path, file, looking.pause);
    return { reports: [report], owner };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    // A running node drops old ones.
    if (code === "ENOENT") return nothing;
    return { reports: [unreadable(file, "snapshot", `it cannot be read (${code})`)], owner: null };
  }
}

async function databasePart(
  path: string,
  file: string,
  inUse: boolean,
  looking: Looking,
  reached = 0,
): Promise<Part> {
  await looking.pause();
  looking.progress(`reading ${path}`);
  const { report, owner, opened } = checkDatabase(path, file, inUse);
  if (opened === null) return { reports: [report], owner };
  try {
    const tables = owner === null ? [] : await checkTables(opened, owner, looking.pause, reached);
    return { reports: [report, ...tables], owner };
  } catch (error) {
    if (!(error instanceof LogError || error instanceof SnapshotError)) throw error;
    return { reports: [report, unreadable(file, "log table", error.message)], owner };
  } finally {
    opened.close();
  }
}

const unreadable = (file: string, what: FileReport["what"], contents: string): FileReport => ({
  file,
  what,
  verdict: "unknown",
  bytes: 0,
  contents,
  damage: [],
  remarks: [],
});
