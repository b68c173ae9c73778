/** `lightcone hunt`: a scenario under thousands of seeds, on all cores, what fails made small and kept. */
import { availableParallelism } from "node:os";
import { basename, extname, join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { parseDuration } from "../../shared/scenario/schema.ts";
import { hunt, type HuntProgress } from "../hunt/hunt.ts";
import { parseSeeds, parseShard } from "../hunt/seeds.ts";
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

function parsed<Value>(parse: (text: string) => Value | null, wanted: string): (text: string) => Value {
  return (text) => {
    const value = parse(text);
    if (value === null) throw new InvalidArgumentError(`It takes ${wanted}.`);
    return value;
  };
}

const wholeFrom = (low: number) =>
  parsed(
    (text) => (/^\d+$/.test(text) && Number(text) >= low ? Number(text) : null),
    `a whole number from ${low} up`,
  );

export function huntCommand(version: string): Command {
  return new Command("hunt")
    .description("Run a scenario simulated under many seeds and make what fails small")
    .argument("<scenario>", "a scenario file (YAML)")
    .option("--seeds <range>", "seeds to try, first and last", parsed(parseSeeds, "a range like 1..10000"), {
      from: 1,
      to: 10_000,
    })
    .option("--jobs <count>", "runs at a time (default: one per core)", wholeFrom(1), availableParallelism())
    .option(
      "--time <duration>",
      "end after this long, like 10m",
      parsed(parseDuration, "a duration like 30s or 10m"),
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
    .option("--minimise <count>", "failures to make small, at most", wholeFrom(0), 3)
    .option("--budget <runs>", "runs to spend on making one failure small", wholeFrom(1), 2_000)
    .option("--json", "print the outcome as one JSON object")
    .addHelpText(
      "after",
      "\nEnds with 0 when every run held, 1 when one was violated, 2 when none was but some could not be judged.",
    )
    .action((file: string, flags: HuntFlags) => runHunt(file, flags, version));
}

async function runHunt(file: string, flags: HuntFlags, version: string): Promise<void> {
  const { text, scenario } = readScenario(file);
  const { name } = scenario;
  const folder = flags.out ?? `hunt-${basename(file, extname(file))}`;
  const ending = new AbortController();
  let whyEnded: string | null = null;
  const end = (why: string) => {
    whyEnded ??= why;
    ending.abort();
  };
  onInterrupts(
    ["SIGINT", "SIGTERM", "SIGHUP"],
    () => end("interrupted"),
    () => process.exit(130),
  );
  const timer = flags.time === undefined ? undefined : setTimeout(() => end("its time is up"), flags.time);
  const meter = new Meter(flags.json === true);
  const progress = await hunt({
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
    workerEntry: join(import.meta.dirname, "hunt-worker.js"),
    signal: ending.signal,
    onProgress: (now) => meter.show(now),
  });
  clearTimeout(timer);
  meter.end();
  const verdict = verdictOf(progress);
  if (flags.json) process.stdout.write(`${JSON.stringify(asJson(progress, verdict, folder))}\n`);
  else process.stdout.write(inWords(progress, folder, flags, whyEnded));
  process.exitCode = { holds: 0, violated: 1, unknown: 2 }[verdict];
}

type Verdict = "holds" | "violated" | "unknown";

function verdictOf({ failures }: HuntProgress): Verdict {
  if (failures.some(({ verdict }) => verdict === "violated")) return "violated";
  return failures.length > 0 ? "unknown" : "holds";
}

const asJson = (progress: HuntProgress, verdict: Verdict, folder: string) => ({
  verdict,
  folder,
  total: progress.total,
  done: progress.done,
  failures: progress.failures,
  minimised: [...progress.minimised.values()],
  reached: progress.reached,
});

function inWords(progress: HuntProgress, folder: string, flags: HuntFlags, whyEnded: string | null): string {
  const lines: string[] = [];
  for (const { seed, verdict, words, found } of progress.failures) {
    lines.push(`seed ${seed}: ${verdict}: ${words}. ${found}`);
    const small = progress.minimised.get(seed);
    if (small === undefined) continue;
    const { before, after } = small;
    lines.push(
      `  made small: ${before.nodes} → ${after.nodes} nodes, ${before.faults} → ${after.faults} faults, ${before.operations} → ${after.operations} operations: ${small.folder}`,
    );
  }
  const paths = Object.entries(progress.reached).toSorted((a, b) => a[1] - b[1]);
  if (paths.length > 0) {
    lines.push(`rare paths reached (runs of ${progress.done}):`);
    for (const [path, runs] of paths) lines.push(`  ${String(runs).padStart(8)}  ${path}`);
  }
  const { done, total, failures } = progress;
  const rest = done < total && whyEnded !== null ? `; ended because ${whyEnded}, go on with --resume` : "";
  const shard = flags.shard.of > 1 ? ` of shard ${flags.shard.index}/${flags.shard.of}` : "";
  lines.push(`${done} of ${total} seeds${shard} run, ${failures.length} failed${rest}. Kept in ${folder}.`);
  return `${lines.join("\n")}\n`;
}

/** One line that is written over on a terminal; elsewhere a line now and then. */
class Meter {
  readonly #isQuiet: boolean;
  readonly #isTerminal = process.stderr.isTTY;
  readonly #startedAt = performance.now();
  #startedWith: number | null = null;
  #shownAt = 0;
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
    const line = `${bar} ${done}/${total} seeds, ${rate.toFixed(0)}/s, ${failures.length} failed, ${Object.keys(reached).length} rare paths${work}`;
    const columns = process.stderr.columns ?? 200;
    process.stderr.write(this.#isTerminal ? `\r\x1b[K${line.slice(0, columns - 1)}` : `${line}\n`);
    this.#hasShown = true;
  }

  end(): void {
    if (this.#hasShown && this.#isTerminal) process.stderr.write("\r\x1b[K");
  }
}
