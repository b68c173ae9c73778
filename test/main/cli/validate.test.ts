/** `lightcone validate` as a person types it, and what it says of every kind of file. */
import { execFile } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { crc32 } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check } from "../../../main/cli/storage/check.ts";
import type { Report } from "../../../main/cli/storage/report.ts";
import { reportLines } from "../../../main/cli/storage/report-lines.ts";
import { targetAt } from "../../../main/cli/storage/target.ts";
import { storeOptions } from "../storage/store-options.ts";
import { NodeStore } from "../../../main/storage/node-store.ts";
import { skipped } from "../../skipped.ts";
import { breakPage, pagesOf } from "../storage/database-pages.ts";
import { appendTorn, hashOf, logSource, makeDataDirectory, owner } from "./data-directory.ts";

const entry = join(import.meta.dirname, "..", "..", "..", "main", "cli", "main.ts");
const dir = mkdtempSync(join(tmpdir(), "lightcone-validate-"));
const sound = join(dir, "sound");
let names = 0;

beforeAll(() => makeDataDirectory(sound));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const quietly = { pause: () => Promise.resolve(), progress: () => {} };
const looked = (path: string): Promise<Report> => check(targetAt(path), quietly);
const firstSegment = (dataDir: string) => join(dataDir, "log", "00000001.log");
const snapshotOf = (dataDir: string) => join(dataDir, "snapshots", "000000000150.snapshot");
const clockOf = (dataDir: string) => join(dataDir, "clocks", "node-1.clock.json");

/** A copy of the sound directory, to be broken. */
function copy(): string {
  const path = join(dir, `copy-${names++}`);
  cpSync(sound, path, { recursive: true });
  return path;
}

function fileOf(content: string | Buffer, name = `file-${names++}`): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

function flipBit(path: string, offset: number, bit = 0): void {
  const bytes = readFileSync(path);
  bytes[offset]! ^= 1 << bit;
  writeFileSync(path, bytes);
}

async function validate(...args: string[]) {
  const run = promisify(execFile);
  try {
    const { stdout, stderr } = await run(process.execPath, [entry, "validate", ...args]);
    return { status: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, stdout, stderr };
  }
}

describe("lightcone validate", () => {
  it("finds a sound directory sound and leaves it as it was", async () => {
    const before = hashOf(sound);
    expect(await validate(sound)).toEqual({
      status: 0,
      stdout: [
        `${sound} belongs to node-1 of cluster "lightcone".`,
        "  sound  log/00000001.log                 32.0 KiB  201 records, transactions 1 to 199, sealed",
        "  sound  log/00000002.log                 32.0 KiB  102 records, transactions 200 to 300",
        "  sound  snapshots/000000000150.snapshot     602 B  3 rows as after transaction 150, 2023-11-14T22:13:20.150Z",
        "  sound  clocks/node-1.clock.json             47 B  {node-1:300, node-2:600}",
        "sound: 4 files, no damage.",
        "",
      ].join("\n"),
      stderr: "",
    });
    expect(hashOf(sound)).toBe(before);
  });

  it("says where damage is, what it means and what to do, and leaves it as it was", async () => {
    const path = copy();
    flipBit(firstSegment(path), 9_000);
    const before = hashOf(path);
    const { status, stdout } = await validate(path);
    expect(status).toBe(1);
    expect(stdout).toMatch(/damaged {2}log\/00000001\.log/);
    expect(stdout).toMatch(/\ndamaged: log\/00000001\.log, byte 8991, 90 bytes long\n/);
    expect(stdout).toMatch(/Means: .* Transaction 35 is lost\.\n {2}Do: .*--recovery=salvage/);
    expect(stdout).toMatch(/\ndamaged: 1 place in 1 file of 4\.\n$/);
    expect(hashOf(path)).toBe(before);
  });

  it("prints one JSON object, also of what it cannot judge", async () => {
    const path = copy();
    flipBit(firstSegment(path), 9_000);
    const [damaged, foreign] = await Promise.all([
      validate(path, "--json"),
      validate(fileOf("hello"), "--json"),
    ]);
    const report = JSON.parse(damaged.stdout) as Report;
    expect(report).toMatchObject({ verdict: "damaged", node: "node-1", inUse: false });
    expect(report.files[0]!.damage).toMatchObject([{ kind: "corrupt", offset: 8991, after: 34, before: 36 }]);
    expect(foreign.status).toBe(2);
    expect(JSON.parse(foreign.stdout)).toEqual({ error: expect.stringMatching(/is no file of a node/) });
    expect(foreign.stderr).not.toMatch(/\n\s+at /);
  });

  it("finds nothing wrong with a log that is being written", async () => {
    const path = join(dir, "growing");
    const { log } = logSource(path).open(0);
    const append = () =>
      log.append(
        [
          {
            clock: { "node-1": log.last + 1 },
            at: 1,
            mutations: [{ module: "kv", table: "keys", key: "k", row: log.last }],
          },
        ],
        "written",
      );
    const timer = setInterval(() => {
      for (let left = 20; left > 0; left--) append();
    }, 1);
    try {
      for (let run = 0; run < 40; run++) {
        const { verdict, files } = await looked(path);
        expect(verdict, JSON.stringify(files)).toBe("sound");
        await new Promise((done) => setTimeout(done, 2));
      }
      const { status, stdout } = await validate(path);
      expect(status, stdout).toBe(0);
    } finally {
      clearInterval(timer);
      log.close();
    }
    expect(log.last).toBeGreaterThan(100);
  });

  it("ends with one sentence when it is interrupted", async () => {
    const interrupted = { ...quietly, pause: () => Promise.reject(new Error("Interrupted.")) };
    await expect(check(targetAt(sound), interrupted)).rejects.toThrow("Interrupted.");
  });
});

