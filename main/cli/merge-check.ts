/** `lightcone merge-check`: may this merge function be used? The same trials as a node makes when it starts. */
import { Command } from "commander";
import { checkLaws } from "../worker/merges/laws.ts";
import { MergeFunction } from "../worker/merges/merge-function.ts";
import { printable } from "./printable.ts";
import { refuse } from "./refuse.ts";

const exitCodes = { lawful: 0, broken: 1, unknown: 2 } as const;

export function mergeCheckCommand(): Command {
  return new Command("merge-check")
    .description("Try the laws on a merge function: exit code 0 lawful, 1 broken, 2 cannot tell")
    .argument("<file>", "JavaScript that exports merge(a, b) on strings")
    .addHelpText("after", helpText)
    .action(async (file: string) => {
      process.exitCode = await checkFile(file);
    });
}

const helpText = `
The concurrent values of a key become one by merge(a, b), two at a time, on whichever node and in whatever order. So
the function must be commutative, associative and idempotent. It has the language and nothing else: no modules, no
clock, no chance, 100 ms for a call and 64 MiB of memory.

The file may export examples, an array of values it is made for; on any other text it may throw.

Example:
  export const examples = ['["milk"]', '["eggs","milk"]'];
  export function merge(a, b) {
    return JSON.stringify([...new Set([...JSON.parse(a), ...JSON.parse(b)])].sort());
  }

  lightcone merge-check union.js
  lightcone node --merge=union=union.js --replication='{"conflicts": {"cart:": "custom:union"}}' …`;

async function checkFile(file: string): Promise<number> {
  let tried: MergeFunction;
  try {
    tried = await MergeFunction.load(file);
  } catch (error) {
    return refuse(error);
  }
  try {
    const found = await checkLaws(tried);
    const lines =
      found.verdict === "lawful"
        ? [`${file} held in ${found.trials} trials: it may be used.`]
        : found.verdict === "broken"
          ? [`${file} breaks a law. ${found.law}`, ...found.lines]
          : [`${file}: ${found.why}`];
    process.stdout.write(`${printable(lines.join("\n"))}\n`);
    return exitCodes[found.verdict];
  } finally {
    tried.close();
  }
}
