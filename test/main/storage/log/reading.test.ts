/** Sound records in an order in which no log writes them: what is missing is said, and nothing is given out twice. */
import { describe, expect, it } from "vitest";
import { readRecords } from "../../../../main/storage/log/reading.ts";
import { RecordWriter } from "../../../../main/storage/log/record.ts";
import { headBytes } from "../../../../main/storage/log/segment-head.ts";
import { transactionOf } from "./transactions.ts";

const salt = 7;

function segmentOf(write: (writer: RecordWriter) => void): Buffer {
  const writer = new RecordWriter();
  writer.clear(salt, headBytes);
  write(writer);
  return Buffer.concat([Buffer.alloc(headBytes), writer.view(), Buffer.alloc(512)]);
}

const segmentWith = (...positions: number[]) =>
  segmentOf((writer) => {
    for (const position of positions) writer.transaction(transactionOf(position), position, position - 1);
  });

const stretchesOf = (bytes: Buffer) =>
  readRecords(bytes, salt, 0, null).stretches.map(({ after, before }) => [after, before]);

describe("sound records", () => {
  it("between which others are missing say which", () => {
    expect(stretchesOf(segmentWith(1, 2, 3))).toEqual([]);
    expect(stretchesOf(segmentWith(1, 2, 5))).toEqual([[2, 5]]);
    expect(stretchesOf(segmentWith(3, 4))).toEqual([[0, 3]]);
  });

  it("that come again, or too late, are none", () => {
    expect(stretchesOf(segmentWith(1, 2, 2))).toEqual([[2, null]]);
    expect(readRecords(segmentWith(1, 4, 3, 5), salt, 0, null)).toMatchObject({ transactions: 3, last: 5 });
  });

  it("behind a seal are none", () => {
    const bytes = segmentOf((writer) => {
      writer.transaction(transactionOf(1), 1, 0);
      writer.seal(1);
      writer.transaction(transactionOf(2), 2, 1);
    });
    expect(readRecords(bytes, salt, 0, null)).toMatchObject({
      last: 1,
      stretches: [{ after: 1, before: null }],
    });
  });
});
