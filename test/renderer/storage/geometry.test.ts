import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layoutLog, layoutPage, placeAt, snapshotMarks, spanOf } from "../../../renderer/storage/geometry.ts";
import type { DamageView } from "../../../shared/contract/storage.ts";
import { recordOf, segmentOf, storageOf } from "./sample.ts";

const damageOf = (changes: Partial<DamageView>): DamageView => ({
  kind: "corrupt",
  file: "log/00000001.log",
  offset: 0,
  length: 100,
  after: 0,
  before: null,
  message: "Bytes that are not what was written.",
  ...changes,
});

const snapshot = (position: number) => ({
  name: `${position}.snapshot`,
  position,
  at: 0,
  bytes: 1,
  rows: 1,
  problem: null,
});

/** Segments whose positions go on without gaps. */
const segments = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 64, max: 4_000_000 })), {
    minLength: 1,
    maxLength: 40,
  })
  .map((parts) => {
    let first = 1;
    return parts.map(([count, bytes], index) => {
      const segment = segmentOf(index + 1, first, first + count - 1, bytes);
      first += count;
      return segment;
    });
  });

describe("the line of a log", () => {
  it("has every segment in its place, inside the line, one behind the other", () => {
    fc.assert(
      fc.property(segments, fc.integer({ min: 300, max: 2_000 }), (parts, width) => {
        const { boxes } = layoutLog(storageOf(parts), width);
        expect(boxes.map(({ file }) => file)).toEqual(parts.map(({ file }) => file));
        let end = 0;
        for (const box of boxes) {
          expect(box.x).toBeGreaterThanOrEqual(end);
          expect(box.width).toBeGreaterThan(0);
          end = box.x + box.width;
        }
        expect(end).toBeLessThanOrEqual(width + 0.01);
      }),
    );
  });

  it("never puts a later position before an earlier one, and each within its own segment", () => {
    fc.assert(
      fc.property(segments, fc.array(fc.nat(), { maxLength: 30 }), (parts, picks) => {
        const view = storageOf(parts);
        const { boxes, xOf } = layoutLog(view, 900);
        const positions = picks.map((pick) => 1 + (pick % view.log.last)).sort((a, b) => a - b);
        const places = positions.map(xOf);
        expect(places).toEqual([...places].sort((a, b) => a - b));
        for (const [index, position] of positions.entries()) {
          const box = boxes.find(({ segment }) => position >= segment!.first && position <= segment!.last)!;
          expect(places[index]).toBeGreaterThanOrEqual(box.x - 0.01);
          expect(places[index]).toBeLessThanOrEqual(box.x + box.width + 0.01);
        }
      }),
    );
  });

  it("follows the bytes where records are known, and estimates where they are not", () => {
    const view = storageOf([segmentOf(1, 1, 10, 1_000)]);
    const long = [recordOf(1, { offset: 0, bytes: 900 }), recordOf(2, { offset: 900, bytes: 10 })];
    expect(layoutLog(view, 1_000).xOf(2)).toBeCloseTo(100);
    expect(layoutLog(view, 1_000, long).xOf(2)).toBeCloseTo(900);
  });

  it("does not draw what the newest file has still room for", () => {
    const view = storageOf([segmentOf(1, 1, 10, 8_000), segmentOf(2, 11, 20, 8_000)], { bytes: 10_000 });
    const layout = layoutLog(view, 1_000);
    const [full, newest] = layout.boxes;
    expect(full!.width / newest!.width).toBeCloseTo(4, 0);
    const last = damageOf({ file: newest!.file, offset: 1_000, length: 1_000 });
    const { x, width } = spanOf(view, layout, last);
    expect(x).toBeCloseTo(newest!.x + newest!.width / 2);
    expect(width).toBeCloseTo(newest!.width / 2);
    const place = placeAt(view, layout, newest!.x + newest!.width)!;
    expect(Math.abs(place.offset - 2_000)).toBeLessThanOrEqual(1);
  });

  it("shows a file that is missing between its neighbours", () => {
    const missing = damageOf({ kind: "missing-segment", file: "log/00000002.log", after: 10, before: 21 });
    const view = storageOf([segmentOf(1, 1, 10, 1_000), segmentOf(3, 21, 30, 1_000)], { damage: [missing] });
    const layout = layoutLog(view, 600);
    expect(layout.boxes.map(({ segment }) => segment === null)).toEqual([false, true, false]);
    const { x, width } = layout.boxes[1]!;
    expect(spanOf(view, layout, missing)).toEqual({ x, width });
  });

  it("shows damage where it lies, and large enough to be seen", () => {
    const view = storageOf([segmentOf(1, 1, 1_000, 100_000)]);
    const layout = layoutLog(view, 1_000);
    expect(spanOf(view, layout, damageOf({ offset: 50_000, length: 10_000 }))).toEqual({
      x: 500,
      width: 100,
    });
    const small = spanOf(view, layout, damageOf({ offset: 99_999, length: 1 }));
    expect(small.width).toBeGreaterThanOrEqual(5);
    expect(small.x + small.width).toBeLessThanOrEqual(1_000);
  });

  it("leads from a place back to the bytes that are there", () => {
    fc.assert(
      fc.property(segments, fc.double({ min: 0, max: 899, noNaN: true }), (parts, x) => {
        const view = storageOf(parts);
        const layout = layoutLog(view, 900);
        const place = placeAt(view, layout, x);
        if (place === null) return;
        const box = layout.boxes.find(({ file }) => file === place.file)!;
        const back = box.x + (box.width * place.offset) / box.segment!.bytes;
        expect(Math.abs(back - x)).toBeLessThan(4 + box.width / box.segment!.bytes + 1);
      }),
    );
  });

  it("draws the positions of a table evenly", () => {
    const table = { ...storageOf([{ ...segmentOf(1, 101, 200, 0), file: "log" }]) };
    const view = { ...table, kinds: { ...table.kinds, log: "sqlite" as const } };
    const layout = layoutLog(view, 1_000);
    expect(layout.xOf(151)).toBeCloseTo(500);
    expect(placeAt(view, layout, 500)).toEqual({ file: "log", offset: 151 });
  });

  it("puts snapshots that would stand on one another on one mark", () => {
    const view = { ...storageOf([segmentOf(1, 1, 100, 1_000)]), snapshots: [50, 10, 11].map(snapshot) };
    const marks = snapshotMarks(view, layoutLog(view, 1_000), 20);
    expect(marks.map(({ snapshots }) => snapshots.map(({ position }) => position))).toEqual([[10, 11], [50]]);
  });
});

describe("the records of a page", () => {
  it("fill the line, none vanishes, and the longer one is wider", () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 200, max: 2_000 }), (bytes, width) => {
        const blocks = layoutPage(
          bytes.map((length, index) => recordOf(index + 1, { bytes: length })),
          width,
        );
        const end = blocks.at(-1)!;
        expect(end.x + end.width).toBeCloseTo(width);
        for (const a of blocks) {
          expect(a.width).toBeGreaterThan(0);
          for (const b of blocks)
            if (a.record.bytes > b.record.bytes) expect(a.width).toBeGreaterThan(b.width);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("leave a gap where transactions are missing", () => {
    const blocks = layoutPage([recordOf(1), recordOf(2), recordOf(5)], 300);
    expect(blocks.map(({ isAfterGap }) => isAfterGap)).toEqual([false, false, true]);
    expect(blocks[2]!.x).toBeGreaterThan(blocks[1]!.x + blocks[1]!.width);
  });
});
