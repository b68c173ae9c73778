/** Where things stand on a line of pixels that is the whole log: its segments one after the other, to scale. */
import type { DamageView, RecordView, StorageView } from "../../shared/contract/storage.ts";

type LogView = StorageView["log"];
type Segment = LogView["segments"][number];

export interface SegmentBox {
  readonly file: string;
  readonly x: number;
  readonly width: number;
  /** Null: it is missing. */
  readonly segment: Segment | null;
}

export interface Span {
  readonly x: number;
  readonly width: number;
}

export interface LogLayout {
  readonly boxes: readonly SegmentBox[];
  readonly width: number;
  /** Where the transaction at a position begins; beyond the end for a position that is not there yet. */
  readonly xOf: (position: number) => number;
}

const gap = 4;
const boxMin = 12;
/** What is broken can be seen, however short it is. */
const spanMin = 5;

/** A table has no bytes of its own: its records stand where their positions are. */
export const isTable = ({ kinds }: Pick<StorageView, "kinds">) => kinds.log !== "file";

/** A segment file has its full size from the start; of the newest one only a part is written yet. */
export function usedBytes({ log }: Pick<StorageView, "log">, segment: Segment): number {
  const others = log.segments.reduce((sum, { bytes }) => sum + bytes, -segment.bytes);
  const isNewest = log.segments.at(-1) === segment;
  return isNewest ? Math.min(segment.bytes, Math.max(1, log.bytes - others)) : segment.bytes;
}

const transactionsIn = ({ first, last }: Segment) => Math.max(0, last - first + 1);

/** `known`: records whose places are known, of any segment; between them places are estimated. */
export function layoutLog(view: StorageView, width: number, known: readonly RecordView[] = []): LogLayout {
  const entries = withMissing(view.log);
  const lengths = entries.map(({ segment }) =>
    segment === null ? 0 : isTable(view) ? transactionsIn(segment) : usedBytes(view, segment),
  );
  const total = Math.max(
    1,
    lengths.reduce((sum, length) => sum + length, 0),
  );
  const least = Math.min(boxMin, width / Math.max(1, entries.length) - gap);
  const free = Math.max(0, width - entries.length * (least + gap) + gap);
  let x = 0;
  const boxes = entries.map((entry, index): SegmentBox => {
    const box = { ...entry, x, width: least + (free * lengths[index]!) / total };
    x += box.width + gap;
    return box;
  });
  const scales = boxes.map((box) => scaleOf(view, box, isTable(view) ? [] : known));
  return { boxes, width, xOf: (position) => xIn(boxes, scales, position) };
}

/** A file that should be there stands in its place among the others. */
function withMissing({ segments, damage }: LogView): { file: string; segment: Segment | null }[] {
  const entries: { file: string; segment: Segment | null; at: number }[] = segments.map((segment) => ({
    file: segment.file,
    segment,
    at: segment.first,
  }));
  for (const { kind, file, after } of damage)
    if (kind === "missing-segment" && !entries.some((entry) => entry.file === file))
      entries.push({ file, segment: null, at: after + 0.5 });
  return entries.sort((a, b) => a.at - b.at).map(({ file, segment }) => ({ file, segment }));
}

/** Pairs of a position and its place in the box, from 0 to 1, both ascending. */
type Scale = readonly (readonly [position: number, share: number])[];

function scaleOf(view: StorageView, { file, segment }: SegmentBox, known: readonly RecordView[]): Scale {
  if (segment === null) return [];
  const used = usedBytes(view, segment);
  const scale: [number, number][] = [[segment.first, 0]];
  for (const record of known) {
    const before = scale.at(-1)!;
    if (record.file !== file || record.position <= before[0]) continue;
    const share = record.offset / used;
    if (share >= before[1] && share <= 1) scale.push([record.position, share]);
  }
  const end = Math.max(segment.last, scale.at(-1)![0]) + 1;
  return [...scale, [end, 1]];
}

