/** Places a node cannot use: one sentence on stderr, exit code 1, nothing changed on disk. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { TestCluster } from "./cluster.ts";

const entry = resolve(import.meta.dirname, "../../../main/worker/main.ts");
const files = ["--log=file", "--snapshots=file", "--clock-store=file"];
const alone = ["--n=1", "--r=1", "--w=1"];

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "lightcone-places-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const written = new TestCluster();
afterAll(() => written.end());

/** A directory that a node has used, and left. */
async function used(flags: readonly string[]): Promise<string> {
  const node = written.spawn("node-1", 0, { flags: [...alone, ...flags] }, dir);
  await node.ready();
  await node.signal("SIGKILL");
  return dir;
}

/** In a mount namespace of its own, in which this directory is read-only. */
const readOnly = (place: string): readonly [string, ...string[]] => [
  "unshare",
  "-m",
  "sh",
  "-c",
  `mount --bind '${place}' '${place}' && mount -o remount,ro,bind '${place}' && exec "$@"`,
  "sh",
];

async function end(dataDir: string, flags: readonly string[], before: readonly string[] = []) {
  const node = ["--node-id=node-1", "--host=127.0.0.1", "--port=0", `--data-dir=${dataDir}`];
  const [program = "", ...words] = [...before, process.execPath, entry, ...node, ...alone, ...flags];
  const child = spawn(program, words, {
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 25_000,
  });
  let stderr = "";
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  const code = await new Promise((done) => child.once("close", done));
  return { code, stderr };
}

/** Every file and what is in it; SQLite's index of a log, and the lock, are nobody's data. */
function contentsOf(place: string, isOurs = (_name: string) => true): string[] {
  return readdirSync(place, { recursive: true, encoding: "utf8" })
    .filter(isOurs)
    .filter(
      (name) => !name.endsWith("-shm") && !name.includes("node.lock") && statSync(join(place, name)).isFile(),
    )
    .map((name) => `${name}: ${readFileSync(join(place, name)).toString("base64")}`)
    .filter((text) => !text.endsWith("node.db-wal: "))
    .sort();
}

async function expectRefused(
  dataDir: string,
  flags: readonly string[],
  sentence: RegExp,
  how: readonly string[] = [],
) {
  // Clocks are opened last: node.db has its write-ahead log taken up by then, and holds the same.
  const isLate = sentence.source.includes("clock");
  const contents = () => contentsOf(dataDir, (name) => !(isLate && name.startsWith("node.db")));
  const before = contents();
  const { code, stderr } = await end(dataDir, flags, how);
  expect(stderr).toMatch(sentence);
  expect(stderr.trim().split("\n"), "one sentence").toHaveLength(1);
  expect(code).toBe(1);
  expect(contents()).toEqual(before);
}

const probe = mkdtempSync(join(tmpdir(), "lightcone-probe-"));
const [command, ...words] = readOnly(probe);
const cannotMount = spawnSync(command, [...words, "true"]).status !== 0;
rmSync(probe, { recursive: true });
if (cannotMount) console.warn("Skipped: read-only file systems, for this user may not mount any.");

describe.skipIf(cannotMount)("a read-only file system", () => {
  it.each([
    [[], /node\.db cannot be written; check its path and permissions/],
    [files, /node\.db cannot be written; check its path and permissions/],
  ])("with the data of a node, %s", async (flags, sentence) => {
    await used(flags);
    await expectRefused(dir, flags, sentence, readOnly(dir));
  });

  it("with nothing on it", async () => {
    await expectRefused(dir, [], /cannot be written; check its path and permissions/, readOnly(dir));
    expect(readdirSync(dir)).toEqual([]);
  });

  it("on which the directory would have to be made", async () => {
    const { code, stderr } = await end(join(dir, "new"), [], readOnly(dir));
    expect(stderr).toMatch(/^The data directory .* cannot be made; check its path and permissions\..*\n$/);
    expect(code).toBe(1);
  });
});

describe("what cannot be read", () => {
  it.each([
    ["node.db", /node\.db cannot be opened; check its path and permissions/],
    ["log/00000001.log", /log cannot be read; check the disk and its permissions/],
    ["clocks/node-1.clock.json", /is a directory where a vector clock should be; move it away/],
  ])("%s, where a directory has its name", async (name, sentence) => {
    await used(files);
    rmSync(join(dir, name), { force: true });
    mkdirSync(join(dir, name));
    await expectRefused(dir, files, sentence);
  });

  it.each([
    ["log", /transaction log .*cannot be/],
    ["snapshots", /snapshots? .*cannot be/],
    ["clocks", /clocks? .*cannot be/],
  ])("%s, where a file has its name", async (name, sentence) => {
    await used(files);
    rmSync(join(dir, name), { recursive: true, force: true });
    writeFileSync(join(dir, name), "in the way");
    await expectRefused(dir, files, sentence);
  });
});
