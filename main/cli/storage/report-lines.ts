/** A report of `validate` for people: one line per file, then each place that is damaged, then the verdict. */
import { plural } from "../../../shared/checks/words.ts";
import { logTables } from "../../storage/log/sqlite-tables.ts";
import { lostWords } from "../../storage/recovery/words.ts";
import type { FileReport, Finding, Report } from "./report.ts";

export function reportLines(report: Report): string[] {
  const { files, remarks } = report;
  const found = files.flatMap(({ damage }) => damage);
  return [
    ownerLine(report),
    ...fileLines(files),
    ...files.flatMap(({ file, remarks }) => remarks.map((remark) => `Remark on ${file}: ${remark}`)),
    ...remarks.map((remark) => `Remark: ${remark}`),
    ...found.flatMap(findingLines),
    verdictLine(report),
  ];
}

function ownerLine({ path, node, cluster, inUse }: Report): string {
  const whose = node === null ? path : `${path} belongs to ${node} of cluster "${cluster}"`;
  return `${whose}${inUse ? ", and is in use: what is written meanwhile is not looked at" : ""}.`;
}

function fileLines(files: readonly FileReport[]): string[] {
  const rows = files.map(({ file, bytes, contents, verdict }) => [verdict, file, sizeText(bytes), contents]);
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)));
  return rows.map(([verdict, file, size, contents]) =>
    `  ${verdict!.padEnd(widths[0]!)}  ${file!.padEnd(widths[1]!)}  ${size!.padStart(widths[2]!)}  ${contents}`.trimEnd(),
  );
}

function findingLines(finding: Finding): string[] {
  const { file, message, meaning, advice, after, before } = finding;
  const lost = after === null ? "" : ` ${lostWords({ after, before })}`;
  return [
    "",
    `damaged: ${file}${placeOf(finding)}`,
    `  What:   ${message}`,
    `  Means:  ${meaning}${lost}`,
    `  Do:     ${advice}`,
  ];
}

export function placeOf({ file, offset, length }: Pick<Finding, "file" | "offset" | "length">): string {
  if (offset === null) return "";
  const place = logTables.includes(file) ? `row ${offset}` : `byte ${offset}`;
  return `, ${place}${length === null || length === 0 ? "" : `, ${plural(length, "byte")} long`}`;
}

function verdictLine({ verdict, files }: Report): string {
  const places = files.reduce((sum, { damage }) => sum + damage.length, 0);
  const checked = plural(files.length, "file");
  switch (verdict) {
    case "sound":
      return `sound: ${checked}, no damage.`;
    case "damaged":
      return `\ndamaged: ${plural(places, "place")} in ${plural(files.filter(({ verdict }) => verdict === "damaged").length, "file")} of ${files.length}.`;
    case "unknown":
      return `cannot tell: ${files
        .filter(({ verdict }) => verdict === "unknown")
        .map(({ file }) => file)
        .join(", ")} could not be judged.`;
  }
}

const units = ["B", "KiB", "MiB", "GiB"];

export function sizeText(bytes: number): string {
  const step = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${step === 0 ? bytes : (bytes / 1024 ** step).toFixed(1)} ${units[step]}`;
}
