/**
 * The lightcone command: one program, a subcommand for each thing a person does without the window.
 * Each subcommand loads only what it needs, so that `--help` and a node start quickly.
 */
import { Command } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { nodeCommand } from "../worker/command.ts";
import { callCommand } from "./call.ts";
import { checkCommand } from "./check.ts";
import { huntCommand } from "./hunt.ts";
import { inspectCommand } from "./inspect.ts";
import { labCommand } from "./lab.ts";
import { eventsCommand, sessionsCommand } from "./sessions.ts";
import { mergeCheckCommand } from "./merge-check.ts";
import { restoreCommand } from "./restore.ts";
import { runCommand } from "./run.ts";
import { simulateCommand } from "./simulate.ts";
import { snapshotCommand } from "./snapshot.ts";
import { validateCommand } from "./validate.ts";

const program = new Command("lightcone")
  .description("Runs real clusters on this machine, breaks them, and shows what caused what.")
  .version(packageJson.version)
  .addCommand(labCommand(packageJson.version))
  .addCommand(nodeCommand())
  .addCommand(callCommand())
  .addCommand(runCommand(packageJson.version))
  .addCommand(simulateCommand(packageJson.version))
  .addCommand(huntCommand(packageJson.version))
  .addCommand(checkCommand())
  .addCommand(mergeCheckCommand())
  .addCommand(validateCommand())
  .addCommand(inspectCommand())
  .addCommand(snapshotCommand())
  .addCommand(restoreCommand())
  .addCommand(sessionsCommand())
  .addCommand(eventsCommand())
  .showHelpAfterError("Run it with --help to see what it takes.");

/** Wrong words on the command line end with 2, like a node's wrong options; what fails later ends with 1. */
for (const command of [program, ...program.commands]) {
  command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
}

for (const stream of [process.stdout, process.stderr]) stream.on("error", cannotWrite);

/** Whoever read the output may have seen enough (`| head`): the work goes on, and how it ends still counts. */
function cannotWrite(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") return;
  process.stderr.write(`The output cannot be written (${error.message}).\n`);
  process.exitCode = 2;
}

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
