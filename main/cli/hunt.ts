/** `lightcone hunt`: a scenario under thousands of seeds, on all cores, what fails made small and kept. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, extname, join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { parseDuration } from "../../shared/scenario/schema.ts";
import { hunt, type HuntProgress } from "../hunt/hunt.ts";
import { parseSeeds, parseShard } from "../hunt/seeds.ts";
import { exitCodes } from "../scenario/verdict-lines.ts";
import { onInterrupts } from "../worker/interrupts.ts";
import { readScenario } from "./scenario-file.ts";

interface HuntFlags {
  seeds: { from: number; to: number };
  jobs: number;
  time?: number;
  collect?: boolean;
  shard: { index: number; of: number };
  resume?: boolean;
  out?: string;
  minimise: number;
  budget: number;
  json?: boolean;
}

/** Without a terminal a line of progress comes this often. */
const quietMs = 10_000;
/** The longest a timer can wait. */
const timeMsMax = 24 * 24 * 3_600_000;
/** Failures that are printed; the ledger has all. */
const printedMax = 20;

function parsed<Value>(parse: (text: string) => Value | null, wanted: string): (text: string) => Value {
  return (text) => {
    const value = parse(text);
    if (value === null) throw new InvalidArgumentError(`It takes ${wanted}.`);
    return value;
  };
}

const wholeFrom = (low: number) => (text: string) =>
  /^\d+$/.test(text) && Number(text) >= low ? Number(text) : null;

export function huntCommand(version: string): Command {
  return new Command("hunt")
    .description("Run a scenario simulated under many seeds and make what fails small")
    .argument("<scenario>", "a scenario file (YAML)")
    .option("--seeds <range>", "seeds to try, first and last", parsed(parseSeeds, "a range like 1..10000"), {
      from: 1,
      to: 10_000,
    })
    .option(
      "--jobs <count>",
      "runs at a time (default, and at most: one per core)",
      parsed((text) => {
        const jobs = wholeFrom(1)(text);
        return jobs === null ? null : Math.min(jobs, availableParallelism());
      }, "a whole number from 1 up"),
      availableParallelism(),
    )
    .option(
      "--time <duration>",
      "end after this long, like 10m",
      parsed((text) => {
        const ms = parseDuration(text);
        return ms !== null && ms > 0 && ms <= timeMsMax ? ms : null;
      }, "a duration like 30s or 10m, of 24 days at most"),
    )
    .option("--collect", "go on after a failure and collect them all")
    .option(
      "--shard <i/n>",
      "only the ith of every n seeds, for n machines side by side",
      parsed(parseShard, "a shard like 2/8, the first number from 1 to the second"),
      { index: 1, of: 1 },
    )
    .option("--resume", "go on with the hunt in the folder")
    .option("--out <folder>", "where the hunt is kept (default: hunt-<scenario>)")
    .option(
      "--minimise <count>",
      "failures to make small, at most (without --collect only the first)",
      parsed(wholeFrom(0), "a whole number"),
      3,
    )
    .option(
      "--budget <runs>",
      "runs to spend on making one failure small",
      parsed(wholeFrom(1), "a whole number from 1 up"),
      2_000,
    )
    .option("--json", "print the outcome as one JSON object")
    .addHelpText(
      "after",
      "\nEnds with 0 when every run held, 1 when one was violated, 2 when none was but some could not be judged, when it was interrupted, or when it cannot be done.",
    )
    .action(async (file: string, flags: HuntFlags) => {
      try {
        process.exitCode = await runHunt(file, flags, version);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        process.stderr.write(`${error.message}\n`);
        process.exitCode = exitCodes.unknown;
      }
    });
}

type Ended = "interrupted" | "its time is up" | null;

async function runHunt(file: string, flags: HuntFlags, version: string): Promise<number> {
  const { text, scenario } = readScenario(file);
  const { name, expect } = scenario;
  if (expect.length === 0 && !flags.json) {
    process.stderr.write(`${file} expects nothing, so only a crash of the code can be found.\n`);
  }
  const folder = flags.out ?? `hunt-${basename(file, extname(file))}`;
  const ending = new AbortController();
  let ended: Ended = null;
  const end = (why: Ended) => {
    ended ??= why;
    ending.abort();
  };
  onInterrupts(
    ["SIGINT", "SIGTERM", "SIGHUP"],
    () => end("interrupted"),
    () => process.exit(130),
  );
  const timer = flags.time === undefined ? undefined : setTimeout(() => end("its time is up"), flags.time);
  const meter = new Meter(flags.json === true);
  let progress: HuntProgress;
  try {
    progress = await hunt({
      ...flags.seeds,
      shard: flags.shard,
      text,
      file,
      name,
      version,
      folder,
      resume: flags.resume === true,
      jobs: flags.jobs,
      stopAtFirst: flags.collect !== true,
      minimiseMax: flags.minimise,
      minimiseBudget: flags.budget,
      workerEntry: workerEntry(),
      signal: ending.signal,
      onProgress: (now) => meter.show(now),
    });
  } finally {
    clearTimeout(timer);
    meter.end();
  }
  const verdict = verdictOf(progress, ended);
  const outcome: Outcome = { progress, verdict, ended, folder, file };
  process.stdout.write(flags.json ? `${JSON.stringify(asJson(outcome))}\n` : inWords(outcome, flags));
  return exitCodes[verdict];
}

