/** `lightcone validate`: is what lies in this directory or file what was written there? Nothing is changed. */
import { Command } from "commander";
import { onInterrupts } from "../worker/interrupts.ts";
import { printable } from "./printable.ts";
import { refuse } from "./refuse.ts";
import { check, type Looking } from "./storage/check.ts";
import { exitCodes } from "./storage/report.ts";
import { reportLines } from "./storage/report-lines.ts";
import { targetAt } from "./storage/target.ts";

/** The first word about progress, and each one after it. */
const progressMs = 1_000;

export function validateCommand(): Command {
  return new Command("validate")
    .description("Check a node's data for damage: exit code 0 sound, 1 damaged, 2 cannot tell")
    .argument("<path>", "a data directory, its log, a log segment, a snapshot, a clock file or node.db")
    .option("--json", "print everything as one JSON object")
    .addHelpText("after", helpText)
    .action(async (path: string, flags: { json?: boolean }) => {
      try {
        const report = await check(targetAt(path), looking());
        process.stdout.write(
          flags.json ? `${JSON.stringify(report)}\n` : `${printable(reportLines(report).join("\n"))}\n`,
        );
        process.exitCode = exitCodes[report.verdict];
      } catch (error) {
        process.exitCode = refuse(error, flags.json);
      }
    });
}

const helpText = `
Every checksum is compared, and nothing is changed. The node may be running.

An unfinished last write (a torn tail) is no damage: it was never acknowledged, and the next start cuts it off.
What each kind of damage means and how to go on stands in the recovery guide.

Examples:
  lightcone validate data/node-1
  lightcone validate data/node-1/log/00000003.log
  lightcone validate data/node-1 --json`;

/** Ends at the first interrupt, and says meanwhile what it is at where somebody watches. */
function looking(): Looking {
  let isInterrupted = false;
  onInterrupts(
    ["SIGINT", "SIGTERM"],
    () => (isInterrupted = true),
    () => process.exit(exitCodes.unknown),
  );
  let toldAt = performance.now();
  return {
    pause: async () => {
      await new Promise((done) => setImmediate(done));
      if (isInterrupted)
        throw new Error("Interrupted: not everything was looked at, so nothing can be said.");
    },
    progress: (words) => {
      if (!process.stderr.isTTY || performance.now() - toldAt < progressMs) return;
      toldAt = performance.now();
      process.stderr.write(`${printable(words)} …\n`);
    },
  };
}
