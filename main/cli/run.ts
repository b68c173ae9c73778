/** `lightcone run`: a scenario on real processes, judged, with everything that happened left in a folder. */
import { basename, extname, join } from "node:path";
import { Command } from "commander";
import { type RealRunResult, runScenario } from "../scenario/real-run.ts";
import { prepareRunFolder, realRun, writeRunFolder } from "../scenario/run-folder.ts";
import { exitCodes, verdictLines } from "../scenario/verdict-lines.ts";
import { onInterrupts } from "../worker/interrupts.ts";
import { printable } from "./printable.ts";
import { refuse } from "./refuse.ts";
import { parseSeed, readScenario } from "./scenario-file.ts";

interface RunFlags {
  readonly seed: number;
  readonly out?: string;
  readonly json?: boolean;
}

export function runCommand(version: string): Command {
  return new Command("run")
    .description("Run a scenario on real processes and judge it")
    .argument("<file>", "a scenario file (YAML)")
    .option(
      "--seed <number>",
      "the seed of storm and load; chance in processes and networks has none",
      parseSeed,
      1,
    )
    .option("--out <folder>", "where the run is left (default: run-<scenario>-<seed>)")
    .option("--json", "print the outcome as one JSON object")
    .addHelpText(
      "after",
      "\nEnds with 0 when every expectation holds, 1 when one is violated, 2 when it cannot be said or the file cannot be used.",
    )
    .action(async (file: string, flags: RunFlags) => {
      try {
        process.exitCode = await run(file, flags, version);
      } catch (error) {
        process.exitCode = refuse(error, flags.json);
      }
    });
}

async function run(file: string, flags: RunFlags, version: string): Promise<number> {
  const { text, scenario } = readScenario(file);
  const { seed } = flags;
  const folder = flags.out ?? `run-${basename(file, extname(file))}-${seed}`;
  prepareRunFolder(folder);
  const ending = new AbortController();
  onInterrupts(
    ["SIGINT", "SIGTERM", "SIGHUP"],
    () => ending.abort(),
    () => process.exit(130),
  );
  const result = await runScenario({
    scenario,
    seed,
    version,
    workerEntry: join(import.meta.dirname, "worker.js"),
    signal: ending.signal,
    onProgress: ({ step, of, words }) => {
      if (!flags.json)
        process.stderr.write(printable(step === 0 ? `${words}\n` : `step ${step} of ${of}: ${words}\n`));
    },
  });
  const { verdict, record, ms } = result;
  writeRunFolder(folder, realRun(scenario.name, text, { seed, version, ...result }));
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ seed, version, verdict, events: record.events.length, ms, folder })}\n`
      : inWords(result, folder),
  );
  return exitCodes[verdict.verdict];
}

function inWords({ record, verdict, ms }: RealRunResult, folder: string): string {
  const events = `${record.events.length} events in ${(ms / 1_000).toFixed(1)} s, left in ${folder}`;
  return printable(`${[events, ...verdictLines(verdict)].join("\n")}\n`);
}
