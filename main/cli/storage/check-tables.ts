/** The log and the snapshots that lie in a node's database, record by record. */
import { plural } from "../../../shared/checks/words.ts";
import { scanTables } from "../../storage/log/sqlite-scan.ts";
import type { LogOwner } from "../../storage/log/transaction-log.ts";
import type { QuietDatabase } from "../../storage/quiet-database.ts";
import { SnapshotError, type SnapshotInfo } from "../../storage/snapshots/snapshot-store.ts";
import { SqliteSnapshotStore } from "../../storage/snapshots/sqlite-snapshot-store.ts";
import type { Position } from "../../../shared/runtime/types.ts";
import { reportsOfLog } from "./check-log.ts";
import { snapshotAdvice, snapshotMeaning } from "./check-snapshot.ts";
import type { FileReport, Finding } from "./report.ts";

/** Throws LogError and SnapshotError. */
export async function checkTables(
  { database }: QuietDatabase,
  owner: LogOwner,
  pause: () => Promise<void>,
  reached: Position,
): Promise<FileReport[]> {
  const reports = reportsOfLog(scanTables(database, owner, null, reached), "log table");
  await pause();
  const store = new SqliteSnapshotStore({ database, owner, readOnly: true });
  for (const { name, message } of store.damaged()) {
    reports.push(reportOf(name, 0, "", findingOf(name, null, message)));
  }
  for (const info of store.list()) reports.push(await checkOne(store, info, pause));
  return reports;
}

const rowsAtOnce = 10_000;

async function checkOne(
  store: SqliteSnapshotStore,
  info: SnapshotInfo,
  pause: () => Promise<void>,
): Promise<FileReport> {
  const { name, bytes, rows, position, at } = info;
  const contents = `${plural(rows, "row")} as after transaction ${position}, ${new Date(at).toISOString()}`;
  let read = 0;
  try {
    const reading = store.open(position).rows()[Symbol.iterator]();
    while (reading.next().done !== true) if (++read % rowsAtOnce === 0) await pause();
    return reportOf(name, bytes, contents, null);
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return reportOf(name, bytes, contents, findingOf(name, error.offset, error.message));
  }
}

const reportOf = (file: string, bytes: number, contents: string, finding: Finding | null): FileReport => ({
  file,
  what: "snapshot",
  verdict: finding === null ? "sound" : "damaged",
  bytes,
  contents,
  damage: finding === null ? [] : [finding],
  remarks: [],
});

const findingOf = (file: string, offset: number | null, message: string): Finding => ({
  kind: "corrupt",
  file,
  offset,
  length: null,
  after: null,
  before: null,
  message,
  meaning: snapshotMeaning,
  advice: snapshotAdvice,
});
