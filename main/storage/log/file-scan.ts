/**
 * Reads the segments of a log one after the other and says what is sound and what is not, with nothing changed.
 *
 * The log may be in use: a segment that is made or dropped meanwhile, and a record that is half written while its bytes
 * are read, are no damage. What looks wrong in the newest segment is therefore read again until it stays the same.
 */
import { basename, join } from "node:path";
import type { Committed, Position, SchemaVersions } from "../../../shared/runtime/types.ts";
import type { Disk } from "../disk/disk.ts";
import {
  badHead,
  type FoundDamage,
  misfit,
  missingSegments,
  missingStart,
  noLog,
  tooShort,
  tornTail,
  truncated,
  unsealed,
  unsound,
} from "./damage.ts";
import { readRecords, type Reading, saltFound, tornStretch, transactionsIn } from "./reading.ts";
import { RecordReader } from "./record-read.ts";
import { checkHead, readSegment, segmentFile, segmentName, segmentNumbers } from "./segment-files.ts";
import { headBytes, type SegmentHead } from "./segment-head.ts";
import { LogError, type LogOwner, type LogScan, type SegmentInfo } from "./transaction-log.ts";
import { Walk } from "./walk.ts";

/** A segment by its name and head. */
export interface SegmentPlace {
  readonly number: number;
  readonly path: string;
  /** Null: damaged. */
  readonly head: SegmentHead | null;
}

/** The newest segment, and where the log goes on in it. */
export interface LogEnd {
  readonly place: SegmentPlace;
  /** Behind the last whole transaction. */
  readonly at: number;
  /** Behind the last transaction of which a later one says that it was flushed. */
  readonly flushed: number;
  /** Behind the last byte that is not zero: a torn tail lies between when that is further on. */
  readonly dataEnd: number;
  readonly sealed: boolean;
  readonly versions: SchemaVersions | null;
}

export interface FileScan extends LogScan {
  readonly places: readonly SegmentPlace[];
  /** Null: there are no segments. */
  readonly end: LogEnd | null;
}

export interface ScanOptions {
  readonly disk: Disk;
  readonly dir: string;
  /** Null: whoever's it is. */
  readonly owner: LogOwner | null;
  /** Null: all there is. */
  readonly after: Position | null;
  /** Up to here the log was durable once, says somebody else (../log-witness). */
  readonly reached?: Position;
}

const rereadsMax = 50;
const relistsMax = 20;

/** Throws LogError "foreign", "newer_format" or "io". */
export function scanFiles(options: ScanOptions): FileScan {
  const steps = scanSteps(options);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** A segment that was just read. */
interface ReadSegment {
  readonly file: string;
  /** The sound transactions after the position the scan began at. */
  transactions(): Iterable<Committed>;
}

/** For a log that nobody else uses: gives what it finds as it is met. Throws LogError as `scanFiles` does. */
export function* scanFilesThrough(options: ScanOptions): Generator<Committed, FileScan> {
  try {
    const steps = new Scanner(options).scan();
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      yield* step.value.transactions();
    }
  } catch (error) {
    throw error instanceof LogError ? error : cannotRead(options.dir, error);
  }
}

/** `scanFiles` with a rest behind each segment. */
export function* scanSteps(options: ScanOptions): Generator<ReadSegment, FileScan> {
  for (let left = relistsMax; ; left--) {
    try {
      return yield* new Scanner(options).scan();
    } catch (error) {
      if (error instanceof LogError) throw error;
      // Dropped since the directory was read.
      if (left > 0 && (error as NodeJS.ErrnoException).code === "ENOENT") continue;
      throw cannotRead(options.dir, error);
    }
  }
}

export function cannotRead(path: string, error: unknown): LogError {
  return new LogError(
    "io",
    `The transaction log in ${path} cannot be read; check the disk and its permissions. (${String(error)})`,
    [],
    error,
  );
}

/** Reads the heads alone. */
export function segmentPlaces({ disk, dir, owner }: ScanOptions): SegmentPlace[] {
  return segmentNumbers(disk, dir).map((number) => {
    const path = join(dir, segmentName(number));
    return { number, path, head: checkHead(readSegment(disk, path, headBytes), path, number, owner) };
  });
}

