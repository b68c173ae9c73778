/**
 * A session is one SQLite file: every event of every lane in the order the lab learned of it, readable by anyone with
 * sqlite3.
 *
 * While it is recorded it is in WAL mode, so that a batch costs no fsync and a crash of the lab loses at most the batch
 * being collected; at the end it is folded into a single file. Files come from other people too, so a file is believed
 * only after it was checked: an SQLite file, whole, of our tables, of a version we read, without triggers or views.
 *
 * Guarantee: `id` runs 1, 2, 3 … without gaps, in the order of recording.
 */
import { closeSync, openSync, readSync, renameSync, rmSync, statSync } from "node:fs";
import { basename } from "node:path";
import Database from "better-sqlite3";
import { LabError } from "../../shared/contract/errors.ts";
import type { SessionInfo } from "../../shared/contract/state.ts";
import { isNodeId } from "../../shared/ids.ts";
import {
  eventTypes,
  operations,
  type RecordedEvent,
  type TraceEvent,
  traceVersion,
} from "../../shared/trace/event.ts";

const columns = [
  "id",
  "node",
  "life",
  "seq",
  "at",
  "type",
  "op",
  "name",
  "clock",
  "message",
  "peer",
  "key",
  "request",
  "detail",
] as const;

const schema = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    node TEXT NOT NULL,
    life INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at REAL NOT NULL,
    type TEXT NOT NULL,
    op TEXT NOT NULL,
    name TEXT NOT NULL,
    clock TEXT,
    message TEXT,
    peer TEXT,
    key TEXT,
    request TEXT,
    detail TEXT,
    UNIQUE (node, life, seq)
  );