/** Beside the built command, or where its source is. */
function workerEntry(): string {
  const built = join(import.meta.dirname, "hunt-worker.js");
  return existsSync(built) ? built : join(import.meta.dirname, "..", "hunt", "worker.ts");
}

type Verdict = "holds" | "violated" | "unknown";

interface Outcome {
  readonly progress: HuntProgress;
  readonly verdict: Verdict;
  readonly ended: Ended;
  readonly folder: string;
  readonly file: string;
}

/** A hunt that was given a time has done what it was asked for; one that was interrupted has not. */
function verdictOf({ failures, done, total }: HuntProgress, ended: Ended): Verdict {
  if (failures.some(({ verdict }) => verdict === "violated")) return "violated";
  const isCut = done < total && (ended === "interrupted" || done === 0);
  return failures.length > 0 || isCut ? "unknown" : "holds";
}

const asJson = ({ progress, verdict, ended, folder }: Outcome) => ({
  verdict,
  ended,
  folder,
  total: progress.total,
  done: progress.done,
  failures: progress.failures,
  minimised: [...progress.minimised.values()],
  reached: progress.reached,
});

function inWords({ progress, ended, folder, file }: Outcome, { shard }: HuntFlags): string {
  const { done, total, failures, minimised, reached } = progress;
  const lines: string[] = [];
  for (const { seed, verdict, words, found } of failures.slice(0, printedMax)) {
    lines.push(`seed ${seed}: ${verdict}: ${words}: ${found}`);
    const small = minimised.get(seed);
    if (small === undefined) {
      lines.push(`  again: lightcone simulate ${file} --seed ${seed} --rare-paths`);
      continue;
    }
    const { before, after, isMinimal } = small;
    const sizes = `${before.nodes} → ${after.nodes} nodes, ${before.faults} → ${after.faults} faults, ${before.operations} → ${after.operations} operations`;
    lines.push(
      `  made small: ${sizes}${isMinimal ? "" : " (the --budget was spent first)"}`,
      `  again: lightcone simulate ${join(small.folder, "scenario.yaml")} --seed ${seed} --rare-paths`,
    );
  }
  if (failures.length > printedMax) {
    lines.push(`and ${failures.length - printedMax} more seeds: ${join(folder, "ledger.jsonl")}`);
  }
  const paths = Object.entries(reached).toSorted((a, b) => a[1] - b[1]);
  if (paths.length > 0) {
    lines.push(`rare paths reached (runs of ${done}):`);
    for (const [path, runs] of paths) lines.push(`  ${String(runs).padStart(8)}  ${path}`);
  }
  const part = shard.of > 1 ? ` of shard ${shard.index}/${shard.of}` : "";
  lines.push(`${done} of ${total} seeds${part} run, ${failures.length} failed. Kept in ${folder}.`);
  if (ended !== null && done < total)
    lines.push(
      `Ended because ${ended === "interrupted" ? "it was interrupted" : ended}: go on with the same command and --resume.`,
    );
  return `${lines.join("\n")}\n`;
}
/** One line that is written over on a terminal; elsewhere a line now and then. */
class Meter {
  readonly #isQuiet: boolean;
  readonly #isTerminal = process.stderr.isTTY;
  readonly #startedAt = performance.now();
  #startedWith: number | null = null;
  #shownAt = -Infinity;
  #hasShown = false;

  constructor(isQuiet: boolean) {
    this.#isQuiet = isQuiet;
  }

  show(progress: HuntProgress): void {
    const now = performance.now();
    this.#startedWith ??= progress.done;
    const every = this.#isTerminal ? 100 : quietMs;
    if (this.#isQuiet || now - this.#shownAt < every) return;
    this.#shownAt = now;
    const { done, total, failures, reached, minimising } = progress;
    const rate = (done - this.#startedWith) / Math.max(0.001, (now - this.#startedAt) / 1000);
    const width = 20;
    const filled = Math.floor((done / Math.max(1, total)) * width);
    const bar = `[${"█".repeat(filled)}${"·".repeat(width - filled)}]`;
    const work = minimising === null ? "" : `, making small ${minimising}`;
    const line = `${bar} ${done}/${total} seeds, ${rate.toFixed(rate < 10 ? 1 : 0)}/s, ${failures.length} failed, ${Object.keys(reached).length} rare paths${work}`;
    const columns = process.stderr.columns ?? 200;
    process.stderr.write(this.#isTerminal ? `\r\x1b[K${line.slice(0, columns - 1)}` : `${line}\n`);
    this.#hasShown = true;
  }

  end(): void {
    if (this.#hasShown && this.#isTerminal) process.stderr.write("\r\x1b[K");
  }
}
