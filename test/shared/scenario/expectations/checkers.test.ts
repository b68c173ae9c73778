import { describe, expect, it } from "vitest";
import type { KeyState } from "../../../../shared/clock/dotted.ts";
import { asKey, asNodeId } from "../../../../shared/ids.ts";
import type { CallRecord } from "../../../../shared/scenario/run.types.ts";
import { ApplicationTrace, callOf, get, judged, mint, nodeIds, put, viewOf } from "./record.ts";

const failed: Partial<CallRecord> = {
  outcome: "fail",
  answer: { ok: false, definite: true, code: "down", message: "A is down." },
};
const holding = (counter: number, value: string, context = { A: counter }): KeyState => ({
  context,
  versions: [{ dot: { node: asNodeId("A"), counter }, value, at: 0 }],
});

describe("check", () => {
  it("asks the checker of that model", () => {
    const fresh = [callOf("A", put("k", "v")), callOf("A", get("k"), { values: ["v"] })];
    const stale = [callOf("A", put("k", "v")), callOf("A", get("k"), { values: [] })];
    expect(judged({ check: { model: "kv" } }, { calls: fresh }).verdict).toBe("holds");
    expect(judged({ check: { model: "kv", is: "invalid" } }, { calls: fresh }).verdict).toBe("violated");
    expect(judged({ check: { model: "kv" } }, { calls: stale }).verdict).toBe("violated");
    expect(judged({ check: { model: "kv", is: "invalid" } }, { calls: stale }).verdict).toBe("holds");
  });

  it("is unknown when nothing succeeded, and when the model does not fit", () => {
    expect(judged({ check: { model: "kv" } }, { calls: [callOf("A", get("k"), failed)] }).verdict).toBe(
      "unknown",
    );
    const calls = [callOf("A", put("k", "v"))];
    const misfit = judged({ check: { model: "bank" } }, { calls });
    expect(misfit.verdict).toBe("unknown");
    expect(misfit.found).toContain("put");
  });
});

const minted = (...ids: string[]) => ids.map((id) => callOf("A", mint, { minted: id }));

describe("unique ids", () => {
  it("finds the second of a number, and shows where both were minted", () => {
    const trace = new ApplicationTrace();
    const ids = ["A:1", "A:2", "A:1"];
    for (const id of ids) trace.local("A", "minted", { detail: { id } });
    const found = judged({ "unique-ids": true }, { calls: minted(...ids), events: trace.events });
    expect(found).toMatchObject({ verdict: "violated", proof: [1, 3] });
    expect(judged({ "unique-ids": false }, { calls: minted(...ids) }).verdict).toBe("holds");
    expect(judged({ "unique-ids": true }, { calls: minted("A:1", "A:2", "B:1") }).verdict).toBe("holds");
    expect(judged({ "unique-ids": false }, { calls: minted("A:1", "A:2") }).verdict).toBe("violated");
  });

  it("is unknown when none was handed out", () => {
    expect(judged({ "unique-ids": true }, { calls: [callOf("A", mint, failed)] }).verdict).toBe("unknown");
  });
});

/** What A stored, one version after the other. */
const stored = (...dots: string[]) => {
  const trace = new ApplicationTrace();
  for (const dot of dots)
    trace.local("A", "stored", { op: "put", key: asKey("k"), detail: { dot, siblings: 1 } });
  return trace.events;
};

describe("no lost writes", () => {
  const lost = { "no-lost-writes": true } as const;
  const first = callOf("A", put("k", "v"), { dots: ["A:1"], context: { A: 1 } });
  const second = callOf("A", put("k", "w"), { dots: ["A:2"], context: { A: 2 } });
  const blind = callOf("B", { ...put("k", "x"), context: {} } as typeof first.call.request, {
    dots: ["B:1"],
    context: { A: 1, B: 1 },
  });

  it("wants each acknowledged write on a running replica, or overwritten by one that is", () => {
    const final = [viewOf("A", { keys: { k: holding(2, "w") } }), viewOf("B", { running: false })];
    expect(judged(lost, { calls: [first, second], final }).verdict).toBe("holds");
    expect(judged(lost, { calls: [first], final: [viewOf("A")] }).verdict).toBe("violated");
    // The context knows the dot, but nothing took the place of the write.
    expect(
      judged(lost, {
        calls: [first],
        final: [viewOf("A", { keys: { k: { context: { A: 1 }, versions: [] } } })],
      }).verdict,
    ).toBe("violated");
    expect(
      judged(lost, { calls: [first, blind], final: [viewOf("A", { keys: { k: holding(1, "v") } })] }).verdict,
    ).toBe("violated");
  });

  it("looks into the trace for what a write without an answer overwrote", () => {
    const silent = callOf("A", put("k", "w"), { outcome: "unknown", returnedAt: null, answer: null });
    const final = [viewOf("A", { keys: { k: holding(2, "w") } })];
    const calls = [first, silent];
    expect(judged(lost, { calls, final, events: stored("A:1", "A:2") }).verdict).toBe("holds");
    // A had never stored what it is said to have overwritten.
    expect(judged(lost, { calls, final, events: stored("A:2") }).verdict).toBe("violated");
    expect(judged(lost, { calls, final }).verdict).toBe("unknown");
    const own = callOf("A", { ...put("k", "w"), context: {} } as typeof first.call.request, {
      outcome: "unknown",
      returnedAt: null,
      answer: null,
    });
    expect(judged(lost, { calls: [first, own], final, events: stored("A:1", "A:2") }).verdict).toBe(
      "violated",
    );
  });

  it("is unknown when nothing was acknowledged or nobody runs", () => {
    expect(judged(lost, { calls: [callOf("A", put("k", "v"), failed)], final: [viewOf("A")] }).verdict).toBe(
      "unknown",
    );
    expect(judged(lost, { calls: [first], final: [viewOf("A", { running: false })] }).verdict).toBe(
      "unknown",
    );
  });
});

