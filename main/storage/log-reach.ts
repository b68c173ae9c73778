/**
 * How far a log was noted to have reached, for whoever looks at a directory without starting its node: by node.db where
 * the log is in files (./log-witness), by a file beside it where the log is in node.db (./reached-file). Read it before
 * the log: a running node appends first and notes then.
 */
import Database from "better-sqlite3";
import type { Position } from "../../shared/runtime/types.ts";
import { readReached } from "./log-witness.ts";
import { readKinds, type StartKinds } from "./node-kinds.ts";
import { NodeMeta } from "./node-meta.ts";
import { ReachedFile } from "./reached-file.ts";

export interface NotedReach extends StartKinds {
  readonly reached: Position;
}

/** Null where nothing says so. A database that cannot be read is reported by those who look at it. */
export function notedReach(database: Database.Database, dataDir: string): NotedReach | null {
  try {
    const meta = new NodeMeta(database);
    const kinds = readKinds(meta);
    if (kinds === null || kinds.log === "memory") return null;
    const reached = kinds.log === "sqlite" ? new ReachedFile(dataDir).read() : readReached(meta);
    return { ...kinds, reached };
  } catch (error) {
    if (error instanceof Database.SqliteError) return null;
    throw error;
  }
}
