/** What `validate` says of a log: a report for each of its segments, and damage where it lies. */
import { plural } from "../../../shared/checks/words.ts";
import type { Damage, LogScan, SegmentInfo } from "../../storage/log/transaction-log.ts";
import { findingOf } from "./damage-words.ts";
import type { FileReport } from "./report.ts";

/** A file that is missing has a report of its own. */
export function reportsOfLog({ segments, damage }: LogScan, what: FileReport["what"]): FileReport[] {
  const known = new Set(segments.map(({ file }) => file));
  const missing = [...new Set(damage.map(({ file }) => file))].filter((file) => !known.has(file));
  return [
    ...segments.map((segment) => reportOf(segment.file, what, segment.bytes, contentsOf(segment), damage)),
    ...missing.map((file) => reportOf(file, what, 0, "not there", damage)),
  ].toSorted((a, b) => (a.file < b.file ? -1 : Number(a.file > b.file)));
}

function reportOf(
  file: string,
  what: FileReport["what"],
  bytes: number,
  contents: string,
  all: readonly Damage[],
): FileReport {
  const here = all.filter((damage) => damage.file === file);
  const found = here.map(findingOf).filter((finding) => finding !== null);
  const remarks = here
    .filter(({ kind }) => kind === "torn-tail")
    .map(
      ({ message }) =>
        `${message} That is a torn tail and no damage: the next start cuts it off and keeps a copy.`,
    );
  return {
    file,
    what,
    verdict: found.length > 0 ? "damaged" : "sound",
    bytes,
    contents,
    damage: found,
    remarks,
  };
}

function contentsOf({ records, first, last, sealed }: SegmentInfo): string {
  const transactions = last < first ? "no transactions" : `transactions ${first} to ${last}`;
  return `${plural(records, "record")}, ${transactions}${sealed ? ", sealed" : ""}`;
}
