/**
 * Records as they lie in a log, sound or not, for commands and windows. Changes nothing, and works while the node runs.
 *
 * A page of a long segment is asked for by a place in it, also by one that was only guessed. Reading begins a little
 * before, at the first whole transaction that is found there; when none is, at the beginning.
 */
import type Database from "better-sqlite3";
import type { RecordView } from "../../../shared/contract/storage.ts";
import type { Disk } from "../disk/disk.ts";
import { saltFound } from "./reading.ts";
import { ordinalAt, positionAt, RecordReader, type SharedFields, typeAt } from "./record-read.ts";
import { recordType } from "./record.ts";
import { checkHead, readSegment } from "./segment-files.ts";
import { headBytes } from "./segment-head.ts";
import { recordsIn, rowsAfter } from "./sqlite-rows.ts";
import { hasLogTables, logTable, prepareLog } from "./sqlite-tables.ts";
import { headOf } from "./sqlite-scan.ts";
import { Walk } from "./walk.ts";

/** Of a record: within a file or table no two have the same. */
export interface RecordPlace {
  readonly offset: number;
  readonly ordinal: number;
}

export interface RecordPage {
  readonly records: readonly RecordView[];
  /** What to ask for next; null: that was the end. */
  readonly next: RecordPlace | null;
}

const rowLettersMax = 2_000;
/** How far before a place reading begins. */
const runUpBytes = 128 * 1024;

const typeNames = Object.fromEntries(Object.entries(recordType).map(([name, type]) => [type, name]));

const isBehind = (view: RecordView, { offset, ordinal }: RecordPlace) =>
  view.offset > offset || (view.offset === offset && view.ordinal > ordinal);

/** The first `limit` of them. */
export function pageOf(records: Iterable<RecordView>, limit: number): RecordPage {
  const page: RecordView[] = [];
  for (const record of records) {
    const last = page.at(-1);
    if (page.length === limit && last !== undefined) {
      return { records: page, next: { offset: last.offset, ordinal: last.ordinal } };
    }
    page.push(record);
  }
  return { records: page, next: null };
}

/** Records of a segment behind a place. `file`: how they name it. Throws LogError "foreign" or "newer_format". */
export function* segmentRecords(
  disk: Disk,
  path: string,
  file: string,
  after: RecordPlace | null = null,
): Generator<RecordView> {
  const bytes = readSegment(disk, path);
  const head = checkHead(bytes, path, null, null);
  const salt = head?.salt ?? saltFound(bytes) ?? 0;
  const start = startBefore(bytes, salt, after?.offset ?? 0);
  const views = new Views(file);
  if (head === null && start === headBytes)
    yield views.damaged(0, headBytes, 0, "The head of the file is damaged.");
  const walk = new Walk(bytes, salt, start, start === headBytes && head !== null ? head.first - 1 : 0);
  for (let step = walk.step(); step !== "end"; step = walk.step()) {
    if (after !== null && walk.next <= after.offset) continue;
    for (const view of step === "unsound" ? [stretchView(views, walk)] : views.of(walk)) {
      if (after === null || isBehind(view, after)) yield view;
    }
  }
}

function stretchView(views: Views, { at, next, position }: Walk): RecordView {
  return views.damaged(at, next - at, position, "Not what was written.");
}

/** An offset at which a transaction, or a word of the log, begins; none later than `offset`. */
function startBefore(bytes: Buffer, salt: number, offset: number): number {
  const from = Math.min(offset, bytes.length) - runUpBytes;
  if (from <= headBytes) return headBytes;
  const walk = new Walk(bytes, salt, from, 0);
  for (let step = walk.step(); step !== "end" && walk.at <= offset; step = walk.step()) {
    if (step !== "unsound") return walk.at;
  }
  return headBytes;
}

/** Records of a log in SQLite behind a place, the offset of which is a position. Throws LogError. */
export function* tableRecords(
  database: Database.Database,
  after: RecordPlace | null = null,
): Generator<RecordView> {
  if (!hasLogTables(database)) return;
  const salt = headOf(database, null)?.salt ?? 0;
  const views = new Views(logTable);
  for (const row of rowsAfter(prepareLog(database), (after?.offset ?? 0) - 1)) {
    const { position, records } = row;
    if (recordsIn(row, salt) === 0) {
      const view = views.damaged(position, records.length, position, "Not what was written.");
      if (after === null || isBehind(view, after)) yield view;
      continue;
    }
    const walk = new Walk(records, salt, 0, position - 1);
    walk.step();
    for (const view of views.of(walk)) {
      const inTable = { ...view, offset: position };
      if (after === null || isBehind(inTable, after)) yield inTable;
    }
  }
}

/** Makes views of the records that a walk has found. */
class Views {
  readonly #file: string;
  readonly #reader = new RecordReader();

  constructor(file: string) {
    this.#file = file;
  }

  *of({ bytes, at, next }: Walk): Generator<RecordView> {
    const type = typeAt(bytes, at);
    const isWord = type === recordType.versions || type === recordType.seal;
    const shared = isWord ? null : this.#reader.shared(bytes, at);
    for (let record = at; record < next; record += lengthAt(bytes, record)) {
      yield isWord ? this.#word(bytes, record) : this.#mutation(bytes, record, shared!);
    }
  }

  damaged(offset: number, bytes: number, position: number, problem: string): RecordView {
    return { ...empty, file: this.#file, offset, bytes, position, type: "damaged", problem };
  }

  #word(bytes: Buffer, at: number): RecordView {
    const isVersions = typeAt(bytes, at) === recordType.versions;
    return {
      ...this.#place(bytes, at),
      row: isVersions ? JSON.stringify(this.#reader.versions(bytes, at)) : "",
    };
  }

  #mutation(bytes: Buffer, at: number, { at: time, clock }: SharedFields): RecordView {
    const place = { ...this.#place(bytes, at), clock, at: time };
    if (typeAt(bytes, at) === recordType.empty) return place;
    const { module, table, key, row, from } = this.#reader.mutation(bytes, at);
    const text = row === undefined ? "" : JSON.stringify(row);
    return {
      ...place,
      module,
      table,
      key,
      row: text.length > rowLettersMax ? `${text.slice(0, rowLettersMax)}…` : text,
      origin: from?.origin ?? null,
      replicas: [...(from?.replicas ?? [])],
      term: from?.term ?? 0,
      index: from?.index ?? 0,
    };
  }

  #place(bytes: Buffer, at: number): RecordView {
    return {
      ...empty,
      file: this.#file,
      offset: at,
      bytes: lengthAt(bytes, at),
      position: positionAt(bytes, at),
      ordinal: ordinalAt(bytes, at),
      type: typeNames[typeAt(bytes, at)]!,
    };
  }
}

const lengthAt = (bytes: Buffer, at: number) => bytes.readUInt32LE(at + 4);

const empty: RecordView = {
  file: "",
  offset: 0,
  bytes: 0,
  position: 0,
  ordinal: 0,
  type: "",
  module: "",
  table: "",
  key: "",
  row: "",
  clock: {},
  at: 0,
  origin: null,
  replicas: [],
  term: 0,
  index: 0,
  problem: null,
};
