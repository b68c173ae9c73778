/**
 * The database of a node: SQLite's own check of its pages and indexes, and whose it is. What Lightcone keeps in it, log
 * and snapshots, has checksums of its own and is looked at by those who know it.
 */
import { statSync } from "node:fs";
import { plural } from "../../../shared/checks/words.ts";
import { asNodeId } from "../../../shared/ids.ts";
import type { LogOwner } from "../../storage/log/transaction-log.ts";
import { checkFormat } from "../../storage/node-database.ts";
import { NodeStoreError } from "../../storage/node-store-error.ts";
import { openQuietly, type QuietDatabase } from "../../storage/quiet-database.ts";
import type { FileReport, Finding } from "./report.ts";

export interface CheckedDatabase {
  readonly report: FileReport;
  readonly owner: LogOwner | null;
  /** To look further; null when it cannot be read at all. The caller closes it. */
  readonly opened: QuietDatabase | null;
}

/** What SQLite finds wrong is told in full up to so many lines. */
const problemsMax = 20;

const meaning = "What lies in the damaged pages cannot be trusted; other parts may be whole.";
const advice =
  "Where other nodes have the data, start the node with one of them as --seed-node: it sets the file aside and is filled again. Alone, start it with --recovery=salvage to keep what can still be read, or restore a snapshot with lightcone restore.";

export function checkDatabase(path: string, file: string, inUse: boolean): CheckedDatabase {
  const bytes = statSync(path).size;
  const of = (
    verdict: FileReport["verdict"],
    contents: string,
    damage: readonly Finding[] = [],
  ): FileReport => ({ file, what: "database", verdict, bytes, contents, damage, remarks: [] });
  const damaged = (contents: string, messages: readonly string[]) =>
    of(
      "damaged",
      contents,
      messages.map((message) => findingOf(file, message)),
    );

  let opened: QuietDatabase | null = null;
  try {
    opened = openQuietly(path, inUse);
    checkFormat(opened.database);
    const owner = ownerIn(opened);
    const problems = problemsIn(opened);
    const contents = contentsOf(opened);
    return {
      report: problems.length > 0 ? damaged(contents, problems) : of("sound", contents),
      owner,
      opened,
    };
  } catch (error) {
    const code = (error as { code?: string }).code ?? "";
    if (error instanceof NodeStoreError) {
      opened?.close();
      return { report: of("unknown", error.message), owner: null, opened: null };
    }
    if (!code.startsWith("SQLITE_CORRUPT") && code !== "SQLITE_NOTADB") {
      opened?.close();
      return {
        report: of("unknown", `it cannot be read (${code || String(error)})`),
        owner: null,
        opened: null,
      };
    }
    return {
      report: damaged("", [`SQLite cannot read it: ${(error as Error).message}.`]),
      owner: null,
      opened,
    };
  }
}

/** Throws what SQLite throws. */
export function ownerIn({ database }: QuietDatabase): LogOwner | null {
  const rows = database
    .prepare<[], { name: string; value: string }>(
      "SELECT name, value FROM meta WHERE name IN ('node', 'cluster')",
    )
    .all();
  const meta = Object.fromEntries(rows.map(({ name, value }) => [name, value]));
  if (meta["node"] === undefined || meta["cluster"] === undefined) return null;
  return { node: asNodeId(meta["node"]), cluster: meta["cluster"] };
}

function problemsIn({ database }: QuietDatabase): string[] {
  const rows = database.pragma(`integrity_check(${problemsMax})`) as { integrity_check: string }[];
  const problems = rows.flatMap(({ integrity_check: text }) => text.split("\n"));
  return problems.filter((text) => text !== "ok").map((text) => `SQLite: ${text}.`);
}

function contentsOf({ database }: QuietDatabase): string {
  const { commits } = database
    .prepare<[], { commits: number }>("SELECT count(*) AS commits FROM trace")
    .get()!;
  return `trace of ${plural(commits, "commit")}`;
}

const findingOf = (file: string, message: string): Finding => ({
  kind: "database",
  file,
  offset: null,
  length: null,
  after: null,
  before: null,
  message,
  meaning,
  advice,
});
