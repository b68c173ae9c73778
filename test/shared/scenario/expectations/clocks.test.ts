import { describe, expect, it } from "vitest";
import { ApplicationTrace, judged } from "./record.ts";

/** A asks, B answers; B's clock is wrong by this much. */
function answer(offset: number) {
  const trace = new ApplicationTrace();
  trace.offsets.set("B", offset);
  const question = trace.broadcast("A", "question");
  trace.deliver("B", question);
  trace.broadcast("B", "answer");
  return trace.events;
}
const label = {
  question: { name: "broadcast", text: "question" },
  answer: { name: "broadcast", text: "answer" },
};

describe("stamps", () => {
  const events = answer(0);

  it("are compared in the order of the nodes", () => {
    expect(judged({ stamps: { question: [1, 0, 0], answer: [1, 2, 0] } }, { events }, label).verdict).toBe(
      "holds",
    );
    expect(judged({ stamps: { question: [1, 0, 0], answer: [0, 2, 0] } }, { events }, label)).toMatchObject({
      verdict: "violated",
      found: "answer has ⟨1,2,0⟩.",
    });
    expect(judged({ stamps: { answer: [1, 2] } }, { events }, label).verdict).toBe("violated");
  });

  it("cannot be told of an event that has none", () => {
    const bare = { question: { name: "broadcast", text: "question" }, ping: { name: "PING" } };
    const trace = new ApplicationTrace();
    trace.send("A", "B", "p", { name: "PING" });
    expect(judged({ stamps: { ping: [1, 0, 0] } }, { events: trace.events }, bare).verdict).toBe("unknown");
  });
});

describe("earlier by wall clock", () => {
  it("compares what the nodes' clocks showed, not when it was", () => {
    expect(
      judged({ "earlier-by-wall-clock": ["answer", "question"] }, { events: answer(-5_000) }, label),
    ).toMatchObject({
      verdict: "holds",
      found: "It is below it, by 4998.0 ms.",
    });
    expect(
      judged({ "earlier-by-wall-clock": ["answer", "question"] }, { events: answer(0) }, label),
    ).toMatchObject({
      verdict: "violated",
      found: "It is above it, by 2.0 ms.",
    });
    expect(
      judged({ "earlier-by-wall-clock": ["answer", "question"] }, { events: answer(-2) }, label),
    ).toMatchObject({
      verdict: "violated",
      found: "They are equal.",
    });
  });

  it("is unknown of events without a timestamp", () => {
    const trace = new ApplicationTrace();
    trace.send("A", "B", "p", { name: "PING" });
    trace.broadcast("A", "question");
    const labels = { ...label, ping: { name: "PING" } };
    expect(
      judged({ "earlier-by-wall-clock": ["ping", "question"] }, { events: trace.events }, labels),
    ).toMatchObject({
      verdict: "unknown",
      found: "ping bears no timestamp of its node.",
    });
  });
});

describe("sorted by", () => {
  const by = (clock: "wall" | "lamport" | "vector", reversals: object, offset: number, limits?: typeof few) =>
    judged({ "sorted-by": { clock, reversals } }, { events: answer(offset) }, label, {}, limits);
  const few = { states: 2, isTimeUp: () => false };

  it("a wrong wall clock reverses cause and effect, a logical clock never", () => {
    // question → delivered and question → answer are turned round; delivered and answer are both on B.
    expect(by("wall", { count: 2 }, -5_000)).toMatchObject({
      verdict: "holds",
      found: "2 pairs of 3 pairs of events.",
    });
    expect(by("wall", { count: 0 }, 0).verdict).toBe("holds");
    expect(by("wall", { "at-least": 1 }, 0).verdict).toBe("violated");
    expect(by("vector", { count: 0 }, -5_000).verdict).toBe("holds");
    expect(by("lamport", { count: 0 }, -5_000).verdict).toBe("holds");
    expect(by("lamport", { "at-least": 1 }, -5_000).verdict).toBe("violated");
  });

  it("is unknown when there is nothing to compare, or too much", () => {
    expect(by("wall", { count: 2 }, -5_000, few).verdict).toBe("unknown");
    expect(by("wall", { count: 2 }, -5_000, { states: 1_000, isTimeUp: () => true }).verdict).toBe("unknown");
    const trace = new ApplicationTrace();
    trace.event("A", "alone");
    const alone = judged(
      { "sorted-by": { clock: "wall", reversals: { count: 0 } } },
      { events: trace.events },
    );
    expect(alone.verdict).toBe("unknown");
  });
});

function sideBySide(isTold: boolean) {
  const trace = new ApplicationTrace();
  trace.event("A", "a");
  if (isTold) trace.tell("A", "B", "m");
  if (isTold) trace.told("B", "m");
  trace.event("B", "x");
  if (!isTold) trace.event("B", "b");
  return trace.events;
}

describe("Lamport without cause", () => {
  it("counts pairs whose numbers say what no message does", () => {
    const apart = judged({ "lamport-without-cause": { count: 1 } }, { events: sideBySide(false) });
    expect(apart).toMatchObject({ verdict: "holds", found: "1 pair of 3 pairs of events." });
    expect(apart.proof).toHaveLength(2);
    expect(judged({ "lamport-without-cause": {} }, { events: sideBySide(true) }).verdict).toBe("violated");
  });

  it("is unknown of a trace without an application", () => {
    const trace = new ApplicationTrace();
    trace.local("A", "start");
    expect(judged({ "lamport-without-cause": {} }, { events: trace.events }).verdict).toBe("unknown");
  });
});
