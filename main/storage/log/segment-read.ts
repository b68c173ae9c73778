/** Reads transactions in order across the segments of a log that goes on being written and dropped meanwhile. */
import type { Committed, Position } from "../../../shared/runtime/types.ts";
import type { Disk } from "../disk/disk.ts";
import { type FoundDamage, unsound } from "./damage.ts";
import { cannotRead } from "./file-scan.ts";
import { RecordReader } from "./record-read.ts";
import { segmentFile } from "./segment-files.ts";
import type { SegmentHead } from "./segment-head.ts";
import type { SparseIndex } from "./sparse-index.ts";
import { LogError } from "./transaction-log.ts";
import { Walk } from "./walk.ts";

export interface ReadableSegment {
  readonly head: SegmentHead;
  readonly path: string;
  readonly index: SparseIndex;
}

/** What there is of a segment at the moment: up to which byte, and which transaction. */
export interface SegmentPart {
  readonly segment: ReadableSegment;
  readonly end: number;
  readonly last: Position;
}

/**
 * `partWith` finds the segment with what follows a position. Throws LogError "damaged" where the next transaction is not
 * what was written; damage before the position is passed over.
 */
export function* readSegments(
  disk: Disk,
  after: Position,
  partWith: (position: Position) => SegmentPart | "end",
): Generator<Committed> {
  let position = after;
  for (let part = partWith(position); part !== "end"; part = partWith(position)) {
    yield* readPart(disk, part, position);
    position = part.last;
  }
}

function* readPart(disk: Disk, { segment, end, last }: SegmentPart, after: Position): Generator<Committed> {
  const reader = new RecordReader();
  const start = segment.index.before(after);
  const bytes = readBytes(disk, segment.path, start.at, end);
  const walk = new Walk(bytes, segment.head.salt, 0, start.after, start.at);
  let { versions } = start;
  let position = after;
  let wrong: FoundDamage | null = null;
  const file = segmentFile(segment.head.number);
  for (let step = walk.step(); step !== "end"; step = walk.step()) {
    if (step === "versions") versions = reader.versions(bytes, walk.at);
    if (step === "unsound") wrong = stretchAt(walk, start.at, file);
    if (step !== "transaction") continue;
    segment.index.note({ at: start.at + walk.at, after: walk.position - 1, versions });
    if (walk.position <= after) continue;
    if (walk.position !== position + 1) break;
    position = walk.position;
    yield reader.transaction(bytes, walk.at, walk.next, versions);
  }
  if (position === last) return;
  const before = walk.position > position ? walk.position : null;
  wrong = { ...(wrong ?? stretchAt(walk, start.at, file)), after: position, before };
  throw new LogError(
    "damaged",
    `Transaction ${position + 1} cannot be read: ${wrong.message} Restart the node, which then recovers as it was told to.`,
    [wrong],
  );
}

function stretchAt({ at, next, position }: Walk, offset: number, file: string): FoundDamage {
  return unsound(file, {
    at: offset + at,
    next: offset + next,
    after: position,
    before: null,
    isStale: false,
    lacksSector: false,
    syncedBehind: 0,
  });
}

function readBytes(disk: Disk, path: string, from: number, to: number): Buffer {
  try {
    const file = disk.open(path, "read");
    try {
      const bytes = Buffer.allocUnsafe(to - from);
      return bytes.subarray(0, file.read(bytes, from));
    } finally {
      file.close();
    }
  } catch (error) {
    throw cannotRead(path, error);
  }
}
