import { describe, expect, it } from "vitest";
import { ApplicationTrace, judged } from "./record.ts";

function seen(...rounds: string[][]) {
  const trace = new ApplicationTrace();
  trace.member("B", "C", "alive");
  for (const [index, name] of ["kill", "pause", "partition"].entries()) {
    trace.lab(name, name === "partition" ? { groups: [["C"], ["A", "B"]] } : { node: "C" });
    trace.member("A", "C", "dead");
    for (const status of rounds[index] ?? []) trace.member("B", "C", status);
  }
  return trace.events;
}

const same = (...statuses: string[]) => ({
  "same-view": { node: "B", about: "C", statuses, after: ["killed", "paused", "cut"] },
});

describe("same view", () => {
  const label = {
    killed: { action: "kill", node: "C" },
    paused: { action: "pause", node: "C" },
    cut: { action: "isolate" },
  };

  const usual = ["suspect", "dead", "alive"];

  it("is what the node saw first after each", () => {
    expect(judged(same("suspect", "dead"), { events: seen(usual, usual, usual) }, label).verdict).toBe(
      "holds",
    );
    expect(judged(same(...usual), { events: seen(usual, usual, [...usual, "suspect"]) }, label).verdict).toBe(
      "holds",
    );
    const violated = judged(
      same("suspect", "dead"),
      { events: seen(usual, ["suspect", "alive"], usual) },
      label,
    );
    expect(violated).toMatchObject({ verdict: "violated", found: "After paused B saw C suspect, alive." });
    expect(judged(same("suspect", "dead"), { events: seen(usual, [], usual) }, label).verdict).toBe(
      "violated",
    );
  });

  it("is unknown when the run ended first", () => {
    expect(judged(same("suspect", "dead"), { events: seen(usual, usual, ["suspect"]) }, label)).toMatchObject(
      {
        verdict: "unknown",
        found: "After cut B saw C suspect. Then the run ended.",
      },
    );
    expect(judged(same("suspect", "dead"), { events: seen(usual, usual, ["dead"]) }, label).verdict).toBe(
      "violated",
    );
  });
});
