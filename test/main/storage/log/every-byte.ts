/**
 * A segment of a thousand records, to flip each of its bits and cut it off at each of its lengths.
 *
 * What one changed bit can do ends at the next sound transaction, so each is tried on the transactions around it, by the
 * code that reads whole segments; the whole segment is read for a sample of them.
 */
import { expect } from "vitest";
import type { Transaction } from "../../../../shared/runtime/types.ts";
import { RecordReader } from "../../../../main/storage/log/record-read.ts";
import { type Reading, readRecords } from "../../../../main/storage/log/reading.ts";
import { RecordWriter } from "../../../../main/storage/log/record.ts";
import { headBytes } from "../../../../main/storage/log/segment-head.ts";
import { Walk } from "../../../../main/storage/log/walk.ts";
import { put, transactionOf, withoutPlace } from "./transactions.ts";

const salt = 0xc0ffee11;
const recordCount = 1_000;

export interface Segment {
  readonly bytes: Buffer;
  readonly transactions: readonly Transaction[];
  /** Where each begins, and behind the last. */
  readonly starts: readonly number[];
}

/** Most transactions are of one record, some of several. The rest of the file is zeros. */
export function segmentOfAThousand(): Segment {
  const writer = new RecordWriter();
  writer.clear(salt, headBytes);
  const transactions: Transaction[] = [];
  const starts: number[] = [];
  for (let records = 0; records < recordCount;) {
    const n = transactions.length;
    const count = Math.min(recordCount - records, n % 5 === 0 ? 3 : 1);
    const mutations = Array.from({ length: count }, (_, i) =>
      put(`k${n}.${i}`, { n, text: "x".repeat(n % 23) }),
    );
    const transaction = transactionOf(
      n,
      n % 17 === 3 ? mutations.map((each) => ({ ...each, row: undefined })) : mutations,
    );
    starts.push(headBytes + writer.length);
    writer.transaction(transaction, n + 1, n);
    transactions.push(transaction);
    records += count;
  }
  starts.push(headBytes + writer.length);
  const bytes = Buffer.alloc(starts.at(-1)! + 2_048);
  writer.view().copy(bytes, headBytes);
  return { bytes, transactions, starts };
}

export const bitsIn = ({ starts }: Segment) => (starts.at(-1)! - headBytes) * 8;

/** Flips one bit of the records, reads the transactions around it, and puts it back. */
export function flipBit(segment: Segment, bit: number): void {
  const { bytes, starts } = segment;
  const at = headBytes + (bit >> 3);
  const hit = transactionAt(starts, at);
  const from = Math.max(0, hit - 1);
  const to = Math.min(starts.length - 1, hit + 2);
  bytes[at]! ^= 1 << (bit & 7);
  const walk = new Walk(bytes.subarray(starts[from], starts[to]), salt, 0, from, starts[from]);
  let covered = false;
  const reader = new RecordReader();
  for (let step = walk.step(); step !== "end"; step = walk.step()) {
    const [start, end] = [starts[from]! + walk.at, starts[from]! + walk.next];
    if (step === "unsound") covered ||= start <= at && at < end;
    if (step !== "transaction") continue;
    if (walk.position - 1 === hit) throw new Error(`bit ${bit}: what was changed is taken for sound`);
    expectWritten(segment, reader.transaction(walk.bytes, walk.at, walk.next, null).position, walk, reader);
  }
  if (!covered) throw new Error(`bit ${bit}: the change is not located`);
  bytes[at]! ^= 1 << (bit & 7);
}

function expectWritten({ transactions }: Segment, position: number, walk: Walk, reader: RecordReader): void {
  const read = withoutPlace(reader.transaction(walk.bytes, walk.at, walk.next, null));
  if (JSON.stringify(read) !== JSON.stringify(transactions[position - 1])) {
    throw new Error(`transaction ${position} was never written so`);
  }
}

function transactionAt(starts: readonly number[], at: number): number {
  let low = 0;
  let high = starts.length - 2;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (starts[middle]! <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Reads the whole segment with one bit flipped: all the others are there, and the stretch covers the bit. */
export function flipBitAndReadAll(segment: Segment, bit: number): void {
  const { bytes, starts, transactions } = segment;
  const at = headBytes + (bit >> 3);
  const hit = transactionAt(starts, at);
  bytes[at]! ^= 1 << (bit & 7);
  const reading = readRecords(bytes, salt, 0, null);
  bytes[at]! ^= 1 << (bit & 7);
  expect(reading.transactions, `bit ${bit}`).toBe(transactions.length - 1);
  expect(reading.stretches.map((stretch) => [stretch.at, stretch.after])).toEqual([[starts[hit], hit]]);
  expect(reading.stretches[0]!.lacksSector, `bit ${bit} looks like an unfinished end`).toBe(false);
}

/** Cuts the file off: what is left is a prefix, and a transaction that is cut is not given out. */
export function cutAt({ bytes, starts }: Segment, length: number): void {
  const reading: Reading = readRecords(bytes.subarray(0, length), salt, 0, null);
  const whole = length < starts[0]! ? 0 : transactionAt(starts, length);
  const kept = length >= starts[whole + 1]! ? whole + 1 : whole;
  if (reading.transactions !== kept || (reading.last ?? 0) !== kept) {
    throw new Error(`cut at ${length}: ${reading.transactions} transactions of ${kept}`);
  }
  const isBetween = starts.includes(length) || length >= starts.at(-1)!;
  if (!isBetween && reading.stretches.length !== 1) throw new Error(`cut at ${length}: not located`);
}
