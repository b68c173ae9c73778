/**
 * One core's share of a hunt, a thread: runs seeds one after the other and makes failures small. It holds nothing that
 * the hunt needs: all it finds is told at once.
 */
import { rmSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import type { RecordedEvent } from "../../shared/trace/event.ts";
import { expand } from "../../shared/scenario/plan.ts";
import { parseScenario, ScenarioError } from "../../shared/scenario/parse.ts";
import { scenarioToYaml } from "../../shared/scenario/write.ts";
import type { Scenario } from "../../shared/scenario/schema.ts";
import type { Hasher } from "../../shared/simulation/canonical.ts";
import { minimise, type Sizes, sizesOf } from "../../shared/simulation/minimise.ts";
import { Simulation } from "../../shared/simulation/simulation.ts";
import { simulate } from "../../shared/simulation/simulate.ts";
import type { SimulationResult } from "../../shared/simulation/types.ts";
import type { RunVerdict } from "../../shared/scenario/run.types.ts";
import type { FoundFailure } from "./ledger.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./messages.ts";
import { nativeHasher } from "../scenario/native-hasher.ts";
import { prepareRunFolder, simulatedRun, writeRunFolder } from "../scenario/run-folder.ts";

/** Virtual time between two looks whether a run is over. */
const strideMs = 60_000;

const { text, file, version } = workerData as WorkerSetup;
const scenario = parseScenario(text, file);
const port = parentPort!;
const tell = (message: FromWorker) => port.postMessage(message);

port.on("message", (message: ToWorker) => {
  if (message.kind === "run") runAll(message.seeds);
  else if (message.kind === "minimise") makeSmall(message);
  else play(message.seed, message.folder);
});

function play(seed: number, folder: string): void {
  const rarePaths = scenario.lesson === undefined;
  const result = simulate({
    scenario,
    seed,
    version,
    buggify: rarePaths,
    hasher: nativeHasher(),
    onEvents: (events) => events.forEach(tellStep),
  });
  keep(folder, text, result, rarePaths);
  tell({ kind: "played", verdict: result.verdict, traceSha256: result.traceSha256 });
}

function tellStep({ op, name, detail }: RecordedEvent): void {
  if (op !== "lab" || name !== "step" || detail === undefined) return;
  const { number, of, words } = detail;
  tell({ kind: "playing", step: Number(number), of: Number(of), words: words as string });
}

function keep(folder: string, source: string, result: SimulationResult, rarePaths: boolean): void {
  prepareRunFolder(folder);
  const name = `${scenario.name}, seed ${result.seed}, simulated`;
  writeRunFolder(folder, simulatedRun(name, source, result, rarePaths));
}

/** A hunt is for what seldom happens, so rare paths are on in every run of it. Only a run that is kept is hashed. */
const run = (candidate: Scenario, seed: number, hasher: Hasher | null = null): SimulationResult =>
  simulate({ scenario: candidate, seed, version, buggify: true, hasher });

function runAll(seeds: readonly number[]): void {
  const reached: Record<string, number> = {};
  let events = 0;
  let virtualMs = 0;
  for (const seed of seeds) {
    let result: SimulationResult;
    try {
      result = run(scenario, seed);
    } catch (error) {
      const words = "the code under test does not throw";
      const found = inWords(error);
      tell({ kind: "failure", failure: { seed, verdict: "violated", expectation: null, words, found } });
      continue;
    }
    events += result.events;
    virtualMs += result.virtualMs;
    for (const path of Object.keys(result.reached)) reached[path] = (reached[path] ?? 0) + 1;
    const failure = failureOf(seed, result);
    if (failure !== null) tell({ kind: "failure", failure });
  }
  tell({
    kind: "batch",
    batch: { first: seeds[0]!, last: seeds.at(-1)!, runs: seeds.length, reached },
    events,
    virtualMs,
  });
}

/** What the code under test threw, and where: as much a find as a violation. */
function inWords(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const where = /\n\s+(at .*)/.exec(stack)?.[1];
  return where === undefined ? String(error) : `${String(error)} (${where})`;
}

function failureOf(seed: number, { verdict }: SimulationResult): FoundFailure | null {
  if (verdict.verdict === "holds") return null;
  const expectation = verdict.results.findIndex((each) => each.verdict === verdict.verdict);
  const result = verdict.results[expectation];
  return {
    seed,
    verdict: verdict.verdict,
    expectation: result === undefined ? null : expectation,
    words: result?.words ?? "the run came to its end",
    found: verdict.broken ?? result?.found ?? "",
  };
}

type Order = Extract<ToWorker, { kind: "minimise" }>;

/**
 * Leaves the smallest run that fails like this one, judged anew from the very text that is left. A failure that is gone
 * when it is written out, which should not be, is left as the scenario it came from.
 */
function makeSmall(order: Order): void {
  const { seed, folder } = order;
  const whole = sizesOf(expand(scenario, seed));
  const small = smallest(order) ?? {
    source: text,
    result: ended(scenario, seed).result,
    before: whole,
    after: whole,
    isMinimal: false,
  };
  // What is there is of a sitting that was killed while it wrote.
  rmSync(folder, { recursive: true, force: true });
  const { source, result, before, after, isMinimal } = small;
  keep(folder, source, result, true);
  const { results } = result.verdict;
  const proof = results.find(({ verdict }) => verdict === "violated")?.proof[0] ?? null;
  tell({ kind: "minimised", minimised: { seed, folder, before, after, isMinimal, proof } });
}

/**
 * Only the expectation that failed is kept, and the result is no demonstration any more, so `lightcone simulate` runs it
 * with rare paths, as the hunt did.
 */
function smallest({ seed, expectation, budget }: Order) {
  const { lesson: _lesson, predict: _predict, ...rest } = scenario;
  const alone: Scenario = { ...rest, expect: expectation === null ? [] : [scenario.expect[expectation]!] };
  const crash = expectation === null ? placeOf(ended(scenario, seed).thrown) : null;
  const fails = (candidate: Scenario) => {
    try {
      return run(candidate, seed).verdict.verdict === "violated";
    } catch (error) {
      return crash !== null && placeOf(inWords(error)) === crash;
    }
  };
  const goOn = (tried: number, sizes: Sizes) => {
    tell({ kind: "smaller", seed, tried, sizes });
    return true;
  };
  try {
    const small = minimise({ scenario: alone, seed, budget, fails, goOn });
    const source = scenarioToYaml(small.scenario);
    const { result } = ended(parseScenario(source, file), seed);
    return result.verdict.verdict === "violated" ? { ...small, source, result } : null;
  } catch (error) {
    if (error instanceof RangeError || error instanceof ScenarioError) return null;
    throw error;
  }
}

/** The same assertion with other numbers is the same crash. */
const placeOf = (thrown: string | null) => thrown?.replaceAll(/\d+/g, "#") ?? null;

/** A run with its trace, to its end or to what it throws; that is a violation then. */
function ended(candidate: Scenario, seed: number): { result: SimulationResult; thrown: string | null } {
  const options = { scenario: candidate, seed, version, buggify: true, hasher: nativeHasher() };
  const simulation = new Simulation(options);
  try {
    while (simulation.advance(strideMs));
    return { result: simulation.result(), thrown: null };
  } catch (error) {
    const thrown = inWords(error);
    const result = simulation.result();
    const verdict: RunVerdict = { ...result.verdict, verdict: "violated", broken: `It threw: ${thrown}` };
    return { result: { ...result, verdict }, thrown };
  }
}