function xIn(boxes: readonly SegmentBox[], scales: readonly Scale[], position: number): number {
  for (const [index, { x, width }] of boxes.entries()) {
    const scale = scales[index]!;
    const [first, end] = [scale[0]?.[0], scale.at(-1)?.[0]];
    if (first === undefined || end === undefined || position > end) continue;
    if (position === end && index < boxes.length - 1) continue;
    return x + width * shareAt(scale, position);
  }
  const last = boxes.at(-1);
  return last === undefined ? 0 : last.x + last.width;
}

function shareAt(scale: Scale, position: number): number {
  const next = scale.findIndex(([at]) => at >= position);
  if (next <= 0) return scale[0]![1];
  const [from, low] = scale[next - 1]!;
  const [to, high] = scale[next]!;
  return low + ((high - low) * (position - from)) / (to - from);
}

/** What a place on the line stands for: where in which file or table. Null outside of all segments. */
export function placeAt(
  view: StorageView,
  { boxes }: LogLayout,
  x: number,
): { file: string; offset: number } | null {
  const box = boxes.find((candidate) => x >= candidate.x && x <= candidate.x + candidate.width + gap);
  if (box === undefined || box.segment === null) return null;
  const { file, segment } = box;
  const share = Math.min(1, (x - box.x) / box.width);
  const offset = isTable(view)
    ? segment.first + share * transactionsIn(segment)
    : share * usedBytes(view, segment);
  return { file, offset: Math.floor(offset) };
}

/** The part of the line that a stretch of damage takes. */
export function spanOf(view: StorageView, layout: LogLayout, damage: DamageView): Span {
  const box = layout.boxes.find(({ file }) => file === damage.file);
  const whole = box ?? { x: layout.width - spanMin, width: spanMin, segment: null };
  const { segment } = whole;
  if (segment === null) return { x: whole.x, width: whole.width };
  const used = usedBytes(view, segment);
  const [from, to] = isTable(view)
    ? [layout.xOf(damage.after + 1), layout.xOf(damage.before ?? damage.after + 2)]
    : [damage.offset, damage.offset + damage.length].map(
        (bytes) => whole.x + (whole.width * Math.min(bytes, used)) / used,
      );
  const width = Math.max(spanMin, to! - from!);
  return { x: Math.min(from!, whole.x + whole.width - width), width };
}

/** Snapshots that would stand on one another share a mark. */
export interface SnapshotMark {
  readonly x: number;
  readonly snapshots: readonly StorageView["snapshots"][number][];
}

export function snapshotMarks(view: StorageView, layout: LogLayout, apart: number): SnapshotMark[] {
  const marks: { x: number; snapshots: StorageView["snapshots"][number][] }[] = [];
  for (const snapshot of view.snapshots.toSorted((a, b) => a.position - b.position)) {
    if (snapshot.problem !== null && snapshot.position === 0) continue;
    const x = layout.xOf(snapshot.position + 1);
    const same = marks.at(-1);
    if (same !== undefined && x - same.x < apart) same.snapshots.push(snapshot);
    else marks.push({ x, snapshots: [snapshot] });
  }
  return marks;
}

export interface Block extends Span {
  readonly record: RecordView;
  /** Something that should stand before it does not. */
  readonly isAfterGap: boolean;
}

/** The records of a page in a row, as wide as they are long, none too narrow to be pointed at. */
export function layoutPage(records: readonly RecordView[], width: number): Block[] {
  const gaps = records.map((record, index) => {
    const before = records[index - 1];
    return before !== undefined && record.position > before.position + 1;
  });
  const gapWidth = Math.min(8, width / 20);
  const room = Math.max(0, width - gaps.filter(Boolean).length * gapWidth);
  const least = Math.min(4, room / Math.max(1, records.length));
  const bytes = Math.max(
    1,
    records.reduce((sum, record) => sum + record.bytes, 0),
  );
  const free = room - least * records.length;
  let x = 0;
  return records.map((record, index): Block => {
    if (gaps[index] === true) x += gapWidth;
    const block = {
      record,
      x,
      width: least + (free * record.bytes) / bytes,
      isAfterGap: gaps[index] === true,
    };
    x += block.width;
    return block;
  });
}
