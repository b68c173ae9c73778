/**
 * What a path on the command line is: a data directory, or one of the things that lie in one.
 *
 * A file is known by its first bytes. One whose first bytes are not those of any of ours, but whose name is, is taken for
 * ours with a damaged head: that is what a bad sector leaves, and to call it somebody else's file would hide the damage.
 */
import { closeSync, openSync, readdirSync, readSync, type Stats, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { isSegmentName } from "./log-files.ts";

type TargetKind =
  | "data directory"
  | "log"
  | "segment"
  | "database"
  | "snapshots"
  | "snapshot"
  | "clocks"
  | "clock";

export interface Target {
  readonly kind: TargetKind;
  readonly path: string;
  /** The data directory it lies in, as far as its place tells; null when it lies elsewhere. */
  readonly dataDir: string | null;
}

/** The path cannot be told; `message` says why, in one sentence. */
export class TargetError extends Error {}

const snapshotName = /^\d{12}\.snapshot$/;
const clockName = /\.clock\.json$/;
const partsOfDataDir = ["node.db", "log", "snapshots", "clocks"];

/** Throws TargetError. Symbolic links are followed. */
export function targetAt(path: string): Target {
  const found = look(path);
  return found.isDirectory() ? directoryAt(path) : fileAt(path, found);
}

function look(path: string): Stats {
  let found: Stats | undefined;
  try {
    found = statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw unreadable(path, error);
  }
  if (found === undefined) throw new TargetError(`There is nothing at ${path}.`);
  if (found.isDirectory() || found.isFile()) return found;
  throw new TargetError(`${path} is neither a file nor a directory.`);
}

function directoryAt(path: string): Target {
  const names = namesIn(path);
  if (names.some((name) => partsOfDataDir.includes(name))) {
    return { kind: "data directory", path, dataDir: path };
  }
  const dataDir = dataDirAround(path);
  if (names.some((name) => isSegmentName(name))) return { kind: "log", path, dataDir };
  if (names.some((name) => snapshotName.test(name))) return { kind: "snapshots", path, dataDir };
  if (names.some((name) => clockName.test(name))) return { kind: "clocks", path, dataDir };
  throw new TargetError(
    names.length === 0
      ? `The directory ${path} is empty.`
      : `The directory ${path} holds nothing of a node: name a data directory, or its log.`,
  );
}

function fileAt(path: string, { size }: Stats): Target {
  const kind = kindOfContent(path, size) ?? kindOfName(basename(path));
  if (kind === null) {
    throw new TargetError(
      size === 0
        ? `${path} is empty, and its name is none of a node's files.`
        : `${path} is no file of a node: neither a log segment, a snapshot, a clock nor a database.`,
    );
  }
  return { kind, path, dataDir: dataDirAround(kind === "database" ? path : dirname(path)) };
}

/** Log, snapshots and clocks lie one folder down. */
const dataDirAround = (path: string): string | null => {
  const above = dirname(path);
  return namesIn(above).includes("node.db") ? above : null;
};

const heads: readonly (readonly [string, TargetKind])[] = [
  ["SQLite format 3\0", "database"],
  ["LCLOG\r\n", "segment"],
  ["LCSNAP\r\n", "snapshot"],
];

function kindOfContent(path: string, size: number): TargetKind | null {
  if (size === 0) return null;
  const start = firstBytes(path, 16).toString("latin1");
  return heads.find(([head]) => start.startsWith(head))?.[1] ?? null;
}

function kindOfName(name: string): TargetKind | null {
  if (isSegmentName(name)) return "segment";
  if (snapshotName.test(name)) return "snapshot";
  if (clockName.test(name)) return "clock";
  return name === "node.db" ? "database" : null;
}

function firstBytes(path: string, count: number): Buffer {
  try {
    const file = openSync(path, "r");
    try {
      const buffer = Buffer.alloc(count);
      return buffer.subarray(0, readSync(file, buffer, 0, count, 0));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw unreadable(path, error);
  }
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    throw unreadable(dir, error);
  }
}

const unreadable = (path: string, error: unknown) =>
  new TargetError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}).`);
