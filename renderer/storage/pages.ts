/** Pages of a log that is only ever read forwards, from a place on: the one before, and the last one, without reading all of it. */
import type { RecordView } from "../../shared/contract/storage.ts";

/** Of a record: within a file or table no two have the same. */
export interface Place {
  readonly offset: number;
  readonly ordinal: number;
}

export interface Page {
  readonly records: readonly RecordView[];
  /** Whether nothing stands before the first one. */
  readonly isFirst: boolean;
  /** Whether nothing stands behind the last one. */
  readonly isLast: boolean;
}

/** At most `limit` records that stand behind a place; from the beginning when there is none. */
export type FetchRecords = (
  after: Place | null,
  limit: number,
) => Promise<{ readonly records: readonly RecordView[]; readonly next: Place | null }>;

/** Where the records of a segment begin and end, and how long one of them is on average. */
export interface Extent {
  readonly start: number;
  readonly end: number;
  readonly perRecord: number;
}

export const pageSize = 100;
/** Records asked for at a time where the place of a page is only guessed. */
const stride = 500;

export const isBehind = (a: Place, b: Place) =>
  a.offset > b.offset || (a.offset === b.offset && a.ordinal > b.ordinal);

export async function pageAfter(fetch: FetchRecords, after: Place | null, size = pageSize): Promise<Page> {
  const { records, next } = await fetch(after, size);
  return { records, isFirst: after === null, isLast: next === null };
}

/** The place from which a page that begins with this record is read. */
export const justBefore = ({ offset, ordinal }: Place): Place => ({ offset, ordinal: ordinal - 1 });

/**
 * The last `size` records before a place, or of all when there is none. The first guess goes by the average length of a
 * record; where too few stand behind it, the next one goes twice as far back.
 */
export async function pageBefore(
  fetch: FetchRecords,
  before: Place | null,
  extent: Extent,
  size = pageSize,
): Promise<Page> {
  const end = before?.offset ?? extent.end;
  for (let back = Math.max(1, extent.perRecord) * size * 1.5; ; back *= 2) {
    const offset = Math.floor(end - back);
    const isWhole = offset <= extent.start;
    const found = await recordsUpTo(fetch, isWhole ? null : { offset, ordinal: 0 }, before);
    if (isWhole || found.length >= size) {
      const isFirst = isWhole && found.length <= size;
      return { records: found.slice(-size), isFirst, isLast: before === null };
    }
  }
}

/** What stands between two places. */
async function recordsUpTo(
  fetch: FetchRecords,
  after: Place | null,
  before: Place | null,
): Promise<readonly RecordView[]> {
  const found: RecordView[] = [];
  for (let from = after; ;) {
    const { records, next } = await fetch(from, stride);
    const wanted = before === null ? records : records.filter((record) => isBehind(before, record));
    for (const record of wanted) found.push(record);
    if (next === null || wanted.length < records.length) return found;
    from = next;
  }
}

/** What has come behind a page that showed the end, with the older ones falling out at its head. */
export async function withNewer(fetch: FetchRecords, page: Page, size = pageSize): Promise<Page> {
  const last = page.records.at(-1);
  const { records, next } = await fetch(last ?? null, stride);
  const all = [...page.records, ...records];
  return {
    records: all.slice(-size),
    isFirst: page.isFirst && all.length <= size,
    isLast: next === null,
  };
}
