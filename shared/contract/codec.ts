/**
 * Frames as bytes, for transports that move bytes: MessagePack maps, nothing of msgpackr's own on the wire.
 *
 * Records (msgpackr's shared structures) are off: they would need a state that both ends keep alike over the life of
 * the connection, and their reader compiles code at run time, which the window's content security policy forbids.
 */
import { Packr } from "msgpackr";
import type { ClientFrame, HostFrame } from "./contract.ts";

const packr = new Packr({ useRecords: false });

export function encodeFrame(frame: ClientFrame | HostFrame): Uint8Array<ArrayBuffer> {
  return packr.pack(frame) as Uint8Array<ArrayBuffer>;
}

/** What the bytes say, unchecked; null when they are no MessagePack. */
export function decodeFrame(bytes: Uint8Array): unknown {
  try {
    return packr.unpack(bytes) as unknown;
  } catch {
    return null;
  }
}