/** Index of the segment in which the one after this position should be; of the first when none can be older. */
function segmentWith(places: readonly SegmentPlace[], after: Position): number {
  return Math.max(
    0,
    places.findLastIndex(({ head }) => head !== null && head.first <= after + 1),
  );
}

/** What `sound` reads again. */
interface ReadPart {
  readonly place: SegmentPlace;
  readonly salt: number;
  readonly after: Position;
  readonly versions: SchemaVersions | null;
  /** Offset behind which nothing is taken. */
  readonly end: number;
}

interface SegmentReading {
  readonly bytes: Buffer;
  readonly salt: number;
  /** Position of the transaction before its first. */
  readonly from: Position;
  readonly reading: Reading;
}

class Scanner {
  readonly #options: ScanOptions;
  readonly #places: readonly SegmentPlace[];
  readonly #damage: FoundDamage[] = [];
  readonly #segments: SegmentInfo[] = [];
  readonly #parts: ReadPart[] = [];
  readonly #reader = new RecordReader();
  #position: Position;
  #versions: SchemaVersions | null = null;
  #end: LogEnd | null = null;

  constructor(options: ScanOptions) {
    this.#options = options;
    this.#places = segmentPlaces(options);
    this.#position = options.after ?? 0;
  }

  *scan(): Generator<ReadSegment, FileScan> {
    const after = this.#options.after ?? -1;
    const places = this.#places;
    const start = segmentWith(places, after);
    const first = places[start]?.head?.first;
    if (first !== undefined) {
      if (after >= 0 && first > after + 1)
        this.#damage.push(missingStart(segmentFile(places[start]!.number), first, after));
      this.#position = first - 1;
    }
    for (let index = 0; index < places.length; index++) {
      if (index < start) {
        this.#unread(index);
        continue;
      }
      yield this.#segment(index, index === start);
    }
    this.#fallsShort();
    return {
      places,
      segments: this.#segments,
      // What nobody asked for may be lost.
      damage: this.#damage.filter(
        ({ kind, before }) => kind === "bad-header" || before === null || before > after + 1,
      ),
      first: this.#segments[0]?.first ?? this.#position + 1,
      last: this.#position,
      end: this.#end,
      sound: () => soundOf(this.#options.disk, this.#parts, after),
    };
  }