describe("converged", () => {
  const converged = { converged: true } as const;
  const ring = nodeIds("A", "B", "C");
  const three = (...states: KeyState[]) =>
    ["A", "B", "C"].map((node, index) =>
      viewOf(node, { ring, keys: states[index] === undefined ? {} : { k: states[index] } }),
    );

  it("wants the same versions on every owner that runs", () => {
    const [one, two] = [holding(1, "v"), holding(2, "w")];
    expect(judged(converged, { final: three(one, one, one) }).verdict).toBe("holds");
    expect(judged(converged, { final: three(one, one, two) }).verdict).toBe("violated");
    expect(judged(converged, { final: three(one, one) }).verdict).toBe("violated");
    const down = three(one, one, two).map((view) => (view.node === "C" ? { ...view, running: false } : view));
    expect(judged(converged, { final: down }).verdict).toBe("holds");
  });

  it("does not ask those who own nothing", () => {
    const [one, two] = [holding(1, "v"), holding(2, "w")];
    const owned = judged(converged, { final: three(one, one, one) }, {}, { n: 1 });
    expect(owned.verdict).toBe("unknown");
    const left = [...three(one, one, one), viewOf("D", { ring, keys: { k: two } })];
    expect(judged(converged, { nodes: ["A", "B", "C", "D"], final: left }).verdict).toBe("holds");
  });

  it("is unknown while the nodes disagree who is on the ring", () => {
    const split = three(holding(1, "v"), holding(1, "v")).map((view) =>
      view.node === "B" ? { ...view, ring: nodeIds("B") } : view,
    );
    expect(judged(converged, { final: split }).verdict).toBe("unknown");
    const found = "No node was running at the end.";
    expect(judged(converged, { final: [] })).toMatchObject({ verdict: "unknown", found });
  });
});

/** B is killed and noticed by these, or C is convicted of nothing. */
function cluster(noticedBy: readonly string[], isSlander = false, lasts = 60_000) {
  const trace = new ApplicationTrace();
  for (const node of ["A", "B", "C"]) trace.local(node, "start");
  for (const node of ["A", "B", "C"]) {
    for (const about of ["A", "B", "C"]) if (about !== node) trace.member(node, about, "alive");
  }
  trace.now += 60_000;
  if (isSlander) trace.member("A", "C", "dead");
  trace.lab("kill", { node: "B" });
  for (const node of noticedBy) trace.member(node, "B", "dead");
  trace.now += lasts;
  trace.event("A", "later");
  return trace.events;
}

describe("membership", () => {
  it("is accurate when nobody is convicted without cause", () => {
    expect(judged({ membership: "accurate" }, { events: cluster(["A", "C"]) }).verdict).toBe("holds");
    const slander = judged({ membership: "accurate" }, { events: cluster(["A", "C"], true) });
    expect(slander.verdict).toBe("violated");
    expect(slander.proof).toHaveLength(1);
  });

  it("is complete when everybody notices", () => {
    expect(judged({ membership: "complete" }, { events: cluster(["A", "C"]) }).verdict).toBe("holds");
    expect(judged({ membership: "complete" }, { events: cluster(["A"]) }).verdict).toBe("violated");
  });

  it("is complete in no way that could be told when nobody was down for long", () => {
    expect(judged({ membership: "complete" }, { events: cluster([], false, 10) }).verdict).toBe("unknown");
    expect(judged({ membership: "both" }, { events: cluster([], false, 10) }).verdict).toBe("unknown");
    expect(judged({ membership: "both" }, { events: cluster(["A", "C"]) }).verdict).toBe("holds");
    expect(judged({ membership: "both" }, { events: cluster(["A", "C"], true) }).verdict).toBe("violated");
  });
});
