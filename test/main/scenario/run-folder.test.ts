/** Whose folder it is: a run's, which the next one replaces, or somebody else's. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { prepareRunFolder, writeRunFolder } from "../../../main/scenario/run-folder.ts";

const dir = mkdtempSync(join(tmpdir(), "lightcone-run-folder-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function folder(name: string, ...files: string[]): string {
  const path = join(dir, name);
  mkdirSync(path);
  for (const file of files) {
    if (file.endsWith("/")) mkdirSync(join(path, file));
    else writeFileSync(join(path, file), "");
  }
  return path;
}

it("takes a run's folder, and what is left of one that was killed, with what SQLite kept there", () => {
  for (const [name, ...files] of [
    ["complete", "run.json", "nodes/", "session.lightcone", "scenario.yaml"],
    [
      "killed",
      "nodes/",
      "scenario.yaml",
      "session.lightcone",
      "session.lightcone-wal",
      "session.lightcone-shm",
    ],
    ["empty"],
  ] as const) {
    const path = folder(name, ...files);
    prepareRunFolder(path);
    expect(readdirSync(path), name).toEqual(["nodes"]);
  }
});

it("leaves in a run's folder what somebody put there", () => {
  const path = folder("annotated", "run.json", "my-notes.txt");
  prepareRunFolder(path);
  expect(readdirSync(path).sort()).toEqual(["my-notes.txt", "nodes"]);
});

it("refuses what is somebody else's, and what cannot be a folder", () => {
  for (const path of [folder("own", "scenario.yaml"), folder("mixed", "nodes/", "diary.txt")]) {
    const before = readdirSync(path);
    expect(() => prepareRunFolder(path)).toThrow(/holds something else than a run: name another folder/);
    expect(readdirSync(path)).toEqual(before);
  }
  const file = join(dir, "file");
  writeFileSync(file, "");
  expect(() => prepareRunFolder(file)).toThrow(/file cannot be written \(ENOTDIR/);
  expect(() => prepareRunFolder("")).toThrow(/needs a name/);
  // Node's own recursive mkdir would not come back.
  if (existsSync("/proc")) expect(() => prepareRunFolder("/proc/run")).toThrow(/run cannot be written/);
});

it("names the folder that cannot be written any more", () => {
  const path = folder("gone");
  prepareRunFolder(path);
  rmSync(path, { recursive: true });
  const record = { events: [], calls: [], snapshots: new Map(), final: [], nodes: [] };
  const verdict = { verdict: "holds", results: [], broken: null } as const;
  const run = {
    name: "x",
    text: "",
    world: "real",
    seed: 1,
    version: "1",
    verdict,
    record,
    traceSha256: null,
    ms: 0,
  };
  expect(() => writeRunFolder(path, { ...run, world: "real" })).toThrow(/gone cannot be written \(ENOENT/);
});
