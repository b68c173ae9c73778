/** `lightcone inspect` as a person types it. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LogCounter } from "../../../main/cli/storage/log-summary.ts";
import { openLog } from "../../../main/cli/storage/open-log.ts";
import { targetAt } from "../../../main/cli/storage/target.ts";
import { SqliteLogSource } from "../../../main/storage/log/sqlite-log-source.ts";
import { storeOptions } from "../storage/store-options.ts";
import { NodeStore } from "../../../main/storage/node-store.ts";
import type { RecordView } from "../../../shared/contract/storage.ts";
import { appendTo, hashOf, makeDataDirectory, owner } from "./data-directory.ts";

const entry = join(import.meta.dirname, "..", "..", "..", "main", "cli", "main.ts");
const dir = mkdtempSync(join(tmpdir(), "lightcone-inspect-"));
const dataDir = join(dir, "node-1");

beforeAll(() => makeDataDirectory(dataDir));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function inspect(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  try {
    return { status: 0, ...(await promisify(execFile)(process.execPath, [entry, "inspect", ...args])) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, stdout, stderr };
  }
}

const summaryOf = async (path: string) => {
  const log = await openLog(targetAt(path));
  const counter = new LogCounter();
  for (const committed of log.scan.sound()) counter.add(committed, {});
  log.close();
  return counter.summary;
};

it("reads the log that counts, not one that another kind left behind", async () => {
  const dataDir = mkdtempSync(join(dir, "kinds-"));
  for (const kind of ["file", "sqlite"] as const) {
    const store = new NodeStore(storeOptions(dataDir, { ...owner, log: kind, snapshots: kind }));
    const clock = { [owner.node]: 1 };
    const mutations = [{ module: "counter", table: "counters", key: kind, row: 1 }];
    store.commit({ transactions: [{ clock, at: 1, mutations }], events: [], operations: [], clock: null });
    store.close();
  }
  const opened = await openLog(targetAt(dataDir));
  expect(opened.path).toBe(join(dataDir, "node.db"));
  expect([opened.scan.first, opened.scan.last]).toEqual([2, 2]);
  opened.close();
});

describe("lightcone inspect", () => {
  it("counts, and leaves everything as it was", async () => {
    const before = hashOf(dataDir);
    expect(await inspect(dataDir)).toEqual({
      status: 0,
      stdout: [
        `Log of node-1, cluster "lightcone", in ${dataDir}/log`,
        "300 transactions, 1 to 300, with 300 mutations",
        "From 2023-11-14T22:13:20.001Z to 2023-11-14T22:13:20.300Z",
        "  module  version  table     mutations  of them gone",
        "  bank    2        accounts  75         10",
        "  kv      1        keys      225        32",
        "Vector clocks",
        "  node    from  to",
        "  node-1  1     300",
        "  node-2  2     600",
        "Segments",
        "  log/00000001.log  32.0 KiB  1 to 199    201 records  sealed",
        "  log/00000002.log  32.0 KiB  200 to 300  102 records",
        "No damage.",
        "",
      ].join("\n"),
      stderr: "",
    });
    expect(hashOf(dataDir)).toBe(before);
  });

  it("filters records by module, table, key and transactions, and stops at the limit", async () => {
    const [some, none] = await Promise.all([
      inspect(dataDir, "--records", "--json", "--module=bank", "--key=key-4", "--from=100", "--limit=3"),
      inspect(dataDir, "--records", "--table=nothing"),
    ]);
    const records = some.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as RecordView);
    expect(records.map(({ position, module, key }) => [position, module, key])).toEqual([
      [104, "bank", "key-4"],
      [124, "bank", "key-4"],
      [144, "bank", "key-4"],
    ]);
    expect(none).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  it("shows damage among the records where it lies", async () => {
    const path = join(dir, "damaged");
    cpSync(dataDir, path, { recursive: true });
    const file = join(path, "log", "00000001.log");
    const bytes = readFileSync(file);
    bytes[9_000]! ^= 4;
    writeFileSync(file, bytes);
    const { status, stdout } = await inspect(path, "--records", "--from=34", "--to=36");
    expect(status).toBe(0);
    expect(stdout.trimEnd().split("\n")).toEqual([
      expect.stringMatching(
        /^ +34 {2}log\/00000001\.log:8843 {2}put kv\.keys "key-4" = \{"n":34,.*\(by node-2, entry 34, term 1\)$/,
      ),
      expect.stringMatching(/^ +34 {2}log\/00000001\.log:8991 {2}damaged, 90 bytes: Not what was written\.$/),
      expect.stringMatching(/^ +36 {2}log\/00000001\.log:9081 {2}put bank\.accounts/),
    ]);
  });

  it("ends quietly when its reader has seen enough", async () => {
    const child = spawn(process.execPath, [entry, "inspect", dataDir, "--records"]);
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    await once(child.stdout, "data");
    child.stdout.destroy();
    const [code] = (await once(child, "close")) as [number];
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  it("refuses in one sentence what is no log", async () => {
    const { status, stderr } = await inspect(join(dataDir, "clocks"));
    expect(status).toBe(2);
    expect(stderr).toBe(`${join(dataDir, "clocks")} holds no log; lightcone validate says what is in it.\n`);
    await expect(openLog(targetAt(join(dataDir, "snapshots")))).rejects.toThrow(/holds no log/);
  });

  it("counts the same in a log of either kind", async () => {
    const inDatabase = join(dir, "sqlite");
    new NodeStore(storeOptions(inDatabase, owner)).close();
    const database = new Database(join(inDatabase, "node.db"));
    appendTo(new SqliteLogSource({ database, owner }).open(0).log, 300);
    database.close();
    const before = hashOf(inDatabase);
    expect(await summaryOf(inDatabase)).toEqual(await summaryOf(dataDir));
    expect(await summaryOf(join(inDatabase, "node.db"))).toEqual(await summaryOf(dataDir));
    expect(hashOf(inDatabase)).toBe(before);
  });
});
