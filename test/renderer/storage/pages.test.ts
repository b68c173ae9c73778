import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type FetchRecords,
  isBehind,
  pageAfter,
  pageBefore,
  type Place,
  withNewer,
} from "../../../renderer/storage/pages.ts";
import type { RecordView } from "../../../shared/contract/storage.ts";
import { recordOf } from "./sample.ts";

/** A log that answers as the lab does. */
function logOf(records: readonly RecordView[]) {
  let asked = 0;
  const fetch: FetchRecords = async (after, limit) => {
    asked += 1;
    const rest = after === null ? records : records.filter((record) => isBehind(record, after));
    const page = rest.slice(0, limit);
    return { records: page, next: rest.length > limit ? page.at(-1)! : null };
  };
  return { fetch, asked: () => asked };
}

/** Transactions of a few records each, of very different lengths. */
const logs = fc
  .array(fc.array(fc.integer({ min: 20, max: 30_000 }), { minLength: 1, maxLength: 4 }), { maxLength: 60 })
  .map((transactions) => {
    let offset = 64;
    return transactions.flatMap((lengths, index) =>
      lengths.map((bytes, ordinal) => {
        const record = recordOf(index + 1, { offset, ordinal, bytes });
        offset += bytes;
        return record;
      }),
    );
  });
const extentOf = (records: readonly RecordView[]) => {
  const end = records.reduce((to, { offset, bytes }) => Math.max(to, offset + bytes), 64);
  return { start: 64, end, perRecord: (end - 64) / Math.max(1, records.length) };
};
const places = (records: readonly RecordView[]) =>
  records.map(({ position, ordinal }) => [position, ordinal]);

describe("pages of a log", () => {
  it("go back from any place, and from the end, as if all had been read", async () => {
    await fc.assert(
      fc.asyncProperty(logs, fc.nat(), fc.integer({ min: 1, max: 20 }), async (records, pick, size) => {
        const { fetch } = logOf(records);
        const before: Place | null = records[pick % (records.length + 1)] ?? null;
        const all = before === null ? records : records.filter((record) => isBehind(before, record));
        const page = await pageBefore(fetch, before, extentOf(records), size);
        expect(places(page.records)).toEqual(places(all.slice(-size)));
      }),
      { numRuns: 200 },
    );
  });

  it("go on to the end", async () => {
    const { fetch } = logOf(Array.from({ length: 25 }, (_, index) => recordOf(index + 1)));
    const first = await pageAfter(fetch, null, 10);
    expect(first).toMatchObject({ isLast: false });
    const last = await pageAfter(fetch, recordOf(20), 10);
    expect(last.isLast).toBe(true);
    expect(last.records.map(({ position }) => position)).toEqual([21, 22, 23, 24, 25]);
  });

  it("at the end of a long log do not read what is before", async () => {
    const records = Array.from({ length: 100_000 }, (_, index) => recordOf(index + 1));
    const { fetch, asked } = logOf(records);
    const page = await pageBefore(fetch, null, extentOf(records));
    expect(page.records).toHaveLength(100);
    expect(page.records.at(-1)?.position).toBe(100_000);
    expect(asked()).toBeLessThan(3);
  });

  it("take what is new at their end, and let the oldest go", async () => {
    const records = Array.from({ length: 12 }, (_, index) => recordOf(index + 1));
    const { fetch } = logOf(records);
    const page = { records: records.slice(0, 10), isFirst: true, isLast: true };
    const newer = await withNewer(fetch, page, 10);
    expect(newer.records.map(({ position }) => position)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(newer).toMatchObject({ isFirst: false, isLast: true });
    expect((await withNewer(fetch, { records: [], isFirst: true, isLast: true }, 10)).records).toHaveLength(
      10,
    );
  });
});