  /** What was durable once and is neither here nor where the scan was told to begin. */
  #fallsShort(): void {
    const { reached = 0, after } = this.#options;
    const last = Math.max(this.#position, after ?? 0);
    if (reached <= last) return;
    const open = this.#damage.filter(({ kind, before }) => kind !== "torn-tail" && before === null);
    for (const damage of open) damage.before = reached + 1;
    if (open.length > 0) return;
    const end = this.#end;
    this.#damage.push(
      end === null
        ? noLog(basename(this.#options.dir), last, reached)
        : tooShort(segmentFile(end.place.number), end.at, last, reached),
    );
  }

  #unread(index: number): void {
    const { number, head } = this.#places[index]!;
    const next = this.#places[index + 1]!.head;
    this.#segments.push({
      file: segmentFile(number),
      bytes: head?.bytes ?? 0,
      first: head?.first ?? 0,
      last: next === null ? 0 : next.first - 1,
      records: 0,
      sealed: true,
    });
  }

  #segment(index: number, isStart: boolean): ReadSegment {
    const place = this.#places[index]!;
    const file = segmentFile(place.number);
    if (!isStart) this.#join(this.#places[index - 1]!, place);
    const isLast = index === this.#places.length - 1;
    const { bytes, salt, from, reading } = this.#read(place, isLast);
    if (isStart) this.#position = from;
    if (place.head === null) this.#damage.push(badHead(file, this.#position));
    const size = place.head?.bytes ?? bytes.length;
    const isShort = bytes.length < size;
    const torn = isLast && place.head !== null && !isShort ? tornStretch(reading) : null;
    const before = this.#versions;
    const kept = torn === null ? reading : readRecords(bytes.subarray(0, torn.at), salt, from, before);
    this.#parts.push({ place, salt, after: from, versions: before, end: kept.end });
    this.#found(file, kept, isShort);

    if (torn !== null) this.#damage.push(tornTail(file, torn.at, reading.dataEnd, this.#position));
    else if (isShort) this.#damage.push(truncated(file, bytes.length, size, kept.end, this.#position));
    else if (!isLast && !kept.sealed) this.#notSealed(file, kept, bytes.length);
    this.#segments.push({
      file,
      bytes: bytes.length,
      first: kept.first ?? this.#position + 1,
      last: this.#position,
      records: kept.records,
      sealed: kept.sealed,
    });
    const { end: at, flushed, sealed, versions } = kept;
    this.#end = { place, at, flushed, dataEnd: Math.max(at, reading.dataEnd), sealed, versions };
    const after = this.#options.after ?? -1;
    return { file, transactions: () => transactionsIn(bytes, kept, before, after, this.#reader) };
  }

  /** What lies between two segments. */
  #join(previous: SegmentPlace, { number, head }: SegmentPlace): void {
    if (previous.number + 1 < number) {
      this.#damage.push(missingSegments(previous.number + 1, number - 1, this.#position));
    } else if (head !== null && head.first !== this.#position + 1 && this.#isJoined) {
      this.#damage.push(misfit(segmentFile(number), head.first, this.#position));
    }
  }

  /** Nothing is known to be missing before the next segment. */
  get #isJoined(): boolean {
    return this.#damage.every(({ before }) => before !== null);
  }

  #found(file: string, { stretches, first, last, versions }: Reading, isShort: boolean): void {
    if (first !== null) for (const damage of this.#damage) damage.before ??= first;
    // Of a file that was cut off, the last stretch is what the cut left of a record.
    for (const stretch of stretches) {
      if (stretch.before !== null || !isShort) this.#damage.push(unsound(file, stretch));
    }
    this.#position = last ?? this.#position;
    this.#versions = versions;
  }

  #notSealed(file: string, { end, stretches }: Reading, bytes: number): void {
    if ((stretches.at(-1)?.next ?? 0) <= end) this.#damage.push(unsealed(file, end, bytes, this.#position));
  }

  #read(place: SegmentPlace, isLast: boolean): SegmentReading {
    const { disk } = this.#options;
    const { head, path } = place;
    let bytes = readSegment(disk, path);
    for (let left = isLast ? rereadsMax : 0; ; left--) {
      const salt = head?.salt ?? saltFound(bytes) ?? 0;
      const from = Math.max(this.#position, head === null ? firstIn(bytes, salt) - 1 : head.first - 1);
      const reading = readRecords(bytes, salt, from, this.#versions);
      const wrong = reading.stretches[0];
      if (wrong === undefined || left === 0) return { bytes, salt, from, reading };
      const again = readSegment(disk, path);
      if (again.subarray(wrong.at).equals(bytes.subarray(wrong.at))) return { bytes, salt, from, reading };
      bytes = again;
    }
  }
}

/** Position of the first sound transaction of a segment whose head is lost; 1 when there is none. */
function firstIn(bytes: Buffer, salt: number): Position {
  return readRecords(bytes, salt, 0, null).first ?? 1;
}

function* soundOf(disk: Disk, parts: readonly ReadPart[], after: Position): Generator<Committed> {
  const reader = new RecordReader();
  for (const { place, salt, after: before, versions, end } of parts) {
    const walk = new Walk(readPart(disk, place.path, end), salt, headBytes, before);
    yield* transactions(walk, reader, versions, after);
  }
}

function readPart(disk: Disk, path: string, end: number): Buffer {
  try {
    return readSegment(disk, path, end);
  } catch (error) {
    throw cannotRead(path, error);
  }
}

/** The sound transactions of a segment after this position, whatever lies between them. */
function* transactions(
  walk: Walk,
  reader: RecordReader,
  before: SchemaVersions | null,
  after: Position,
): Generator<Committed> {
  let versions = before;
  for (let step = walk.step(); step !== "end"; step = walk.step()) {
    if (step === "versions") versions = reader.versions(walk.bytes, walk.at);
    if (step === "transaction" && walk.position > after) {
      yield reader.transaction(walk.bytes, walk.at, walk.next, versions);
    }
  }
}
