/** The scenarios that come with the program, simulated: they hold, and each of their expectations can fail. */
import { describe, expect, it } from "vitest";
import { nativeHasher } from "../../main/scenario/native-hasher.ts";
import { judge } from "../../shared/scenario/expectations/judge.ts";
import { parseScenario } from "../../shared/scenario/parse.ts";
import type { RunVerdict } from "../../shared/scenario/run.types.ts";
import { scenarioSchema, type Scenario } from "../../shared/scenario/schema.ts";
import { simulate } from "../../shared/simulation/simulate.ts";
import { mutants, type Mutant } from "./mutants.ts";
import { complaints, demonstrations, files, sourceOf, storms, textOf } from "./scenarios.ts";

const seeds = [1, 2, 3];
const limits = { states: 1_000_000, isTimeUp: () => false };

const play = (scenario: Scenario, seed: number) =>
  simulate({ scenario, seed, version: "test", buggify: false, hasher: nativeHasher() });

describe("every file", () => {
  it.each(files)("%s can be read, says what it shows, and points editors to the schema", (file) => {
    const scenario = parseScenario(textOf(file), file);
    expect(scenario.about?.length).toBeGreaterThan(100);
    expect(scenario.expect.length).toBeGreaterThan(0);
    expect(textOf(file)).toMatch(/^# yaml-language-server: \$schema=\.\.\/scenario\.schema\.json\n/);
  });

  it.each(demonstrations)("%s bears its number and asks its question", (file) => {
    const { lesson, predict } = sourceOf(file);
    expect(file.startsWith(String(lesson).padStart(2, "0"))).toBe(true);
    expect(predict).toMatch(/\?\s*$/);
  });

  it("is a demonstration or a storm", () => {
    expect([...demonstrations, ...storms].sort()).toEqual(files);
  });
});

describe("simulated", () => {
  it.each(files.flatMap((file) => seeds.map((seed) => [file, seed] as const)))(
    "%s holds under seed %i",
    (file, seed) => {
      const { verdict } = play(parseScenario(textOf(file), file), seed);
      expect(complaints(verdict)).toEqual([]);
      expect(verdict.verdict).toBe("holds");
    },
  );
});

const judgeMutant = ({ file, change, tamper }: Mutant): RunVerdict => {
  const source = sourceOf(file);
  change?.(source);
  const scenario = scenarioSchema.parse(source);
  // Judged as if it had come to its end: some wait in vain for what their fault would have brought about.
  const { record } = play(scenario, 1);
  return judge(scenario, tamper === undefined ? record : tamper(record), limits);
};

describe("the expectations of the demonstrations", () => {
  it.each(mutants.map((mutant) => [mutant.file, mutant.because, mutant] as const))(
    "%s is violated when %s",
    (_file, _because, mutant) => {
      const { results } = judgeMutant(mutant);
      const violated = results.flatMap(({ verdict }, index) => (verdict === "violated" ? [index + 1] : []));
      expect(violated).toEqual(expect.arrayContaining([...mutant.violates]));
    },
  );

  it.each(demonstrations)("of %s are each violated by one of these", (file) => {
    const violated = new Set(
      mutants.filter((mutant) => mutant.file === file).flatMap((mutant) => mutant.violates),
    );
    const all = sourceOf(file).expect!.map((_, index) => index + 1);
    expect([...violated].sort((a, b) => a - b)).toEqual(all);
  });
});

/** Of 18 and its cure side by side. */
describe("crash amnesia and its cure", () => {
  it("first differ at the restart", () => {
    const [lost, kept] = ["18-crash-amnesia.yaml", "18-crash-amnesia-cured.yaml"].map((file) => {
      const { record } = play(parseScenario(textOf(file), file), 1);
      return record.events.map(({ detail, ...event }) => {
        const { clockStore: _, name: __, ...others } = detail ?? {};
        return JSON.stringify({ ...event, detail: others });
      });
    });
    const first = lost!.findIndex((event, index) => event !== kept![index]);
    const event = JSON.parse(lost![first]!) as { node: string; name: string; detail: { clock: string } };
    expect(event).toMatchObject({ node: "A", name: "start", detail: { clock: "lost" } });
  });
});
