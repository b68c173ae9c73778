/** The demonstrations on real processes: what holds on virtual time must hold here. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { runScenario } from "../../main/scenario/real-run.ts";
import { parseScenario } from "../../shared/scenario/parse.ts";
import { complaints, demonstrations, textOf } from "./scenarios.ts";

const workerEntry = join(import.meta.dirname, "../../main/worker/main.ts");

it.each(demonstrations)(
  "%s holds on real processes",
  async (file) => {
    const scenario = parseScenario(textOf(file), file);
    const { verdict } = await runScenario({ scenario, seed: 1, workerEntry, version: "test" });
    expect(complaints(verdict)).toEqual([]);
    expect(verdict.verdict).toBe("holds");
  },
  120_000,
);
