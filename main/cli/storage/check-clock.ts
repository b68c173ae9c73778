/** A clock file, looked at and left where it lies: a start would set a damaged one aside. */
import { statSync } from "node:fs";
import { readClockFile } from "../../storage/clocks/clock-file.ts";
import { RealDisk } from "../../storage/disk/real-disk.ts";
import type { FileReport } from "./report.ts";

/** No clock is near as long. */
const bytesMax = 16 * 2 ** 20;
const entriesShown = 8;

const meaning = "The node cannot know which timestamps it has given out.";
const advice =
  'Put a good copy there, as JSON like {"node-1":42} with a counter that was never reached. Or start the node: unless it is told --recovery=strict, it takes the clock of its log and skips a million.';

/** Throws what the file system throws. */
export function checkClock(path: string, file: string): FileReport {
  const { size } = statSync(path);
  const decoded =
    size > bytesMax ? { problem: "is far too long for a clock" } : readClockFile(new RealDisk(), path);
  const base = { file, what: "clock" as const, bytes: size, remarks: [] };
  if (decoded === null) return { ...base, verdict: "sound", contents: "gone meanwhile", damage: [] };
  if ("clock" in decoded) {
    return { ...base, verdict: "sound", contents: contentsOf(decoded.clock), damage: [] };
  }
  const message = `The vector clock in ${file} ${decoded.problem}.`;
  const nowhere = { offset: 0, length: size, after: null, before: null };
  const finding = { kind: "content" as const, file, ...nowhere, message, meaning, advice };
  return { ...base, verdict: "damaged", contents: "", damage: [finding] };
}

function contentsOf(clock: Readonly<Record<string, number>>): string {
  const entries = Object.entries(clock);
  const shown = entries.slice(0, entriesShown).map(([node, counter]) => `${node}:${counter}`);
  const more = entries.length - shown.length;
  return `{${shown.join(", ")}${more > 0 ? `, and ${more} more` : ""}}`;
}
