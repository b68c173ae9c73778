/** What commands that take a scenario file have in common. */
import { closeSync, openSync, readSync } from "node:fs";
import { InvalidArgumentError } from "commander";
import { LabError } from "../../shared/contract/errors.ts";
import { parseScenario, ScenarioError } from "../../shared/scenario/parse.ts";
import type { Scenario } from "../../shared/scenario/schema.ts";

/** UTF-8 needs at most four for a character, and a scenario has at most 2^20 of those. */
const bytesMax = 4 * 2 ** 20;

/** Throws LabError or ScenarioError, one sentence with the file and, where it has one, the line. */
export function readScenario(file: string): { readonly text: string; readonly scenario: Scenario } {
  let bytes: Buffer;
  try {
    bytes = readAtMost(file, bytesMax + 1);
  } catch (error) {
    throw new LabError("bad_input", `${file} cannot be read (${(error as Error).message}).`);
  }
  if (bytes.length > bytesMax) {
    throw new ScenarioError(file, null, "the file is larger than 1 MiB, and no scenario is");
  }
  const text = textOf(bytes, file);
  return { text, scenario: parseScenario(text, file) };
}

/** The beginning of the file, or all of it: whatever its size, it does not fill the memory. */
function readAtMost(file: string, length: number): Buffer {
  const handle = openSync(file, "r");
  try {
    const buffer = Buffer.alloc(length);
    let filled = 0;
    for (let read = -1; read !== 0 && filled < length; filled += read) {
      read = readSync(handle, buffer, filled, length - filled, null);
    }
    return buffer.subarray(0, filled);
  } finally {
    closeSync(handle);
  }
}

function textOf(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ScenarioError(file, null, "it is not a text in UTF-8: save it as UTF-8");
  }
}

/** For `--seed`. */
export function parseSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seed)) {
    throw new InvalidArgumentError("It takes a whole number from 0 to 2^53 - 1.");
  }
  return seed;
}
