import { describe, expect, it } from "vitest";
import { ApplicationTrace, judged, viewOf } from "./record.ts";

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

describe("spread", () => {
  const names = Array.from({ length: 17 }, (_, index) => `node-${index + 1}`);
  const final = names.map((name) => viewOf(name));
  const spread = { about: "newcomer", status: "alive" as const, rounds: 10 };

  /** Each node hears at its time, in rounds of the lab preset's 60 ms. */
  function heard(times: readonly number[]) {
    const trace = new ApplicationTrace();
    trace.lab("node-added", { node: "newcomer" });
    for (const [index, time] of times.entries()) {
      trace.now = 2_000 + time * 60;
      trace.member(names[index]!, "newcomer", "alive");
    }
    return trace.events;
  }
  const s = [0, 1, 2, 3, 3.5, 3.6, 3.7, 3.8, 3.9, 4, 4.1, 4.2, 4.3, 5, 6, 7, 8];
  const line = names.map((_, index) => index / 2);

  it("is measured in rounds from the first who knew", () => {
    const found = judged({ spread }, { nodes: names, final, events: heard(s) });
    expect(found).toMatchObject({ verdict: "holds", found: "It reached 17 nodes in 8.0 rounds of 60 ms." });
    expect(
      judged({ spread: { ...spread, rounds: 7 } }, { nodes: names, final, events: heard(s) }).verdict,
    ).toBe("violated");
    const slower = judged(
      { spread: { ...spread, rounds: 3 } },
      { nodes: names, final, events: heard(s) },
      {},
      { membership: { gossipInterval: 200 } },
    );
    expect(slower).toMatchObject({ verdict: "holds", found: "It reached 17 nodes in 2.4 rounds of 200 ms." });
  });

  it("has the shape of an S, or not", () => {
    const curved = { spread: { ...spread, "s-curve": true } };
    expect(judged(curved, { nodes: names, final, events: heard(s) }).verdict).toBe("holds");
    expect(judged(curved, { nodes: names, final, events: heard(line) })).toMatchObject({
      verdict: "violated",
      found: "It reached 17 nodes in 8.0 rounds of 60 ms, not fastest in the middle.",
    });
  });

  it("must reach everybody who runs", () => {
    const partly = { nodes: names, events: heard(s.slice(0, 16)) };
    expect(judged({ spread }, { ...partly, final })).toMatchObject({
      verdict: "violated",
      found: "It never reached node-17.",
    });
    const withoutLast = final.map((view) => (view.node === "node-17" ? { ...view, running: false } : view));
    expect(judged({ spread }, { ...partly, final: withoutLast }).verdict).toBe("holds");
    expect(judged({ spread: { ...spread, about: "nobody" } }, { ...partly, final }).verdict).toBe("violated");
  });

  it("counts only what came after its label", () => {
    const label = { joined: { action: "add", node: "newcomer" } };
    const after = { spread: { ...spread, after: "joined" } };
    expect(judged(after, { nodes: names, final, events: heard(s) }, label).verdict).toBe("holds");
    const late = heard(s).map((event) => (event.node === "lab" ? { ...event, at: 9_000 } : event));
    expect(judged(after, { nodes: names, final, events: late }, label).verdict).toBe("violated");
  });

  it("is unknown when no node runs at the end", () => {
    expect(judged({ spread }, { nodes: names, events: heard(s) }).verdict).toBe("unknown");
  });
});
