/**
 * Snapshots as rows of a node's database.
 *
 * Frames are committed one by one, between the node's own commits and without a flush, so that no commit of the node
 * waits for more than one of them. Last, one commit that is flushed marks the snapshot complete: SQLite's write-ahead log
 * keeps commits in order, so the frames are durable when the mark is. What has no mark when the store is opened is what a
 * crash left, and is removed.
 *
 * The write-ahead log is shared with whatever else is in the database. After a failed write or flush it may have a hole,
 * behind which nothing can be promised to anybody (P33): whoever owns the database is told by `onBroken`, and must stop.
 */
import { basename } from "node:path";
import type Database from "better-sqlite3";
import type { Disk } from "../disk/disk.ts";
import type { LogOwner } from "../log/transaction-log.ts";
import {
  type Bytes,
  cannot,
  closed,
  FramedWriter,
  infoOf,
  missing,
  type Place,
  snapshotOf,
} from "./framed.ts";
import type { Foot } from "./frames.ts";
import {
  type DamagedSnapshot,
  type Snapshot,
  SnapshotError,
  type SnapshotHead,
  type SnapshotInfo,
  type SnapshotStore,
  type SnapshotWriter,
} from "./snapshot-store.ts";

export interface SqliteSnapshotOptions {
  /** In WAL mode; it stays the caller's, who closes it. */
  readonly database: Database.Database;
  readonly owner: LogOwner;
  /** Its faults hold here too. */
  readonly disk?: Pick<Disk, "gate">;
  /** After this, no commit to the database may be acknowledged any more. */
  readonly onBroken?: (error: unknown) => void;
  /** To look at a database of another process: leftovers stay. */
  readonly readOnly?: boolean;
}

/** `at`: of the frame's first byte in the snapshot. */
const schema = `
CREATE TABLE IF NOT EXISTS snapshots (
  id INTEGER PRIMARY KEY, position INTEGER NOT NULL, state TEXT NOT NULL, bytes INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS snapshot_frames (
  snapshot INTEGER NOT NULL, at INTEGER NOT NULL, frame BLOB NOT NULL, PRIMARY KEY (snapshot, at)
) WITHOUT ROWID;
`;

interface Found {
  readonly id: number;
  readonly position: number;
  readonly bytes: number;
}

const normal = 1;
const full = 2;

export class SqliteSnapshotStore implements SnapshotStore {
  readonly #options: SqliteSnapshotOptions;
  readonly #isThere: boolean;
  #writer: SnapshotWriter | null = null;
  #isClosed = false;

  /** Throws SnapshotError "foreign", "newer_format" or "io", with no snapshot changed. */
  constructor(options: SqliteSnapshotOptions) {
    this.#options = options;
    const { database, readOnly } = options;
    if (readOnly !== true) this.#write("The tables of snapshots cannot be made", () => database.exec(schema));
    this.#isThere =
      database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'snapshot_frames'").get() !== undefined;
    this.#look();
    if (readOnly !== true)
      this.#write("Unfinished snapshots cannot be removed", () => this.#remove("state = 'writing'"));
  }

  begin(head: SnapshotHead): SnapshotWriter {
    this.#assertOpen();
    this.#writer?.abandon();
    const { database, owner } = this.#options;
    const name = this.#nameOf(head.position);
    const { lastInsertRowid } = this.#write(`The snapshot ${name} cannot be written`, () =>
      database.prepare("INSERT INTO snapshots (position, state) VALUES (?, 'writing')").run(head.position),
    );
    const place = this.#place(name, Number(lastInsertRowid), head.position);
    return (this.#writer = new FramedWriter(place, owner, head));
  }

  list(): readonly SnapshotInfo[] {
    this.#assertOpen();
    return this.#look().sound;
  }

  damaged(): readonly DamagedSnapshot[] {
    this.#assertOpen();
    return this.#look().damaged;
  }

  open(position: number): Snapshot {
    this.#assertOpen();
    const found = this.#complete().find((one) => one.position === position);
    if (found === undefined) throw missing(String(position));
    const bytes = this.#bytes(found);
    return snapshotOf(infoOf(bytes, this.#options.owner), () => ({ ...bytes, close: () => {} }));
  }

  prune(count: number): void {
    const oldest = this.list()[count - 1];
    if (oldest === undefined && count > 0) return;
    const damaged = new Set(this.damaged().map(({ name }) => name));
    const old = this.#complete().filter(
      ({ position }) =>
        (oldest === undefined || position < oldest.position) && !damaged.has(this.#nameOf(position)),
    );
    if (old.length === 0) return;
    this.#write("Old snapshots cannot be removed", () => {
      this.#remove(`id IN (${old.map(({ id }) => id).join()})`);
    });
  }

