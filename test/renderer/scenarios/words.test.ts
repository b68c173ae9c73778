import { describe, expect, it } from "vitest";
import {
  huntWords,
  inOrder,
  leftText,
  progressWords,
  rangeProblem,
  rarestFirst,
  scenarioFolder,
  seedProblem,
  shareText,
  verdictWords,
} from "../../../renderer/scenarios/words.ts";
import type { HuntState, ScenarioInfo } from "../../../shared/contract/studio.ts";
import type { ExpectationResult, RunVerdict } from "../../../shared/scenario/run.types.ts";

const space = "\u202f";

function verdictOf(...verdicts: ExpectationResult["verdict"][]): RunVerdict {
  const results = verdicts.map((verdict) => ({ verdict, words: "w", found: "f", proof: [] }));
  return { verdict: "unknown", results, broken: null };
}

const hunt: HuntState = {
  scenario: "s",
  from: 1,
  to: 10_000,
  status: "running",
  done: 1_240,
  seedsPerSecond: 310,
  failures: [],
  reached: {},
  error: null,
};

const at = (step: number, words: string) =>
  ({ world: "simulated", progress: { step, of: 5, words } }) as const;
const info = (name: string, lesson: number | null): ScenarioInfo => ({
  id: name,
  path: name,
  name,
  lesson,
  about: null,
  predict: null,
  error: null,
});

describe("words about runs and hunts", () => {
  it("sums a verdict up in one sentence", () => {
    const cases: [RunVerdict, string][] = [
      [verdictOf("holds", "holds"), "All 2 expectations hold."],
      [verdictOf("holds"), "The one expectation holds."],
      [verdictOf("violated", "holds"), "1 of 2 expectations is violated."],
      [
        verdictOf("violated", "violated", "unknown"),
        "2 of 3 expectations are violated, 1 of 3 expectations cannot be decided.",
      ],
      [
        { ...verdictOf("holds"), broken: "a node ended by itself." },
        "The run ended early: a node ended by itself.",
      ],
    ];
    for (const [verdict, words] of cases) expect(verdictWords(verdict)).toBe(words);
  });

  it("tells progress by the step, and before the first by what is done", () => {
    expect(progressWords(at(2, "kill A"))).toBe("Step 2 of 5: kill A");
    expect(progressWords(at(0, "the cluster starts"))).toBe("The cluster starts");
  });

  it("refuses what is no seed, or no range of them, and says why", () => {
    for (const text of ["0", "7", " 12 ", "9007199254740991"]) expect(seedProblem(text)).toBeNull();
    for (const text of ["", "-1", "1.5", "1e3", "seven", "9007199254740992"])
      expect(seedProblem(text)).toMatch(/whole number/);
    expect(rangeProblem("1", "1000")).toBeNull();
    expect(rangeProblem("5", "4")).toMatch(/above the last/);
    expect(rangeProblem("x", "4")).toMatch(/whole number/);
  });

  it("tells how far a hunt is", () => {
    const tried = `1${space}240 of 10${space}000 seeds, 310 seeds/s`;
    expect(huntWords(hunt)).toBe(`${tried}, about 28 s left`);
    expect(huntWords({ ...hunt, status: "cancelled" })).toBe(tried);
    expect(huntWords({ ...hunt, done: 0, seedsPerSecond: 0 })).toBe(`0 of 10${space}000 seeds, 0 seeds/s`);
    expect(huntWords({ ...hunt, done: 10_000 })).toMatch(/making the failures small$/);
  });

  it("counts time as a person does", () => {
    expect([0.2, 45, 89, 90, 3_000, 20_000].map(leftText)).toEqual([
      "1 s",
      "45 s",
      "89 s",
      "2 min",
      "50 min",
      "6 h",
    ]);
  });

  it("puts the rarest path first, equals by name", () => {
    const rows = rarestFirst({ done: 200, reached: { often: 200, b: 1, a: 1 } });
    expect(rows.map(({ path, share }) => [path, shareText(share)])).toEqual([
      ["a", `0.5${space}%`],
      ["b", `0.5${space}%`],
      ["often", `100${space}%`],
    ]);
    expect(rarestFirst({ done: 0, reached: {} })).toEqual([]);
  });

  it("lists lessons in their order, then the others by name", () => {
    const list = [info("storm", null), info("ring", 16), info("broken", null), info("first", 1)];
    expect(inOrder(list).map(({ name }) => name)).toEqual(["first", "ring", "broken", "storm"]);
  });

  it("finds the folder of one's own scenarios beside that of the sessions, on any system", () => {
    expect(scenarioFolder("/home/ada/lab/sessions/live.lightcone")).toBe("/home/ada/lab/scenarios");
    expect(scenarioFolder("C:\\lab\\sessions\\live.lightcone")).toBe("C:\\lab\\scenarios");
  });
});
