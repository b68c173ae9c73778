/**
 * A vector clock as it lies in a table: the text of the file store while that is short, so that anyone who opens the
 * database can read it; the compact form from there on, so that 100 nodes stay below a kibibyte.
 */
import type { VectorClock } from "../../../shared/clock/vector-clock.ts";
import { type DecodedClock, decodeClock, encodeClock } from "./clock-text.ts";
import { decodeCompactClock, encodeCompactClock } from "./compact-clock.ts";

export type StoredClock = string | Uint8Array;

const textBytesMax = 1024;

export function encodeStoredClock(clock: VectorClock): string | Buffer {
  const text = encodeClock(clock);
  return text.length <= textBytesMax ? text : encodeCompactClock(clock);
}

/** Reads all forms there ever were: without a checksum, with one, and compact. */
export function decodeStoredClock(stored: StoredClock): DecodedClock {
  return typeof stored === "string" ? decodeClock(stored) : decodeCompactClock(stored);
}
