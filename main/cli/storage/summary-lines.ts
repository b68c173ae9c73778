/** What `inspect` counted, for people. */
import { plural } from "../../../shared/checks/words.ts";
import type { Damage, SegmentInfo } from "../../storage/log/transaction-log.ts";
import { lostWords } from "../../storage/recovery/words.ts";
import type { LogSummary } from "./log-summary.ts";
import { placeOf, sizeText } from "./report-lines.ts";

export interface Inspected extends LogSummary {
  readonly path: string;
  readonly node: string | null;
  readonly cluster: string | null;
  readonly segments: readonly SegmentInfo[];
  readonly damage: readonly Damage[];
}

export function summaryLines(inspected: Inspected): string[] {
  const { path, node, cluster, segments, damage } = inspected;
  return [
    node === null ? `Log in ${path}` : `Log of ${node}, cluster "${cluster}", in ${path}`,
    ...countLines(inspected),
    ...moduleLines(inspected),
    ...clockLines(inspected),
    "Segments",
    ...segmentLines(segments),
    damage.length === 0 ? "No damage." : "Damage",
    ...damage.map(damageLine),
  ];
}

function countLines({ transactions, mutations, positions, times }: LogSummary): string[] {
  if (positions === null || times === null) return ["No transactions."];
  return [
    `${plural(transactions, "transaction")}, ${positions.first} to ${positions.last}, with ${plural(mutations, "mutation")}`,
    `From ${new Date(times.first).toISOString()} to ${new Date(times.last).toISOString()}`,
  ];
}

function moduleLines({ modules }: LogSummary): string[] {
  const rows = Object.entries(modules).flatMap(([module, { versions, tables }]) =>
    Object.entries(tables).map(([table, { mutations, removals }], index) => [
      index > 0 ? "" : module,
      index > 0 ? "" : versionText(versions),
      table,
      String(mutations),
      String(removals),
    ]),
  );
  return rows.length === 0
    ? []
    : aligned([["module", "version", "table", "mutations", "of them gone"], ...rows]);
}

const versionText = (versions: readonly number[]) => (versions.length === 0 ? "none" : versions.join(", "));

function clockLines({ clocks }: LogSummary): string[] {
  const rows = Object.entries(clocks).map(([node, { first, last }]) => [node, String(first), String(last)]);
  return rows.length === 0 ? [] : ["Vector clocks", ...aligned([["node", "from", "to"], ...rows])];
}

const segmentLines = (segments: readonly SegmentInfo[]): string[] =>
  segments.length === 0
    ? ["  none"]
    : aligned(
        segments.map(({ file, bytes, first, last, records, sealed }) => [
          file,
          sizeText(bytes),
          last < first ? "empty" : `${first} to ${last}`,
          plural(records, "record"),
          sealed ? "sealed" : "",
        ]),
      );

/** A torn tail is among them, and says itself that it is none. */
function damageLine(damage: Damage): string {
  const { kind, file, message } = damage;
  const lost = kind === "torn-tail" ? "" : ` ${lostWords(damage)}`;
  return `  ${kind}  ${file}${placeOf(damage)}: ${message}${lost}`;
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ")}`.trimEnd(),
  );
}
