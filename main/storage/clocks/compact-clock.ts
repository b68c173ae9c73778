/**
 * A vector clock in few bytes, for tables: 100 nodes take about 700 where JSON takes 1,700.
 *
 * Layout: version (1 byte), CRC-32 of the rest (4 bytes, little-endian), then per entry: how many characters the name
 * shares with the name before (1), how many more it has (1), those (ASCII, as node ids are), and the counter in groups of
 * seven bits, the lowest first (LEB128). Names of a cluster mostly begin alike; nothing is sorted for it.
 */
import { crc32 } from "node:zlib";
import type { VectorClock } from "../../../shared/clock/vector-clock.ts";
import { isNodeId } from "../../../shared/ids.ts";
import type { DecodedClock } from "./clock-text.ts";

const version = 1;
const headBytes = 5;
const nameBytesMax = 63;
/** 53 bits in groups of seven. */
const counterBytesMax = 8;

export function encodeCompactClock(clock: VectorClock): Buffer {
  const names = Object.keys(clock);
  const bytes = Buffer.allocUnsafe(headBytes + names.length * (2 + nameBytesMax + counterBytesMax));
  let at = headBytes;
  let before = "";
  for (const name of names) {
    const shared = sharedLength(before, name);
    bytes[at++] = shared;
    bytes[at++] = name.length - shared;
    at += bytes.write(name.slice(shared), at, "latin1");
    let rest = clock[name]!;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes[at++] = (rest % 0x80) | 0x80;
    bytes[at++] = rest;
    before = name;
  }
  bytes[0] = version;
  bytes.writeUInt32LE(crc32(bytes.subarray(headBytes, at)), 1);
  return bytes.subarray(0, at);
}

export function decodeCompactClock(stored: Uint8Array): DecodedClock {
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  if (bytes.length < headBytes) return { problem: "is cut off" };
  if (bytes[0] !== version) return { problem: `has format ${bytes[0]}, which this Lightcone does not know` };
  if (bytes.readUInt32LE(1) !== crc32(bytes.subarray(headBytes))) {
    return { problem: "does not fit its checksum" };
  }
  const clock: Record<string, number> = {};
  let before = "";
  for (let at = headBytes; at < bytes.length;) {
    const [shared, more] = [bytes[at]!, bytes[at + 1] ?? 0];
    const name = before.slice(0, shared) + bytes.toString("latin1", at + 2, at + 2 + more);
    at += 2 + more;
    let counter = 0;
    let scale = 1;
    for (; bytes[at]! >= 0x80; scale *= 0x80) counter += (bytes[at++]! & 0x7f) * scale;
    counter += (bytes[at++] ?? 0) * scale;
    if (!isNodeId(name) || !Number.isSafeInteger(counter) || counter < 1) {
      return { problem: "is no clock, although its checksum fits" };
    }
    clock[name] = counter;
    before = name;
  }
  return { clock };
}

function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a.charCodeAt(length) === b.charCodeAt(length)) length += 1;
  return length;
}
