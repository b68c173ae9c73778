/**
 * Where things go that are in the way of a start: `<data-dir>/set-aside/<UTC time>-<what>/…`. Nothing is ever cut or
 * dropped because it is damaged without a copy here: what a program cannot read, a person may.
 */
import { join } from "node:path";
import type { TimeMs } from "../../shared/ids.ts";
import type { Disk } from "./disk/disk.ts";

export const setAsideFolder = "set-aside";

/** Makes a directory that was not there, durably. Returns its name relative to the data directory, with slashes. */
export function setAsideDirectory(disk: Disk, dataDir: string, what: string, at: TimeMs): string {
  // Colons cannot be in names on Windows.
  const time = new Date(at).toISOString().slice(0, 19).replaceAll(":", "-");
  const name = `${setAsideFolder}/${time}Z-${what}`;
  let free = name;
  for (let nth = 2; disk.exists(join(dataDir, free)); nth += 1) free = `${name}-${nth}`;
  disk.makeDirectory(join(dataDir, free));
  return free;
}
