/** Real databases, written by a real process that a real SIGKILL ends; then opened again. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, it } from "vitest";

const writer = fileURLToPath(new URL("commits-until-killed.ts", import.meta.url));
let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "lightcone-power-"));
  path = join(dir, "node.db");
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function run(steps: string): { readonly taken: number; readonly rows: number } {
  const child = spawnSync(process.execPath, [writer, path, steps], { encoding: "utf8", timeout: 30_000 });
  expect(child.stderr).toBe("");
  expect(child.signal).toBe("SIGKILL");
  const database = new Database(path);
  expect(database.pragma("integrity_check", { simple: true })).toBe("ok");
  const { rows } = database.prepare("SELECT count(*) AS rows FROM item").get() as { rows: number };
  database.close();
  return { taken: Number(child.stdout), rows };
}

it.each([
  ["keeps what was flushed", "fff", { taken: 0, rows: 3 }],
  ["takes what was not", "ffuu", { taken: 2, rows: 2 }],
  ["takes everything when nothing was", "uuu", { taken: 3, rows: 0 }],
  ["keeps what a later flush took along", "uuf", { taken: 0, rows: 3 }],
  ["takes commits of many pages whole", "fbub", { taken: 3, rows: 1 }],
  ["is not led astray by commits that change nothing", "fefeue", { taken: 1, rows: 2 }],
  ["keeps what a checkpoint has taken up", "fuuc", { taken: 0, rows: 3 }],
  ["takes only what came after the checkpoint", "fuucuu", { taken: 2, rows: 3 }],
  ["keeps all when the log was begun anew and not yet used", "fuur", { taken: 0, rows: 3 }],
  ["takes what a log begun anew holds", "ffuurub", { taken: 2, rows: 4 }],
  ["keeps what was flushed to a log begun anew", "fffffrfu", { taken: 1, rows: 6 }],
  ["knows of a checkpoint that a reader held up", "fuwuuc", { taken: 2, rows: 2 }],
])("a power cut %s", (_, steps, expected) => {
  expect(run(steps)).toEqual(expected);
});

it("goes on over many lives", () => {
  let rows = 0;
  for (const [steps, kept] of [
    ["fub", 1],
    ["ufu", 2],
    ["rbbu", 0],
    ["frub", 1],
  ] as const) {
    rows += kept;
    expect(run(steps).rows).toBe(rows);
  }
});
