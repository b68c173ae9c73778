/** Files of the file store, also for those who only look: nothing is locked, changed or set aside. */
import { join } from "node:path";
import type { NodeId } from "../../../shared/ids.ts";
import type { Disk } from "../disk/disk.ts";
import { type DecodedClock, decodeClock } from "./clock-text.ts";

/** Some 100,000 nodes with the longest of names: what is larger is no clock, and is not read. */
const clockFileBytesMax = 8 << 20;

export const clockFile = (dir: string, node: NodeId) => join(dir, `${node}.clock.json`);

/** Null when there is none. Throws what the disk throws. */
export function readClockFile(disk: Disk, path: string): DecodedClock | null {
  if (!disk.exists(path)) return null;
  const file = disk.open(path, "read");
  try {
    const size = file.size();
    if (size > clockFileBytesMax) return { problem: `has ${size} bytes, more than any clock` };
    const bytes = new Uint8Array(size);
    return decodeClock(new TextDecoder().decode(bytes.subarray(0, file.read(bytes, 0))));
  } finally {
    file.close();
  }
}
