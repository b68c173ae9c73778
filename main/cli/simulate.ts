/**
 * `lightcone simulate`: a scenario on virtual time. Scenario, seed and version are the whole run: the same three give
 * the same trace, and where a changed version goes another way, `--compare` says at which event.
 */
import { basename, extname } from "node:path";
import { setImmediate as breathe } from "node:timers/promises";
import { Command } from "commander";
import { firstDifference } from "../../shared/simulation/canonical.ts";
import { Simulation } from "../../shared/simulation/simulation.ts";
import type { SimulationResult } from "../../shared/simulation/types.ts";
import { nativeHasher } from "../scenario/native-hasher.ts";
import { prepareRunFolder, readRunFolder, simulatedRun, writeRunFolder } from "../scenario/run-folder.ts";
import { exitCodes, verdictLines } from "../scenario/verdict-lines.ts";
import { onInterrupts } from "../worker/interrupts.ts";
import { printable } from "./printable.ts";
import { refuse } from "./refuse.ts";
import { parseSeed, readScenario } from "./scenario-file.ts";

interface SimulateFlags {
  readonly seed: number;
  readonly out?: string;
  readonly json?: boolean;
  readonly expectSha256?: string;
  readonly compare?: string;
  readonly rarePaths?: boolean;
}

/** How long the simulation has the thread for itself. */
const sliceMs = 50;
/** Between two looks at the clock: virtual time, and what happens in it (a step of a large cluster takes 1 ms). */
const strideMs = 100;
const strideHappenings = 20;
const progressMs = 2_000;

export function simulateCommand(version: string): Command {
  return new Command("simulate")
    .description("Run a scenario on virtual time: the same seed, the same run")
    .argument("<file>", "a scenario file (YAML)")
    .option("--seed <number>", "the seed of all chance", parseSeed, 1)
    .option("--out <folder>", "where the run is left (default: run-<scenario>-<seed>)")
    .option("--json", "print the outcome as one JSON object")
    .option("--expect-sha256 <hash>", "fail when the trace is another one")
    .option("--compare <folder>", "say at which event this run parts from the one in the folder")
    .option("--rare-paths", "switch rare paths on by seed, as a hunt does (default: unless it is a lesson)")
    .option("--no-rare-paths", "leave them off")
    .addHelpText(
      "after",
      "\nEnds with 0 when every expectation holds, 1 when one is violated or the trace is not the expected one, 2 when it cannot be said.",
    )
    .action(async (file: string, flags: SimulateFlags) => {
      try {
        process.exitCode = await runSimulation(file, flags, version);
      } catch (error) {
        process.exitCode = refuse(error, flags.json);
      }
    });
}

async function runSimulation(file: string, flags: SimulateFlags, version: string): Promise<number> {
  const { text, scenario } = readScenario(file);
  const { seed } = flags;
  const earlier = flags.compare === undefined ? null : readRunFolder(flags.compare);
  const folder = flags.out ?? `run-${basename(file, extname(file))}-${seed}`;
  prepareRunFolder(folder);
  const rarePaths = flags.rarePaths ?? scenario.lesson === undefined;
  const simulation = new Simulation({
    scenario,
    seed,
    version,
    buggify: rarePaths,
    hasher: nativeHasher(),
  });
  await play(simulation);
  const result = simulation.result();
  const { verdict } = result;
  writeRunFolder(folder, simulatedRun(scenario.name, text, result, rarePaths));
  const differences = [
    ...differenceFromHash(result, flags.expectSha256),
    ...(earlier === null ? [] : differenceFromRun(result, flags.compare!, earlier)),
  ];
  if (flags.json) process.stdout.write(`${JSON.stringify({ ...summary(result), folder, differences })}\n`);
  else print(result, folder, differences);
  return differences.length > 0 ? exitCodes.violated : exitCodes[verdict.verdict];
}

/** To the end, or to the first interrupt. */
async function play(simulation: Simulation): Promise<void> {
  const interrupted = new AbortController();
  onInterrupts(
    ["SIGINT", "SIGTERM"],
    () => interrupted.abort(),
    () => process.exit(130),
  );
  let toldAt = performance.now();
  while (!interrupted.signal.aborted) {
    const end = performance.now() + sliceMs;
    while (performance.now() < end) if (!simulation.advance(strideMs, strideHappenings)) return;
    if (end - toldAt > progressMs) {
      toldAt = end;
      const seconds = (simulation.virtualMs / 1_000).toFixed(1);
      process.stderr.write(`${seconds} s of virtual time, ${simulation.events} events\n`);
    }
    await breathe();
  }
}

const summary = ({ seed, version, verdict, traceSha256, events, virtualMs, reached }: SimulationResult) => ({
  seed,
  version,
  verdict,
  traceSha256,
  events,
  virtualMs,
  reached,
});

function print(result: SimulationResult, folder: string, differences: readonly string[]): void {
  const { verdict, seed, version, traceSha256, events, virtualMs } = result;
  const lines = [
    `${events} events in ${(virtualMs / 1_000).toFixed(1)} s of virtual time, left in ${folder}`,
    ...verdictLines(verdict),
    ...differences,
    `seed: ${seed}`,
    `version: ${version}`,
    `trace sha256: ${traceSha256}`,
  ];
  process.stdout.write(`${printable(lines.join("\n"))}\n`);
}

function differenceFromHash({ traceSha256 }: SimulationResult, expected: string | undefined): string[] {
  if (expected === undefined || expected.toLowerCase() === traceSha256) return [];
  return [
    `The trace is not the expected one (${expected}): give --compare a folder of that run to see at which event they part.`,
  ];
}

function differenceFromRun(
  { record, seed, version }: SimulationResult,
  folder: string,
  earlier: ReturnType<typeof readRunFolder>,
): string[] {
  const difference = firstDifference(record.events, earlier.events);
  if (difference === null) return [];
  const { index, ours, theirs } = difference;
  const seeds = seed === earlier.seed ? "" : ` It had seed ${earlier.seed}, this one has ${seed}.`;
  return [
    `This run parts from ${folder} (version ${earlier.version}, this is ${version}) at event ${index + 1}.${seeds}`,
    `  there: ${theirs ?? "it had ended"}`,
    `  here:  ${ours ?? "it has ended"}`,
  ];
}
