/**
 * The unfinished end of an append, told from damage (P32).
 *
 * A power cut in the middle of an append leaves any of its 512-byte sectors written and the others as they were, and they
 * were zeros, for a segment is made of zeros. The unfinished end may be cut without a word to anybody: nothing of it was
 * acknowledged. Damage must not be, for what it hit was. So the unfinished end has to be shown:
 *
 * - A whole sector of the first record that is not sound, or what of the sector lies behind the last sound one, is zero.
 *   A record whose sectors were all written and whose CRC is wrong is damage, also at the very end (etcd's rule,
 *   `isTornEntry` in its wal/decoder.go).
 * - No sound transaction behind it says that the log was flushed up to there. Each says how far that was when it was
 *   written, because the sectors of one flush, and of appends that were never flushed, reach the disk in any order: a later
 *   one may be whole where an earlier one is not. What is whole behind the unfinished place was not acknowledged either.
 *
 * What this cannot tell: a sector that was written, flushed and then lost, when nothing was appended after it.
 */
import { headerAt } from "./record-read.ts";
import { headerBytes, seedOf } from "./record.ts";

const sectorBytes = 512;

/** Whether a record that was being written at `at` lacks a sector. `bytes[0]` is the beginning of the file. */
export function lacksSector(bytes: Buffer, at: number, salt: number): boolean {
  if (isLost(bytes, at, at + headerBytes)) return true;
  const length = headerAt(bytes, at, bytes.length, seedOf(salt, at));
  return length > 0 && isLost(bytes, at, at + length);
}

/** Whether what belongs to one of the sectors between these offsets, from `from` on, is zero to the sector's end. */
function isLost(bytes: Buffer, from: number, to: number): boolean {
  const end = Math.min(to, bytes.length);
  for (let at = from; at < end;) {
    const sectorEnd = Math.min((Math.floor(at / sectorBytes) + 1) * sectorBytes, bytes.length);
    if (isZero(bytes, at, sectorEnd)) return true;
    at = sectorEnd;
  }
  return false;
}

function isZero(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false;
  return true;
}
