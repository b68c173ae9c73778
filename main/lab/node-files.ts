/** What the lab does with the files of a node that is not running. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { LabError } from "../../shared/contract/errors.ts";
import { asNodeId } from "../../shared/ids.ts";
import { FileClockStore } from "../storage/clocks/file-clock-store.ts";
import { databasePath, openNodeDatabaseForReading } from "../storage/node-database.ts";
import { NodeStoreError } from "../storage/node-store-error.ts";
import { SqliteClockStore } from "../storage/clocks/sqlite-clock-store.ts";

/** The last life the node began; null when it never began one, or its database is damaged and cannot tell. */
export function newestLife(dataDir: string): number | null {
  let database: Database.Database | null = null;
  try {
    database = openNodeDatabaseForReading(dataDir);
    if (database === null) return null;
    const isMade = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get() !== undefined;
    const life = isMade
      ? database.prepare("SELECT value FROM meta WHERE name = 'life'").pluck().get()
      : undefined;
    return life === undefined ? null : Number(life);
  } catch (error) {
    if (error instanceof NodeStoreError || error instanceof Database.SqliteError) return null;
    throw error;
  } finally {
    database?.close();
  }
}

/** The node starts next without its clock, whichever store it is started with; its data stays. */
export function loseClock(node: string, dataDir: string): void {
  if (existsSync(databasePath(dataDir))) {
    const database = new Database(databasePath(dataDir));
    try {
      new SqliteClockStore(database).delete(asNodeId(node));
    } finally {
      database.close();
    }
  }
  const clocks = join(dataDir, "clocks");
  if (!existsSync(clocks)) return;
  const store = new FileClockStore(clocks);
  try {
    store.delete(asNodeId(node));
  } finally {
    store.close();
  }
}

export function wipe(dataDir: string): void {
  try {
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    throw new LabError(
      "refused",
      `${dataDir} could not be deleted (${(error as Error).message}): delete it by hand.`,
    );
  }
}
