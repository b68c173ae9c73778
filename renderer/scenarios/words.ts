/** Runs, verdicts and hunts in words. */
import type { HuntState, ScenarioInfo, ScenarioRunState, World } from "../../shared/contract/studio.ts";
import type { ExpectationResult, RunVerdict } from "../../shared/scenario/run.types.ts";
import { countText, plural } from "../session/words.ts";

export const worldWords: Record<World, string> = { simulated: "simulated", real: "on real processes" };

export const verdictTitles: Record<ExpectationResult["verdict"], string> = {
  holds: "Holds",
  violated: "Violated",
  unknown: "Unknown",
};

/** "All 4 expectations hold." or how many do not. */
export function verdictWords({ results, broken }: RunVerdict): string {
  if (broken !== null) return `The run ended early: ${broken}`;
  const count = (verdict: ExpectationResult["verdict"]) =>
    results.filter((result) => result.verdict === verdict).length;
  const [violated, unknown, of] = [
    count("violated"),
    count("unknown"),
    plural(results.length, "expectation"),
  ];
  if (violated + unknown === 0)
    return results.length === 1 ? "The one expectation holds." : `All ${of} hold.`;
  const parts = [
    ...(violated > 0 ? [`${countText(violated)} of ${of} ${violated === 1 ? "is" : "are"} violated`] : []),
    ...(unknown > 0 ? [`${countText(unknown)} of ${of} cannot be decided`] : []),
  ];
  return `${parts.join(", ")}.`;
}

/** "Step 2 of 5: kill A". Before the first step only what is done. */
export function progressWords({ progress, world }: Pick<ScenarioRunState, "progress" | "world">): string {
  const { step, of, words } = progress;
  if (step === 0) return world === "real" ? `${sentence(words)}, as real processes` : sentence(words);
  return `Step ${step} of ${of}: ${words}`;
}

const sentence = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);

/** Why what was typed is no seed; null when it is one. */
export function seedProblem(text: string): string | null {
  const isWhole = /^\d+$/.test(text.trim()) && Number.isSafeInteger(Number(text));
  return isWhole ? null : "A seed is a whole number from 0 to 9007199254740991.";
}

/** Why a hunt over these seeds cannot start; null when it can. */
export function rangeProblem(from: string, to: string): string | null {
  const problem = seedProblem(from) ?? seedProblem(to);
  if (problem !== null) return problem;
  return Number(from) > Number(to) ? "The first seed is above the last: exchange them." : null;
}

/** "1 240 of 10 000 seeds, 310 seeds/s, about 28 s left". */
export function huntWords({ from, to, done, seedsPerSecond, status }: HuntState): string {
  const all = to - from + 1;
  const rate = `${countText(seedsPerSecond)} seeds/s`;
  const tried = `${countText(done)} of ${plural(all, "seed")}`;
  if (status !== "running" || seedsPerSecond === 0) return `${tried}, ${rate}`;
  if (done >= all) return `${tried}, ${rate}, making the failures small`;
  return `${tried}, ${rate}, about ${leftText((all - done) / seedsPerSecond)} left`;
}

/** Roughly, as a person counts: 8 s, 12 min, 3 h. */
export function leftText(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = seconds / 60;
  return minutes < 90 ? `${Math.round(minutes)} min` : `${countText(minutes / 60)} h`;
}

export interface RarePath {
  readonly path: string;
  readonly runs: number;
  /** Of the runs done. */
  readonly share: number;
}

/** What the runs reached, the rarest first. */
export function rarestFirst({ reached, done }: Pick<HuntState, "reached" | "done">): readonly RarePath[] {
  return Object.entries(reached)
    .map(([path, runs]) => ({ path, runs, share: done === 0 ? 0 : runs / done }))
    .toSorted((a, b) => a.runs - b.runs || (a.path < b.path ? -1 : 1));
}

/** 0.02 %, 3 %, 100 %. */
export function shareText(share: number): string {
  const percent = share * 100;
  return `${percent < 1 ? Number(percent.toPrecision(1)) : Math.round(percent)}\u202f%`;
}

const place = ({ lesson }: ScenarioInfo) => lesson ?? Number.POSITIVE_INFINITY;

/** Lessons in their order, then the others by name. */
export function inOrder(scenarios: readonly ScenarioInfo[]): readonly ScenarioInfo[] {
  return scenarios.toSorted((a, b) =>
    place(a) === place(b) ? (a.name < b.name ? -1 : 1) : place(a) - place(b),
  );
}

/** The folder of a person's own scenarios: beside that of the sessions, in the lab's data directory. */
export function scenarioFolder(sessionPath: string): string {
  const separator = sessionPath.includes("\\") ? "\\" : "/";
  return [...sessionPath.split(separator).slice(0, -2), "scenarios"].join(separator);
}
