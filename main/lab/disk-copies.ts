/**
 * Data directories as they once were. A copy put back is what a restored virtual machine or a backup brings about: a
 * node that remembers less than it promised (P1, P2).
 *
 * A copy is taken while the process stands still, so it is what a kill at that moment would have left: files that were
 * copied while they change would be a disk that never was. Copies live beside the data directories, under a name no
 * node can have, as long as their cluster.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { LabError } from "../../shared/contract/errors.ts";
import type { DiskCopy } from "../../shared/contract/storage.ts";

const setAside = "set-aside";
/** Of the process that holds the directory, and of no use to any other. */
const passing: ReadonlySet<string> = new Set(["node.lock", "node.lock-journal", "node.db-shm"]);

const copiesOf = (dataDir: string) => join(dirname(dataDir), "~copies", basename(dataDir));

/** Newest first. */
export function listCopies(dataDir: string): DiskCopy[] {
  const folder = copiesOf(dataDir);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((label) => {
      const { mtimeMs } = statSync(join(folder, label));
      return { label, at: mtimeMs, bytes: bytesIn(join(folder, label)) };
    })
    .toSorted((a, b) => b.at - a.at);
}

/** A label nobody has used: copy-1, copy-2 … */
export function freeLabel(dataDir: string): string {
  const taken = new Set(listCopies(dataDir).map(({ label }) => label));
  for (let number = 1; ; number += 1) if (!taken.has(`copy-${number}`)) return `copy-${number}`;
}

/** The process must stand still, or there must be none. A copy of the same label is replaced. */
export function copyDirectory(dataDir: string, label: string): void {
  const to = join(copiesOf(dataDir), label);
  try {
    rmSync(to, { recursive: true, force: true });
    mkdirSync(to, { recursive: true, mode: 0o700 });
    for (const name of existsSync(dataDir) ? partsOf(dataDir) : [])
      cpSync(join(dataDir, name), join(to, name), { recursive: true });
  } catch (error) {
    rmSync(to, { recursive: true, force: true });
    throw new LabError("refused", `${dataDir} could not be copied (${(error as Error).message}).`);
  }
}

/** Throws LabError when there is none. */
export function expectCopy(dataDir: string, label: string): void {
  if (existsSync(join(copiesOf(dataDir), label))) return;
  throw new LabError(
    "bad_input",
    `There is no copy "${label}" of the disk of ${basename(dataDir)}: take one first.`,
  );
}

/**
 * The copy takes the place of what is there, which is set aside. There must be no process. Returns how it is undone.
 * Throws LabError.
 */
export function putBack(dataDir: string, label: string): () => void {
  expectCopy(dataDir, label);
  const from = join(copiesOf(dataDir), label);
  const aside = join(dataDir, setAside, `${stampOf(new Date())}-replaced-by-${label}`);
  try {
    mkdirSync(aside, { recursive: true, mode: 0o700 });
    for (const name of partsOf(dataDir)) renameSync(join(dataDir, name), join(aside, name));
    for (const name of partsOf(from)) cpSync(join(from, name), join(dataDir, name), { recursive: true });
  } catch (error) {
    throw new LabError("refused", `${dataDir} could not be changed (${(error as Error).message}).`, false);
  }
  return () => {
    for (const name of partsOf(dataDir)) rmSync(join(dataDir, name), { recursive: true });
    for (const name of partsOf(aside)) renameSync(join(aside, name), join(dataDir, name));
    rmSync(aside, { recursive: true });
  };
}

/** What a node knows, without what was set aside and what belongs to a process. */
const partsOf = (dir: string) => readdirSync(dir).filter((name) => name !== setAside && !passing.has(name));

function bytesIn(dir: string): number {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

/** 2025-07-03T12-36-07.724Z: a colon is no letter for a file on every system. */
const stampOf = (date: Date) => date.toISOString().replaceAll(":", "-");
