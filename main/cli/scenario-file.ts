/** What commands that take a scenario file have in common. */
import { readFileSync } from "node:fs";
import { InvalidArgumentError } from "commander";
import { LabError } from "../../shared/contract/errors.ts";
import { parseScenario } from "../../shared/scenario/parse.ts";
import type { Scenario } from "../../shared/scenario/schema.ts";

/** Throws LabError or ScenarioError, one sentence with the file and, where it has one, the line. */
export function readScenario(file: string): { readonly text: string; readonly scenario: Scenario } {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new LabError("bad_input", `${file} cannot be read (${(error as Error).message}).`);
  }
  return { text, scenario: parseScenario(text, file) };
}

/** For `--seed`. */
export function parseSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seed)) {
    throw new InvalidArgumentError("It takes a whole number from 0 to 2^53 - 1.");
  }
  return seed;
}
