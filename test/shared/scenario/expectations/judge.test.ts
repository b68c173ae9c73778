import { describe, expect, it } from "vitest";
import { judgeEndedEarly } from "../../../../shared/scenario/expectations/judge.ts";
import { ApplicationTrace, verdictOf } from "./record.ts";

describe("the verdict on a run", () => {
  const trace = new ApplicationTrace();
  trace.event("A", "a");
  const { events } = trace;
  const holds = { event: { name: "event" } };
  const violated = { event: { name: "held" } };
  const unknown = { held: { count: 0 } };

  it("is the worst of its results, in the order of the expectations", () => {
    expect(verdictOf([holds, holds], { events }).verdict).toBe("holds");
    expect(verdictOf([holds, unknown], { events }).verdict).toBe("unknown");
    const all = verdictOf([unknown, violated, holds], { events });
    expect(all).toMatchObject({ verdict: "violated", broken: null });
    expect(all.results.map((one) => one.verdict)).toEqual(["unknown", "violated", "holds"]);
  });

  it("of a run that ended early keeps only what nothing to come can undo", () => {
    const scenario = { expect: [violated, { "unique-ids": true }, { "unique-ids": false }, holds] };
    const words = { words: "", found: "", proof: [] };
    const early = (...verdicts: ("holds" | "violated")[]) => {
      const results = verdicts.map((verdict) => ({ ...words, verdict }));
      return judgeEndedEarly(scenario as never, { verdict: "violated", results, broken: null }, "Cut.");
    };
    const hopeful = early("violated", "holds", "violated", "holds");
    expect(hopeful).toMatchObject({ verdict: "unknown", broken: "Cut." });
    expect(hopeful.results.map(({ verdict }) => verdict)).toEqual(["unknown", "holds", "unknown", "holds"]);
    expect(early("violated", "violated", "holds", "holds").verdict).toBe("violated");
  });

  it("holds when nothing is expected", () => {
    expect(verdictOf([], { events })).toEqual({ verdict: "holds", results: [], broken: null });
  });
});
