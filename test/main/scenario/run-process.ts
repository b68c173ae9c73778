/** A run in a process of its own, to be ended from outside. Prints a line for each step that begins. */
import { readFileSync } from "node:fs";
import { runScenario } from "../../../main/scenario/real-run.ts";
import { parseScenario } from "../../../shared/scenario/parse.ts";

const [file, workerEntry] = process.argv.slice(2) as [string, string];
await runScenario({
  scenario: parseScenario(readFileSync(file, "utf8"), file),
  seed: 1,
  workerEntry,
  version: "0.0.0",
  onProgress: ({ step }) => void process.stdout.write(`${step}\n`),
});