`;

export interface SessionMeta {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  /** The version of Lightcone that recorded it. */
  readonly recordedBy: string;
}

interface Row {
  id: number;
  node: string;
  life: number;
  seq: number;
  at: number;
  type: string;
  op: string;
  name: string;
  clock: string | null;
  message: string | null;
  peer: string | null;
  key: string | null;
  request: string | null;
  detail: string | null;
}

/** The last moment a JavaScript date can name. */
const timeMsMax = 8.64e15;

const bad = (path: string, why: string) =>
  new LabError("bad_session_file", `${basename(path)} cannot be opened as a session: ${why}.`);

export class SessionFile {
  readonly path: string;
  readonly meta: SessionMeta;
  readonly #db: Database.Database;
  readonly #insert: Database.Statement;
  readonly #page: Database.Statement<[number, number], Row>;
  #last: number;

  constructor(path: string, db: Database.Database, meta: SessionMeta) {
    this.path = path;
    this.meta = meta;
    this.#db = db;
    this.#insert = db.prepare(`INSERT INTO events VALUES (${columns.map(() => "?").join(", ")})`);
    this.#page = db.prepare("SELECT * FROM events WHERE id > ? ORDER BY id LIMIT ?");
    this.#last = db.prepare("SELECT coalesce(max(id), 0) FROM events").pluck().get() as number;
  }

  /** A new, empty session, ready to be recorded into. */
  static create(path: string, meta: SessionMeta): SessionFile {
    const db = new Database(path);
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = NORMAL");
    db.exec(schema);
    writeMeta(db, { version: String(traceVersion), ...meta, createdAt: String(meta.createdAt) });
    return new SessionFile(path, db, meta);
  }

  /** Opens what was recorded. With `check`, the whole file is proved first; throws LabError saying what is wrong. */
  static open(path: string, check: boolean): SessionFile {
    if (!hasSqliteHeader(path)) throw bad(path, "it is not an SQLite file");
    let db: Database.Database | undefined;
    try {
      db = new Database(path, { fileMustExist: true });
      db.pragma("trusted_schema = OFF");
      const meta = readMeta(path, db);
      if (check) prove(path, db);
      return new SessionFile(path, db, meta);
    } catch (error) {
      db?.close();
      if (error instanceof LabError) throw error;
      throw bad(path, "it is damaged or cut short");
    }
  }

  get last(): number {
    return this.#last;
  }

  info(recording: boolean): SessionInfo {
    const pages = this.#db.pragma("page_count", { simple: true }) as number;
    const pageBytes = this.#db.pragma("page_size", { simple: true }) as number;
    const { id, name, createdAt } = this.meta;
    return { id, name, path: this.path, createdAt, events: this.#last, bytes: pages * pageBytes, recording };
  }

  /** Writes all of them in one transaction, or none, and returns them with their ids. */
  append(events: readonly TraceEvent[]): RecordedEvent[] {
    const recorded: RecordedEvent[] = [];
    let id = this.#last;
    this.#db.exec("BEGIN");
    try {
      for (const event of events) {
        id += 1;
        this.#insert.run(
          id,
          event.node,
          event.life,
          event.seq,
          event.at,
          event.type,
          event.op,
          event.name,
          event.clock === null ? null : JSON.stringify(event.clock),
          event.message ?? null,
          event.peer ?? null,
          event.key ?? null,
          event.request ?? null,
          event.detail === undefined ? null : JSON.stringify(event.detail),
        );
        recorded.push({ id, ...event });
      }
      this.#db.exec("COMMIT");
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
    this.#last = id;
    return recorded;
  }

  /** Events with an id above `after`, in the order of id. */
  page(after: number, limit: number): RecordedEvent[] {
    try {
      return this.#page.all(after, limit).map(eventOf);
    } catch {
      throw bad(this.path, `the events after number ${after} are damaged`);
    }
  }

  /** A whole copy as one file, made page by page so that recording goes on. `path` appears complete or not at all. */
  async copyTo(path: string, meta: SessionMeta): Promise<void> {
    const unfinished = `${path}.part`;
    try {
      rmSync(unfinished, { force: true });
      await this.#db.backup(unfinished);
      const copy = new Database(unfinished);
      writeMeta(copy, { id: meta.id, name: meta.name });
      copy.pragma("journal_mode = DELETE");
      copy.close();
      renameSync(unfinished, path);
    } finally {
      rmSync(unfinished, { force: true });
    }
  }

  /**
   * Folds the write-ahead log in, so that what stays is one file. Where that cannot be (somebody else has it open, the
   * disk is full) the log stays beside the file, and both together are as good.
   */
  close(): void {
    if (!this.#db.open) return;
    try {
      this.#db.pragma("busy_timeout = 0");
      this.#db.pragma("journal_mode = DELETE");
    } catch (error) {
      if (!(error instanceof Database.SqliteError)) throw error;
    } finally {
      this.#db.close();
    }
  }
}

function hasSqliteHeader(path: string): boolean {
  const header = Buffer.alloc(16);
  let file: number | undefined;
  try {
    if (!statSync(path).isFile()) return false;
    file = openSync(path, "r");
    readSync(file, header, 0, header.length, 0);
  } catch (error) {
    throw bad(path, `it cannot be read (${(error as Error).message})`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
  return header.toString("latin1") === "SQLite format 3\0";
}

function writeMeta(db: Database.Database, meta: Readonly<Record<string, string>>): void {
  const put = db.prepare("INSERT OR REPLACE INTO meta VALUES (?, ?)");
  for (const [key, value] of Object.entries(meta)) put.run(key, value);
}

function readMeta(path: string, db: Database.Database): SessionMeta {
  const tables = db.prepare("SELECT type, name, sql FROM sqlite_schema").all() as {
    type: string;
    name: string;
    sql: string | null;
  }[];
  const isTable = (name: string) =>
    tables.some((entry) => entry.name === name && /^CREATE TABLE/i.test(entry.sql ?? ""));
  if (!isTable("meta") || !isTable("events")) throw bad(path, "it holds no session");
  if (tables.some((entry) => entry.type === "trigger" || entry.type === "view")) {
    throw bad(path, "it holds triggers or views, which no session has");
  }
  const rows = db.prepare("SELECT key, value FROM meta LIMIT 100").raw().all() as [unknown, unknown][];
  const meta = new Map(rows.map(([key, value]) => [String(key), String(value)]));
  const version = Number(meta.get("version"));
  if (!Number.isInteger(version) || version < 1) throw bad(path, "it does not say which version wrote it");
  if (version > traceVersion) {
    throw new LabError(
      "newer_version",
      `${basename(path)} was recorded by a newer Lightcone (format ${version}, this one reads ${traceVersion}): open it with that one.`,
    );
  }
  const found = new Set((db.pragma("table_info(events)") as { name: string }[]).map((column) => column.name));
  const missing = columns.filter((column) => !found.has(column));
  if (missing.length > 0) throw bad(path, `its table of events lacks ${missing.join(", ")}`);
  const createdAt = Number(meta.get("createdAt"));
  return {
    id: meta.get("id") ?? "",
    name: meta.get("name") ?? basename(path),
    createdAt: Math.abs(createdAt) <= timeMsMax ? createdAt : 0,
    recordedBy: meta.get("recordedBy") ?? "",
  };
}

const quoted = (names: readonly string[]) => names.map((name) => `'${name}'`).join(", ");

/** Every page readable, every row an event. Takes about a second for a million events. */
function prove(path: string, db: Database.Database): void {
  if (db.pragma("quick_check(1)", { simple: true }) !== "ok") throw bad(path, "it is damaged or cut short");
  const strange = db
    .prepare<[], number>(
      `SELECT id FROM events WHERE typeof(node) <> 'text' OR typeof(life) <> 'integer' OR typeof(seq) <> 'integer'
       OR typeof(at) NOT IN ('real', 'integer') OR abs(at) > ${timeMsMax} OR type NOT IN (${quoted(eventTypes)})
       OR op NOT IN (${quoted(operations)}) OR typeof(name) <> 'text'
       OR ${["message", "peer", "key", "request"].map((name) => `typeof(${name}) NOT IN ('text', 'null')`).join(" OR ")}
       OR ${isNoObject("clock")} OR ${isNoObject("detail")} LIMIT 1`,
    )
    .pluck()
    .get();
  if (strange !== undefined) throw bad(path, `row ${strange} is not an event this version knows`);
  const ids = db
    .prepare("SELECT count(*), coalesce(min(id), 1), coalesce(max(id), 0) FROM events")
    .raw()
    .get();
  const [count, first, last] = ids as [number, number, number];
  if (first !== 1 || last !== count) throw bad(path, "its events are not numbered 1, 2, 3 …");
  const names = db.prepare<[], string>("SELECT DISTINCT node FROM events").pluck().all();
  const nameless = names.find((name) => !isNodeId(name));
  if (nameless !== undefined) throw bad(path, `"${nameless}" is no name of a node`);
}

const isNoObject = (column: string) =>
  `CASE WHEN ${column} IS NULL THEN 0 WHEN json_valid(${column}) THEN json_type(${column}) <> 'object' ELSE 1 END`;

function eventOf(row: Row): RecordedEvent {
  return {
    id: row.id,
    node: row.node,
    life: row.life,
    seq: row.seq,
    at: row.at,
    type: row.type,
    op: row.op,
    name: row.name,
    clock: row.clock === null ? null : (JSON.parse(row.clock) as unknown),
    ...(row.message !== null && { message: row.message }),
    ...(row.peer !== null && { peer: row.peer }),
    ...(row.key !== null && { key: row.key }),
    ...(row.request !== null && { request: row.request }),
    ...(row.detail !== null && { detail: JSON.parse(row.detail) as unknown }),
  } as RecordedEvent;
}