describe("what validate says of", () => {
  it("each part named by itself", async () => {
    const paths = [join(sound, "log"), firstSegment(sound), join(sound, "snapshots"), snapshotOf(sound)];
    for (const path of paths) expect(await looked(path)).toMatchObject({ verdict: "sound", node: "node-1" });
    for (const path of [join(sound, "clocks"), clockOf(sound)]) {
      expect(await looked(path)).toMatchObject({ verdict: "sound", node: null });
    }
  });

  it("a segment under another name in another place", async () => {
    const path = join(dir, "from-a-backup");
    cpSync(join(sound, "log", "00000002.log"), path);
    const { verdict, files } = await looked(path);
    expect(verdict).toBe("sound");
    expect(files[0]!.contents).toBe("102 records, transactions 200 to 300");
  });

  it("a link to a directory: what it leads to", async () => {
    const link = join(dir, "link");
    symlinkSync(sound, link);
    expect(await looked(link)).toMatchObject({ verdict: "sound", node: "node-1" });
  });

  it("a torn tail: that it is one, and no damage", async () => {
    const path = copy();
    appendTorn(path);
    const report = await looked(path);
    expect(report.verdict).toBe("sound");
    expect(reportLines(report).join("\n")).toMatch(
      /Remark on log\/00000002\.log: The last append .* That is a torn tail and no damage/,
    );
  });

  it("a segment that is gone", async () => {
    const path = copy();
    rmSync(firstSegment(path));
    cpSync(join(path, "log", "00000002.log"), join(path, "log", "00000003.log"));
    expect((await looked(path)).verdict).toBe("damaged");
  });

  it.each([
    ["a clock that was changed", (path: string) => flipBit(clockOf(path), 12), /does not fit its checksum/],
    ["an empty clock", (path: string) => truncateSync(clockOf(path)), /is empty/],
    [
      "a clock with a counter below nothing",
      (path: string) => writeFileSync(clockOf(path), '{"node-1":-3}'),
      /the counter -3/,
    ],
    ["a snapshot that was changed", (path: string) => flipBit(snapshotOf(path), 400), /checksum of a record/],
    [
      "a snapshot that was cut off",
      (path: string) => truncateSync(snapshotOf(path), 300),
      /ends before its last record/,
    ],
    ["an empty snapshot", (path: string) => truncateSync(snapshotOf(path)), /ends inside its head/],
    ["a segment that was cut off", (path: string) => truncateSync(firstSegment(path), 9_000), /cut off/],
    ["an empty segment", (path: string) => truncateSync(firstSegment(path)), /head/],
    [
      "a segment without its head",
      (path: string) => {
        const bytes = readFileSync(firstSegment(path));
        writeFileSync(firstSegment(path), bytes.fill(0, 0, 4_096));
      },
      /head/,
    ],
  ])("%s", async (_name, damage, sentence) => {
    const path = copy();
    damage(path);
    const before = hashOf(path);
    const { verdict, files } = await looked(path);
    expect(verdict).toBe("damaged");
    const found = files.flatMap((file) => file.damage);
    expect(found.map(({ message }) => message).join(" ")).toMatch(sentence);
    for (const { meaning, advice, message } of found) {
      for (const text of [meaning, advice, message]) expect(text).toMatch(/\.$/);
    }
    expect(hashOf(path)).toBe(before);
  });

  it("any bit of the log that is flipped: damage, once, near that bit", async () => {
    const path = copy();
    const clean = readFileSync(firstSegment(path));
    for (let offset = 4_096; offset < 30_000; offset += 431) {
      const bytes = Buffer.from(clean);
      bytes[offset]! ^= 1 << (offset % 8);
      writeFileSync(firstSegment(path), bytes);
      const { verdict, files } = await looked(path);
      expect(verdict, `bit of byte ${offset}`).toBe("damaged");
      const [found] = files.flatMap((file) => file.damage);
      expect(found!.offset!).toBeLessThanOrEqual(offset);
      expect(found!.offset! + found!.length!).toBeGreaterThan(offset);
    }
  });
});

