/**
 * How a node learns that its node.db is damaged: SQLite met a page that is not what was written.
 *
 * That is another matter than a record whose checksum is wrong. The records lie in trees whose own pages have no
 * checksums, and writing on to a tree with a broken page breaks more of it. So such a file is written to no more: a start
 * that meets one replaces it whole (./rescue).
 *
 * A page may be met only while the node runs, by a write, and not by the next start, which reads. So it is noted in a
 * file beside the database, and the start that finds the note has SQLite look through everything.
 */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import type Database from "better-sqlite3";
import { databasePath } from "./node-database.ts";
import { NodeStoreError } from "./node-store-error.ts";

export const damageNotePath = (dataDir: string) => `${databasePath(dataDir)}-damaged`;

/** SQLite's own word for it; null when something else is wrong. */
export function databaseDamage(error: unknown): string | null {
  let found: string | null = null;
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = (at as { code?: string }).code ?? "";
    if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB") return at.message;
    if (at instanceof NodeStoreError && at.kind === "damaged") found = at.message;
  }
  return found;
}

/** Does nothing when the error is of another kind, or the disk takes nothing more: then nothing can be noted. */
export function noteDamage(dataDir: string, error: unknown): void {
  const damage = databaseDamage(error);
  if (damage === null) return;
  try {
    writeFileSync(damageNotePath(dataDir), `${damage}\n`, { mode: 0o600 });
  } catch {
    return; // The node ends with a sentence about the damage all the same.
  }
}

/** Throws NodeStoreError "damaged" when it was noted and SQLite finds it; a copy that was put back is sound again. */
export function checkNoted(dataDir: string, database: Database.Database): void {
  if (!existsSync(damageNotePath(dataDir))) return;
  assertWhole(database);
  rmSync(damageNotePath(dataDir), { force: true });
}

/** Throws NodeStoreError "damaged" with the first that SQLite finds wrong in any page. Reads the whole file. */
export function assertWhole(database: Database.Database): void {
  const [first] = database.pragma("integrity_check(1)") as { integrity_check: string }[];
  const found = first?.integrity_check ?? "ok";
  if (found !== "ok") throw new NodeStoreError("damaged", found.replaceAll(/\s+/g, " ").replace(/\.$/, ""));
}
