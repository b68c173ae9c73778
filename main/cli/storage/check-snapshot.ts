/** A snapshot read from its first byte to its last, every checksum compared, with nothing kept in memory but a piece. */
import { closeSync, fstatSync, openSync } from "node:fs";
import { plural } from "../../../shared/checks/words.ts";
import {
  type DecodedHead,
  FrameError,
  readFoot,
  readHead,
  readRows,
} from "../../storage/snapshots/frames.ts";
import type { LogOwner } from "../../storage/log/transaction-log.ts";
import { ownerIn, readerOf } from "./snapshot-file.ts";
import type { FileReport, Finding } from "./report.ts";

export interface CheckedSnapshot {
  readonly report: FileReport;
  /** Null when not even that can be read. */
  readonly owner: LogOwner | null;
}

export const snapshotMeaning = "A start passes it over and begins with an older one, or with the log alone.";
export const snapshotAdvice =
  "Nothing is lost while the log still goes back to an older snapshot or to its beginning; take a new one with lightcone snapshot.";

/** `pause` is called between pieces. Throws what the file system throws. */
export async function checkSnapshot(
  path: string,
  file: string,
  pause: () => Promise<void>,
): Promise<CheckedSnapshot> {
  const handle = openSync(path, "r");
  let head: DecodedHead | null = null;
  const size = fstatSync(handle).size;
  const of = (verdict: FileReport["verdict"], contents: string, damage: readonly Finding[] = []) => ({
    owner: head === null ? null : ownerIn(head),
    report: { file, what: "snapshot" as const, verdict, bytes: size, contents, damage, remarks: [] },
  });
  try {
    const read = readerOf(handle);
    head = readHead(read);
    const { rows } = readFoot(read, size, head);
    const pieces = readRows(read, size, head);
    while (pieces.next().done !== true) await pause();
    return of("sound", contentsOf(head, rows));
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    const contents = head === null ? "" : contentsOf(head, null);
    if (error.kind === "newer_format") return of("unknown", `${error.message}; use the newer Lightcone`);
    return of("damaged", contents, [findingOf(file, size, error)]);
  } finally {
    closeSync(handle);
  }
}

function contentsOf({ head }: DecodedHead, rows: number | null): string {
  const many = rows === null ? "rows" : plural(rows, "row");
  return `${many} as after transaction ${head.position}, ${new Date(head.at).toISOString()}`;
}

const findingOf = (file: string, size: number, { offset, message }: FrameError): Finding => ({
  kind: "corrupt",
  file,
  offset,
  length: Math.max(0, size - offset),
  after: null,
  before: null,
  message: `${message.charAt(0).toUpperCase()}${message.slice(1)}.`,
  meaning: snapshotMeaning,
  advice: snapshotAdvice,
});
