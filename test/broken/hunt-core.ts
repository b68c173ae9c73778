/** Hunts one broken core until a seed gives it away, and says what it took. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hunt } from "../../main/hunt/hunt.ts";
import type { FoundFailure, MinimisedFailure } from "../../main/hunt/ledger.ts";
import type { BrokenCore } from "./cores/types.ts";

interface Outcome {
  /** The lowest seed that failed, and why; null when none did. */
  readonly failure: FoundFailure | null;
  readonly small: MinimisedFailure | null;
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

type Wanted = Pick<BrokenCore, "name" | "scenario" | "within">;

/** A name that no broken core has stands for the sound one. `minimiseBudget` 0: only find it. */
export async function huntCore({ name, scenario, within }: Wanted, minimiseBudget: number): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "lightcone-broken-"));
  try {
    const file = fileOf(scenario);
    const { failures, minimised } = await hunt({
      text: readFileSync(file, "utf8"),
      file,
      name: scenario,
      version: name,
      from: 1,
      to: within,
      shard: { index: 1, of: 1 },
      folder,
      resume: false,
      jobs: availableParallelism(),
      stopAtFirst: true,
      minimiseMax: minimiseBudget > 0 ? 1 : 0,
      minimiseBudget,
      workerEntry: fileURLToPath(new URL("worker.ts", import.meta.url)),
      signal: new AbortController().signal,
      onProgress: () => {},
    });
    const failure = failures.find(({ verdict }) => verdict === "violated") ?? null;
    const [small = null] = minimised.values();
    return {
      failure,
      small,
      scenario: small && readFileSync(join(small.folder, "scenario.yaml"), "utf8"),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
