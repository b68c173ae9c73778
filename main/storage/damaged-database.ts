/**
 * What SQLite can still read of a damaged node.db, asked piece by piece: what one question cannot answer, the next may.
 * The file is opened for reading only and stays as it is.
 */
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import Database from "better-sqlite3";
import { merge, type VectorClock } from "../../shared/clock/vector-clock.ts";
import type { NodeId } from "../../shared/ids.ts";
import { decodeStoredClock, type StoredClock } from "./clocks/stored-clock.ts";
import {
  applicationId,
  checkFormat,
  checkOwner,
  databasePath,
  nodeFormatVersion,
  type Owner,
} from "./node-database.ts";
import type { StartKinds } from "./node-kinds.ts";
import { NodeStoreError } from "./node-store-error.ts";
import { NodeTrace } from "./node-trace.ts";

const pageBytes = 4_096;
/** Of the identification in the first page of a database. */
const applicationIdAt = 68;
const walMagic = ["377f0682", "377f0683"];
/** No node stamps so much: what a trace without checksums says beyond it is damage. */
const counterMax = 2 ** 48;

export class DamagedDatabase {
  /** Null: not even its first page can be read. */
  readonly database: Database.Database | null;
  readonly #owner: Owner;

  /** Throws NodeStoreError: "foreign" when nothing says that it is a node's, and when it is another's. */
  constructor(owner: Owner) {
    this.#owner = owner;
    const path = databasePath(owner.dataDir);
    this.database = openToRead(path);
    try {
      if (this.database === null) assertOurs(path);
      this.#ask(checkFormat);
      this.#ask((database) => checkOwner(database, owner));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Of a format in which there was no log: nothing here reads what there is. */
  get isOld(): boolean {
    const format = this.#ask((database) => database.pragma("user_version", { simple: true }) as number);
    return format !== undefined && format > 0 && format < nodeFormatVersion;
  }

  /** What a node must know before it knows anything else. */
  get meta(): ReadonlyMap<string, string> {
    const rows = this.#ask((database) =>
      database.prepare<[], { name: string; value: string }>("SELECT name, value FROM meta").all(),
    );
    return new Map((rows ?? []).map(({ name, value }) => [name, value]));
  }

  get kinds(): StartKinds | null {
    const text = this.meta.get("kinds");
    if (text === undefined) return null;
    try {
      return JSON.parse(text) as StartKinds;
    } catch {
      return null; // A bit of it flipped: nothing says which kinds they were.
    }
  }

  /** All that the node is known to have stamped: by its clock, where that passes its checksum, and by its trace. */
  get clock(): VectorClock {
    const { node } = this.#owner;
    const saved = this.#ask((database) => savedClock(database, node));
    const traced = this.#ask((database) => new NodeTrace(database, node, {}).newestClock())?.[node];
    const isPlausible = Number.isSafeInteger(traced) && traced! > 0 && traced! < counterMax;
    return merge(saved ?? {}, isPlausible ? { [node]: traced! } : {});
  }

  close(): void {
    this.database?.close();
  }

  /** Undefined: it lies where SQLite cannot read, or is not there. */
  #ask<Result>(question: (database: Database.Database) => Result): Result | undefined {
    if (this.database === null) return undefined;
    try {
      return question(this.database);
    } catch (error) {
      if (error instanceof NodeStoreError) throw error;
      return undefined;
    }
  }
}

function openToRead(path: string): Database.Database | null {
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { readonly: true, fileMustExist: true, timeout: 1_000 });
    database.prepare("SELECT count(*) FROM sqlite_schema").get();
    return database;
  } catch {
    database?.close();
    return null;
  }
}

function savedClock(database: Database.Database, node: NodeId): VectorClock | null {
  const row = database
    .prepare<[string], { counters: StoredClock }>("SELECT counters FROM clock WHERE node = ?")
    .get(node);
  if (row === undefined) return null;
  const decoded = decodeStoredClock(row.counters);
  return "clock" in decoded ? decoded.clock : null;
}

/**
 * Whether it once was a node's database, of which SQLite reads nothing: by what is left of its first page, or by the log
 * beside it. Throws NodeStoreError "foreign" where it may be anything: somebody's notes are not to be taken away.
 */
function assertOurs(path: string): void {
  const page = startOf(path, pageBytes);
  const isNamed = page.length > applicationIdAt + 4 && page.readUInt32BE(applicationIdAt) === applicationId;
  const hasSchema = page.includes("CREATE TABLE trace");
  const isBlank = page.length === pageBytes && page.every((byte) => byte === 0);
  const isLogged = existsSync(`${path}-wal`) && walMagic.includes(startOf(`${path}-wal`, 4).toString("hex"));
  if (isNamed || hasSchema || isBlank || isLogged) return;
  throw new NodeStoreError(
    "foreign",
    `${path} is not a SQLite database; move it away or choose another --data-dir.`,
  );
}

function startOf(path: string, bytes: number): Buffer {
  const file = openSync(path, "r");
  try {
    const start = Buffer.alloc(bytes);
    return start.subarray(0, readSync(file, start, 0, bytes, 0));
  } finally {
    closeSync(file);
  }
}