  setAside(name: string): string {
    this.#assertOpen();
    const found = this.#complete().find(({ position }) => this.#nameOf(position) === name);
    if (found === undefined) throw missing(name);
    const { database, disk } = this.#options;
    this.#write(
      `The snapshot ${name} cannot be set aside`,
      () => {
        disk?.gate("sync", database.name);
        database.prepare("UPDATE snapshots SET state = 'set aside' WHERE id = ?").run(found.id);
      },
      full,
    );
    return `${name} (set aside, number ${found.id})`;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#writer?.abandon();
    this.#isClosed = true;
  }

  #complete(): Found[] {
    if (!this.#isThere) return [];
    const { database } = this.#options;
    try {
      return database
        .prepare<[], Found>(
          "SELECT id, position, bytes FROM snapshots WHERE state = 'complete' ORDER BY position DESC",
        )
        .all();
    } catch (error) {
      throw cannot("The snapshots cannot be read", error);
    }
  }

  /** Both ends of every snapshot. */
  #look(): { sound: SnapshotInfo[]; damaged: DamagedSnapshot[] } {
    const sound: SnapshotInfo[] = [];
    const damaged: DamagedSnapshot[] = [];
    for (const found of this.#complete()) {
      const name = this.#nameOf(found.position);
      try {
        sound.push(infoOf(this.#bytes(found), this.#options.owner));
      } catch (error) {
        if (!(error instanceof SnapshotError) || error.kind !== "damaged") throw error;
        damaged.push({ name, message: error.message });
      }
    }
    return { sound, damaged };
  }

  #bytes({ id, position, bytes }: Found): Bytes {
    const frames = this.#options.database.prepare<[number, number], { at: number; frame: Buffer }>(
      "SELECT at, frame FROM snapshot_frames WHERE snapshot = ? AND at <= ? ORDER BY at DESC LIMIT 1",
    );
    // A frame is asked for in pieces: its head, then the rest.
    let last: { at: number; frame: Buffer } | undefined;
    const read = (offset: number, length: number): Buffer => {
      if (last === undefined || offset < last.at || offset >= last.at + last.frame.length)
        last = frames.get(id, offset);
      return last?.frame.subarray(offset - last.at, offset - last.at + length) ?? Buffer.alloc(0);
    };
    return { name: this.#nameOf(position), size: bytes, read };
  }

  #place(name: string, id: number, position: number): Place {
    const { database, disk } = this.#options;
    const put = database.prepare("INSERT INTO snapshot_frames (snapshot, at, frame) VALUES (?, ?, ?)");
    let end = 0;
    const mark = database.transaction(({ bytes }: Foot) => {
      this.#remove(`state = 'complete' AND position = ${position}`);
      database.prepare("UPDATE snapshots SET state = 'complete', bytes = ? WHERE id = ?").run(bytes, id);
    });
    const sentence = `The snapshot ${name} cannot be written`;
    return {
      name,
      write: (frame) => {
        this.#write(sentence, () => {
          disk?.gate("write", database.name);
          put.run(id, end, frame);
        });
        end += frame.length;
      },
      finish: (foot) =>
        this.#write(
          sentence,
          () => {
            disk?.gate("sync", database.name);
            mark(foot);
          },
          full,
        ),
      abandon: () => {
        try {
          this.#remove(`id = ${id}`);
        } catch {
          return; // A full or failing disk keeps an unfinished snapshot, which the next start removes.
        }
      },
    };
  }

  #remove(which: string): void {
    const { database } = this.#options;
    database.transaction(() => {
      database.exec(
        `DELETE FROM snapshot_frames WHERE snapshot IN (SELECT id FROM snapshots WHERE ${which})`,
      );
      database.exec(`DELETE FROM snapshots WHERE ${which}`);
    })();
  }

  /** Commits at this level of durability; the caller's is as it was on return. */
  #write<Result>(sentence: string, action: () => Result, level = normal): Result {
    const { database, onBroken } = this.#options;
    if (database.inTransaction)
      throw new Error("a snapshot was to be written inside somebody else's transaction");
    const before = database.pragma("synchronous", { simple: true }) as number;
    try {
      if (before !== level) database.exec(`PRAGMA synchronous = ${level}`);
      return action();
    } catch (error) {
      if (mayHaveBroken(error)) onBroken?.(error);
      throw cannot(sentence, error);
    } finally {
      if (before !== level && database.open) database.exec(`PRAGMA synchronous = ${before}`);
    }
  }

  #nameOf(position: number): string {
    return `${basename(this.#options.database.name)}/snapshots/${String(position).padStart(12, "0")}`;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw closed();
  }
}

/** A full disk refuses before anything is written; whatever else went wrong, nobody knows how far it got, or will. */
function mayHaveBroken(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return code.startsWith("SQLITE_IOERR") || code.startsWith("SQLITE_CORRUPT") || code === "EIO";
}
