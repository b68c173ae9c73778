import { describe, expect, it } from "vitest";
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

  it("holds when nothing is expected", () => {
    expect(verdictOf([], { events })).toEqual({ verdict: "holds", results: [], broken: null });
  });
});