describe("what validate refuses to judge", () => {
  const refusals: [string, () => string, RegExp][] = [
    ["nothing", () => join(dir, "nowhere"), /There is nothing at/],
    ["a directory of something else", () => dir, /holds nothing of a node/],
    [
      "an empty directory",
      () => mkdirSync(join(dir, "empty"), { recursive: true }) ?? join(dir, "empty"),
      /is empty/,
    ],
    ["random bytes", () => fileOf(Buffer.from("f3a1".repeat(4_000), "hex")), /is no file of a node/],
    ["an empty file", () => fileOf(""), /is empty, and its name is none/],
    ["a device", () => "/dev/null", /neither a file nor a directory/],
    [
      "a link in a circle",
      () => {
        symlinkSync(join(dir, "circle"), join(dir, "circle"));
        return join(dir, "circle");
      },
      /cannot be read \(ELOOP\)/,
    ],
  ];
  it.each(refusals)("%s", (_name, make, sentence) => {
    expect(() => targetAt(make())).toThrow(sentence);
  });

  it.skipIf(skipped(process.getuid?.() === 0, "root may read everything"))("what it may not read", () => {
    const path = fileOf("secret");
    chmodSync(path, 0);
    expect(() => targetAt(path)).toThrow(/cannot be read \(EACCES\)/);
  });

  it("a file in a newer format, and judges the rest", async () => {
    const path = copy();
    const bytes = readFileSync(snapshotOf(path));
    bytes.writeUInt32LE(99, 8);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 12)), 12);
    writeFileSync(snapshotOf(path), bytes);
    const { verdict, files } = await looked(path);
    expect(verdict).toBe("unknown");
    expect(files.filter((file) => file.verdict === "unknown")).toMatchObject([
      { file: "snapshots/000000000150.snapshot", contents: expect.stringMatching(/format 99/) },
    ]);
    expect(files.filter((file) => file.verdict === "sound")).toHaveLength(3);
  });

  it("a directory with files of two nodes", async () => {
    const path = copy();
    const other = join(dir, "other");
    new NodeStore(storeOptions(other, { node: "node-2" as typeof owner.node, cluster: "lightcone" })).close();
    renameSync(join(other, "node.db"), join(path, "node.db"));
    const { verdict, remarks } = await looked(path);
    expect(verdict).toBe("unknown");
    expect(remarks).toEqual([
      'Some of its files belong to node-2 of cluster "lightcone": a start refuses that.',
    ]);
  });

  it("a database whose table of snapshots cannot be read", async () => {
    const path = join(dir, "pages");
    const store = new NodeStore(storeOptions(path, { cluster: owner.cluster }));
    await store.snapshot();
    store.close();
    for (const page of pagesOf(path, "snapshots")) breakPage(path, page);
    const { verdict, files } = await looked(path);
    expect(verdict).toBe("damaged");
    expect(files).toMatchObject([{ file: "node.db", verdict: "damaged" }]);
  });
});
