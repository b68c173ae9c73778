/** Hunts one broken core until a seed gives it away, and says what it took. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseScenario } from "../../shared/scenario/parse.ts";
import { hunt } from "../../main/hunt/hunt.ts";
import { buildWorker } from "./build.ts";
import type { BrokenCore } from "./cores.ts";

export interface Outcome {
  readonly core: BrokenCore;
  /** Seeds run until the first that failed; null when none did. */
  readonly seeds: number | null;
  readonly words: string;
  readonly found: string;
  readonly before: { readonly nodes: number; readonly faults: number; readonly operations: number } | null;
  readonly after: { readonly nodes: number; readonly faults: number; readonly operations: number } | null;
  /** The minimised scenario as text. */
  readonly scenario: string | null;
}

const folders = [
  join(import.meta.dirname, "..", "..", "assets", "scenarios"),
  join(import.meta.dirname, "scenarios"),
];

function fileOf(scenario: string): string {
  const file = folders.map((folder) => join(folder, `${scenario}.yaml`)).find((path) => existsSync(path));
  if (file === undefined) throw new Error(`There is no scenario ${scenario}.`);
  return file;
}

/** `minimiseBudget` 0: only find it. */
export async function huntCore(
  core: BrokenCore,
  minimiseBudget: number,
  jobs = availableParallelism(),
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "lightcone-broken-"));
  try {
    const file = fileOf(core.scenario);
    const text = readFileSync(file, "utf8");
    const progress = await hunt({
      text,
      file,
      name: parseScenario(text, file).name,
      version: `broken: ${core.name}`,
      from: 1,
      to: core.within,
      shard: { index: 1, of: 1 },
      folder,
      resume: false,
      jobs,
      stopAtFirst: true,
      minimiseMax: minimiseBudget > 0 ? 1 : 0,
      minimiseBudget,
      workerEntry: await buildWorker(core.name, core.edits),
      signal: new AbortController().signal,
      onProgress: () => {},
    });
    const failure = progress.failures.find(({ verdict }) => verdict === "violated");
    const small = [...progress.minimised.values()][0];
    return {
      core,
      seeds: failure?.seed ?? null,
      words: failure?.words ?? "",
      found: failure?.found ?? "",
      before: small?.before ?? null,
      after: small?.after ?? null,
      scenario: small === undefined ? null : readFileSync(join(small.folder, "scenario.yaml"), "utf8"),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
