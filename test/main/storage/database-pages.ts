/** Breaks pages of a node.db, as a bad sector does. */
import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";

const pageBytes = 4_096;

/** Numbers of the pages of a table, from 1, its root first. The store is closed. */
export function pagesOf(dataDir: string, table: string): number[] {
  const database = new Database(join(dataDir, "node.db"), { readonly: true });
  try {
    return database
      .prepare<[string], number>("SELECT pageno FROM dbstat WHERE name = ? ORDER BY path")
      .pluck()
      .all(table);
  } finally {
    database.close();
  }
}

/** Moves the write-ahead log of a node that was killed into the file, as SQLite does from time to time. */
export function takeUpLog(dataDir: string): void {
  const database = new Database(join(dataDir, "node.db"));
  database.pragma("wal_checkpoint(TRUNCATE)");
  database.close();
}

/** Bits in the head of a page of a tree: what lies in it cannot be found any more. */
export function breakPage(dataDir: string, page: number): void {
  const start = (page - 1) * pageBytes + (page === 1 ? 100 : 0);
  edit(dataDir, start, 8, (head) => head.map((byte) => byte ^ 0x55));
}

export function breakHeader(dataDir: string): void {
  edit(dataDir, 0, 8, (head) => head.map((byte) => byte ^ 1));
}

function edit(dataDir: string, at: number, bytes: number, change: (bytes: Buffer) => Uint8Array): void {
  const file = openSync(join(dataDir, "node.db"), "r+");
  try {
    if (at + bytes > fstatSync(file).size) throw new Error(`node.db has no byte ${at + bytes}`);
    const found = Buffer.alloc(bytes);
    readSync(file, found, 0, bytes, at);
    writeSync(file, change(found), 0, bytes, at);
  } finally {
    closeSync(file);
  }
}
