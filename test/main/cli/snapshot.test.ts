/** `lightcone snapshot` and `lightcone restore` as a person types them: what was there is there again. */
import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSnapshotFile } from "../../../main/cli/storage/snapshot-file.ts";
import { openStopped } from "../../../main/cli/storage/stopped-node.ts";
import { restore, type RestoreOptions } from "../../../main/cli/storage/restore.ts";
import { lockDirectory } from "../../../main/storage/directory-lock.ts";
import { SqliteLogSource } from "../../../main/storage/log/sqlite-log-source.ts";
import { NodeStore } from "../../../main/storage/node-store.ts";
import { recover } from "../../../main/storage/recovery/recover.ts";
import { restoringFolder } from "../../../main/storage/unfinished-restore.ts";
import { asNodeId } from "../../../shared/ids.ts";
import { builtInModules } from "../../../shared/runtime/modules.ts";
import { Schema } from "../../../shared/runtime/schema.ts";
import { Tables } from "../../../shared/runtime/tables.ts";
import { storeOptions } from "../storage/store-options.ts";
import { appendTo, hashOf, makeDataDirectory, owner } from "./data-directory.ts";

const entry = join(import.meta.dirname, "..", "..", "..", "main", "cli", "main.ts");
const dir = mkdtempSync(join(tmpdir(), "lightcone-snapshot-"));
const source = join(dir, "node-1");
let names = 0;
const fresh = () => join(dir, `copy-${names++}`);

beforeAll(() => makeDataDirectory(source));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function lightcone(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  try {
    return { status: 0, ...(await promisify(execFile)(process.execPath, [entry, ...args])) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, stdout, stderr };
  }
}

function copy(): string {
  const path = fresh();
  cpSync(source, path, { recursive: true });
  return path;
}

/** What a start makes of the directory. */
function started(dataDir: string) {
  const node = openStopped(dataDir);
  try {
    const { tables, clock, position, log } = recover({
      source: node.source,
      snapshots: node.snapshots,
      mode: "strict",
      schema: new Schema(builtInModules),
      hasPeers: () => false,
      now: Date.now,
    });
    log.close();
    return { owner: node.owner, digest: tables.digest(), clock, position, index: tables.index };
  } finally {
    node.close();
  }
}

function digestOfFile(path: string): string {
  const file = openSnapshotFile(path);
  const tables = new Tables();
  for (const row of file.rows()) tables.apply(row);
  file.close();
  return tables.digest();
}

const restoring = (file: string, dataDir: string, more: Partial<RestoreOptions> = {}): RestoreOptions => ({
  file,
  dataDir,
  node: null,
  cluster: null,
  force: false,
  ...more,
});

describe("lightcone snapshot", () => {
  it("goes into a file and back into a directory that holds the same rows", async () => {
    const [path, out, back] = [copy(), `${fresh()}.snapshot`, fresh()];
    const before = started(path);
    const taken = await lightcone("snapshot", path, "--out", out);
    expect(taken).toMatchObject({ status: 0, stderr: "" });
    expect(taken.stdout).toMatch(
      /^Read 3 rows of the snapshot at 150 and replayed 150 transactions from the log\.\nSnapshot of node-1: 14 rows as after transaction 300, .*, snapshots\/000000000300\.snapshot\.\nWritten to .*\.snapshot, .*\.\n$/,
    );
    expect(digestOfFile(out)).toBe(before.digest);

    const restored = await lightcone("restore", out, back);
    expect(restored).toMatchObject({ status: 0, stderr: "" });
    expect(restored.stdout).toMatch(
      /belongs to node-1 of cluster "lightcone": 14 rows as after transaction 300 of node-1/,
    );
    const after = started(back);
    expect(after.digest).toBe(before.digest);
    expect(after.owner).toEqual(owner);
  });

  it("finds the end of the log in a snapshot already, the second time", async () => {
    const path = copy();
    await lightcone("snapshot", path);
    const { status, stdout } = await lightcone("snapshot", path);
    expect(status).toBe(0);
    expect(stdout).toMatch(/The newest snapshot is of the end of the log already/);
  });

  it("takes a log in a database as well", async () => {
    const [path, out] = [fresh(), `${fresh()}.snapshot`];
    new NodeStore(storeOptions(path, owner)).close();
    const database = new Database(join(path, "node.db"));
    appendTo(new SqliteLogSource({ database, owner }).open(0).log, 50);
    database.close();
    const { status, stdout } = await lightcone("snapshot", path, "--out", out);
    expect(status, stdout).toBe(0);
    expect(digestOfFile(out)).toBe(started(path).digest);
  });

  it("refuses a running node's directory, a damaged log, a file that is there: nothing changes", async () => {
    const [path, damaged] = [copy(), copy()];
    const file = join(damaged, "log", "00000002.log");
    writeFileSync(file, readFileSync(file).fill(7, 5_000, 5_100));
    const lock = lockDirectory(path);
    // Not the lock itself: a process that closes a file loses every lock it has on it.
    const hashes = () =>
      [path, damaged].flatMap((at) => ["log", "snapshots"].map((part) => hashOf(join(at, part))));
    const before = hashes();
    const [running, broken, taken, foreign] = await Promise.all([
      lightcone("snapshot", path),
      lightcone("snapshot", damaged),
      lightcone("snapshot", path, "--out", file),
      lightcone("snapshot", dir),
    ]);
    lock.release();
    expect(running).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^A node is running on .*--url/),
    });
    expect(broken).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^The transaction log is damaged/),
    });
    expect(taken).toMatchObject({ status: 1, stderr: expect.stringMatching(/^There is a file .* already/) });
    expect(foreign).toMatchObject({ status: 1, stderr: expect.stringMatching(/holds nothing of a node/) });
    for (const { stderr } of [running, broken, taken, foreign]) expect(stderr).not.toMatch(/\n\s+at /);
    expect(hashes()).toEqual(before);
  });
});

