/**
 * Small files that are read and replaced whole.
 *
 * A file that is written in place is neither the old nor the new one while that lasts. So the new bytes go to a
 * temporary file beside it, are flushed, take the name in one step, and the directory is flushed: without that the
 * rename itself is lost with the power (P34). Whoever reads finds all of the old or all of the new.
 *
 * A crash may leave a temporary file behind. Their names end in `.tmp`, and who owns the directory removes them when it
 * opens it. Source: Pillai et al. 2014, "All File Systems Are Not Created Equal", §4 (atomic replace via rename).
 */
import { dirname } from "node:path";
import type { Disk, DiskFile } from "./disk.ts";

export const temporarySuffix = ".tmp";

export function readWhole(disk: Disk, path: string): Uint8Array {
  const file = disk.open(path, "read");
  try {
    const bytes = new Uint8Array(file.size());
    return bytes.subarray(0, file.read(bytes, 0));
  } finally {
    file.close();
  }
}

/** Durable on return. When it throws, a reader finds the old file or the new one, and a power cut may change which. */
export function replaceWhole(disk: Disk, path: string, bytes: Uint8Array): void {
  const temporary = path + temporarySuffix;
  try {
    const file = openFresh(disk, temporary);
    try {
      file.write(bytes, 0);
      file.sync();
    } finally {
      file.close();
    }
    disk.rename(temporary, path);
  } catch (error) {
    tidy(disk, temporary);
    throw error;
  }
  disk.syncDirectory(dirname(path));
}

/** A full disk gets its room back. Where even that fails, the next opening removes the file. */
function tidy(disk: Disk, temporary: string): void {
  try {
    disk.remove(temporary);
  } catch {
    // The error of the replacement itself is the one to tell.
  }
}

/** One that an earlier crash left has no claim to the name. */
function openFresh(disk: Disk, path: string): DiskFile {
  try {
    return disk.open(path, "create");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    disk.remove(path);
    return disk.open(path, "create");
  }
}
