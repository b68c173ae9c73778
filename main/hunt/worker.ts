/**
 * One core's share of a hunt, a thread: runs seeds one after the other and makes failures small. It holds nothing that
 * the hunt needs: all it finds is told at once.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { RecordedEvent } from "../../shared/trace/event.ts";
import { parseScenario } from "../../shared/scenario/parse.ts";
import { scenarioToYaml } from "../../shared/scenario/write.ts";
import type { Scenario } from "../../shared/scenario/schema.ts";
import { minimise } from "../../shared/simulation/minimise.ts";
import { simulate } from "../../shared/simulation/simulate.ts";
import type { SimulationResult } from "../../shared/simulation/types.ts";
import type { FoundFailure } from "./ledger.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./messages.ts";
import { nativeHasher } from "../scenario/native-hasher.ts";
import { prepareRunFolder, writeRunFolder } from "../scenario/run-folder.ts";

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
  const result = simulate({
    scenario,
    seed,
    version,
    buggify: false,
    hasher: nativeHasher(),
    onEvents: (events) => events.forEach(tellStep),
  });
  keep(folder, text, result);
  tell({ kind: "played", verdict: result.verdict, traceSha256: result.traceSha256 });
}

function tellStep({ op, name, detail }: RecordedEvent): void {
  if (op !== "lab" || name !== "step" || detail === undefined) return;
  const { number, of, words } = detail;
  tell({ kind: "playing", step: Number(number), of: Number(of), words: String(words) });
}

function keep(folder: string, source: string, result: SimulationResult): void {
  const { verdict, record, traceSha256, virtualMs, reached, seed } = result;
  prepareRunFolder(folder);
  writeRunFolder(folder, {
    name: `${scenario.name}, seed ${seed}, simulated`,
    text: source,
    world: "simulated",
    seed,
    version,
    verdict,
    record,
    traceSha256,
    ms: virtualMs,
    reached,
  });
}

const run = (candidate: Scenario, seed: number): SimulationResult =>
  simulate({ scenario: candidate, seed, version, buggify: true, hasher: nativeHasher() });

function runAll(seeds: readonly number[]): void {
  const reached: Record<string, number> = {};
  let events = 0;
  let virtualMs = 0;
  for (const seed of seeds) {
    let result: SimulationResult;
    try {
      result = run(scenario, seed);
    } catch (error) {
      tell({
        kind: "crashed",
        seed,
        why: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
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

function failureOf(seed: number, { verdict }: SimulationResult): FoundFailure | null {
  if (verdict.verdict === "holds") return null;
  const expectation = verdict.results.findIndex((each) => each.verdict === verdict.verdict);
  const result = verdict.results[expectation];
  return {
    seed,
    verdict: verdict.verdict,
    expectation: result === undefined ? null : expectation,
    words: result?.words ?? "the run came to its end",
    found: result?.found ?? verdict.broken ?? "",
  };
}

function makeSmall({ seed, expectation, folder, budget }: Extract<ToWorker, { kind: "minimise" }>): void {
  const isViolated = ({ verdict }: SimulationResult) => verdict.results[expectation]?.verdict === "violated";
  const small = minimise({
    scenario,
    seed,
    budget,
    fails: (candidate) => {
      try {
        return isViolated(run(candidate, seed));
      } catch {
        return false;
      }
    },
    goOn: (tried, sizes) => {
      tell({ kind: "smaller", seed, tried, sizes });
      return true;
    },
  });
  const result = run(small.scenario, seed);
  keep(folder, scenarioToYaml(small.scenario), result);
  const { before, after, isMinimal } = small;
  const proof = result.verdict.results[expectation]?.proof[0] ?? null;
  tell({ kind: "minimised", seed, before, after, isMinimal, proof });
}