describe("lightcone restore", () => {
  const file = join(source, "snapshots", "000000000150.snapshot");

  it("gives out no number twice: of the clock, of the log, of entries (P1)", () => {
    const back = fresh();
    restore(restoring(file, back), null);
    const { clock, position, index } = started(back);
    expect(clock).toEqual({ "node-1": 1_000_150, "node-2": 300 });
    expect(position).toBe(1_000_150);
    expect(index).toBe(1_000_150);
  });

  it("changes nothing when it does not get to the end of the snapshot", () => {
    const broken = join(dir, `broken-${names++}.snapshot`);
    const bytes = readFileSync(file);
    writeFileSync(broken, bytes.fill(0, bytes.length - 48));
    const [empty, held] = [fresh(), copy()];
    lockDirectory(held).release();
    const before = hashOf(held);
    expect(() => restore(restoring(broken, empty), null)).toThrow();
    expect(() => restore(restoring(broken, held, { force: true }), owner)).toThrow();
    expect(readdirSync(empty).filter((name) => !name.startsWith("node.lock"))).toEqual([]);
    expect(hashOf(held)).toBe(before);
  });

  it("P1: that was killed on the way leaves a directory that no node starts on, and is asked for again", () => {
    const path = copy();
    // Killed while the old contents were moved: some are gone, and the new ones are not there.
    mkdirSync(join(path, restoringFolder));
    writeFileSync(join(path, restoringFolder, "node.db"), "half of it");
    rmSync(join(path, "log"), { recursive: true });
    const start = () => new NodeStore(storeOptions(path, { ...owner }));
    expect(start).toThrow(/^A restore into .* did not get to its end; ask "lightcone restore" for it again/);
    restore(restoring(file, path, { force: true }), owner);
    expect(existsSync(join(path, restoringFolder))).toBe(false);
    start().close();
    expect(started(path).clock["node-1"]).toBeGreaterThanOrEqual(1_000_150);
  });

  it("gives another node the data and not the identity", () => {
    const [made, back] = [fresh(), fresh()];
    makeDataDirectory(made, 10, [
      { module: "node", table: "self", key: "incarnation", row: 7 },
      { module: "kv", table: "hints", key: "node-3 cart", row: { hint: true } },
      { module: "kv", table: "keys", key: "cart", row: { milk: 1 } },
    ]);
    const snapshot = join(made, "snapshots", "000000000005.snapshot");
    const { owner: whose } = restore(restoring(snapshot, back, { node: asNodeId("node-4") }), null);
    expect(whose).toEqual({ node: "node-4", cluster: "lightcone" });
    const expected = new Tables();
    expected.apply({ module: "kv", table: "keys", key: "cart", row: { milk: 1 } });
    expect(started(back)).toMatchObject({
      digest: expected.digest(),
      clock: { "node-1": 5, "node-2": 10, "node-4": 1_000_000 },
    });
  });

  it("refuses another node's directory unless it is told, and a directory that is not empty", () => {
    const path = copy();
    const before = hashOf(path);
    const held = { node: asNodeId("node-2"), cluster: "lightcone" };
    expect(() => restore(restoring(file, path, { force: true }), held)).toThrow(
      /is a snapshot of node-1, and .* belongs to node-2: say --node-id=node-2/,
    );
    expect(() =>
      restore(restoring(file, path, { force: true }), { node: owner.node, cluster: "other" }),
    ).toThrow(/of cluster "lightcone", and .* belongs to "other"/);
    expect(() => restore(restoring(file, path), owner)).toThrow(/is not empty/);
    expect(hashOf(path)).toBe(before);
  });

  it("sets aside what was there when it is forced, every byte of it", () => {
    const path = copy();
    const before = hashOf(path);
    const { aside } = restore(restoring(file, path, { force: true }), owner);
    expect(hashOf(join(path, aside!))).toBe(before);
    expect(started(path).position).toBe(1_000_150);
  });

  it("refuses a snapshot that is damaged, and what is none, before it makes anything", async () => {
    const [broken, back] = [`${fresh()}.snapshot`, fresh()];
    writeFileSync(broken, readFileSync(file).fill(0, 400, 410));
    const [damaged, none, nothing] = await Promise.all([
      lightcone("restore", broken, back),
      lightcone("restore", join(source, "clocks", "node-1.clock.json"), back),
      lightcone("restore", join(dir, "nowhere"), back),
    ]);
    expect(damaged).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /cannot be restored from; nothing was changed\. The checksum of a record/,
      ),
    });
    expect(none).toMatchObject({ status: 1, stderr: expect.stringMatching(/is no snapshot/) });
    expect(nothing).toMatchObject({ status: 1, stderr: expect.stringMatching(/There is nothing at/) });
    expect(existsSync(back)).toBe(false);
  });
});
