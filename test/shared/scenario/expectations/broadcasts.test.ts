import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ApplicationTrace, judged } from "./record.ts";

/** A asks, B answers, C gets the answer first: and shows it first, or holds it back. */
function thread(order: string, isHeld: boolean) {
  const trace = new ApplicationTrace();
  const question = trace.broadcast("A", "question", order, ["B", "C"]);
  trace.arrive("B", question);
  trace.deliver("B", question);
  const answer = trace.broadcast("B", "answer", order, ["A", "C"]);
  trace.arrive("A", answer);
  trace.deliver("A", answer);
  trace.arrive("C", answer);
  if (isHeld) trace.hold("C", answer);
  else trace.deliver("C", answer);
  trace.arrive("C", question);
  trace.deliver("C", question);
  if (isHeld) trace.deliver("C", answer);
  return trace.events;
}

describe("delivery violations", () => {
  it("causal: an answer before its question", () => {
    const events = thread("unordered", false);
    const found = judged({ "delivery-violations": { of: "causal", count: 1 } }, { events });
    expect(found).toMatchObject({
      verdict: "holds",
      found:
        '1 violation in 6 deliveries. C delivered "answer" of B before "question" of A, which it follows.',
    });
    expect(found.proof).toHaveLength(3);
    expect(judged({ "delivery-violations": { of: "causal", count: 0 } }, { events }).verdict).toBe(
      "violated",
    );
    expect(
      judged({ "delivery-violations": { of: "causal", count: 0 } }, { events: thread("causal", true) })
        .verdict,
    ).toBe("holds");
  });

  it("FIFO asks less: only the order of each sender", () => {
    expect(
      judged({ "delivery-violations": { of: "fifo", count: 0 } }, { events: thread("fifo", false) }).verdict,
    ).toBe("holds");
    const trace = new ApplicationTrace();
    const [one, two] = [trace.broadcast("A", "one", "fifo"), trace.broadcast("A", "two", "fifo")];
    trace.deliver("B", two);
    trace.deliver("B", one);
    expect(judged({ "delivery-violations": { of: "fifo" } }, { events: trace.events }).verdict).toBe("holds");
  });

  it("one that was sent and never delivered breaks the order too", () => {
    const trace = new ApplicationTrace();
    trace.broadcast("A", "one", "fifo", ["B"]);
    const two = trace.broadcast("A", "two", "fifo", ["B"]);
    trace.deliver("B", two);
    expect(
      judged({ "delivery-violations": { of: "fifo", count: 1 } }, { events: trace.events }).verdict,
    ).toBe("holds");
    const newcomer = new ApplicationTrace();
    newcomer.broadcast("A", "one", "fifo", ["B"]);
    newcomer.deliver("C", newcomer.broadcast("A", "two", "fifo", ["B", "C"]));
    expect(
      judged({ "delivery-violations": { of: "fifo", count: 0 } }, { events: newcomer.events }).verdict,
    ).toBe("holds");
  });

  it("total: two nodes disagree", () => {
    const trace = new ApplicationTrace();
    const [one, two] = [trace.broadcast("A", "one", "total"), trace.broadcast("B", "two", "total")];
    for (const sent of [one, two]) trace.deliver("A", sent);
    for (const sent of [two, one]) trace.deliver("B", sent);
    for (const sent of [two, one]) trace.deliver("C", sent);
    const found = judged({ "delivery-violations": { of: "total", count: 1 } }, { events: trace.events });
    expect(found).toMatchObject({
      verdict: "holds",
      found: '1 violation in 6 deliveries. A delivered "one" of A before "two" of B, B the other way round.',
    });
    const agreed = new ApplicationTrace();
    const sent = [agreed.broadcast("A", "one", "total"), agreed.broadcast("B", "two", "total")];
    for (const node of ["A", "B", "C"]) for (const one of sent) agreed.deliver(node, one);
    expect(judged({ "delivery-violations": { of: "total" } }, { events: agreed.events }).verdict).toBe(
      "violated",
    );
  });

  it("can be asked of one discipline", () => {
    const trace = new ApplicationTrace();
    const loose = [trace.broadcast("A", "one"), trace.broadcast("A", "two")];
    const strict = [trace.broadcast("A", "three", "causal"), trace.broadcast("A", "four", "causal")];
    for (const sent of [...loose.toReversed(), ...strict]) trace.deliver("B", sent);
    const { events } = trace;
    expect(
      judged({ "delivery-violations": { of: "causal", order: "unordered", count: 1 } }, { events }).verdict,
    ).toBe("holds");
    expect(
      judged({ "delivery-violations": { of: "causal", order: "causal", count: 0 } }, { events }).verdict,
    ).toBe("holds");
    expect(judged({ "delivery-violations": { of: "causal", order: "causal" } }, { events }).verdict).toBe(
      "violated",
    );
  });

  it("are unknown when nothing was delivered, when numbers were used twice, and when time is up", () => {
    const trace = new ApplicationTrace();
    trace.event("A", "a");
    expect(
      judged({ "delivery-violations": { of: "fifo", count: 0 } }, { events: trace.events }).verdict,
    ).toBe("unknown");
    const events = thread("causal", true);
    const again = events.map((event) =>
      event.name === "broadcast" ? { ...event, id: event.id + 100, seq: event.seq + 100 } : event,
    );
    expect(
      judged({ "delivery-violations": { of: "causal", count: 0 } }, { events: [...events, ...again] })
        .verdict,
    ).toBe("unknown");
    const hurry = { states: 1, isTimeUp: () => true };
    for (const of of ["causal", "fifo", "total"] as const) {
      expect(judged({ "delivery-violations": { of, count: 0 } }, { events }, {}, {}, hurry).verdict).toBe(
        "unknown",
      );
    }
  });

  it("agree with a count by vector clocks, where the clocks are right", () => {
    const act = fc.record({ node: fc.constantFrom("A", "B", "C"), pick: fc.nat(), isSend: fc.boolean() });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        const trace = new ApplicationTrace();
        const sent: ReturnType<ApplicationTrace["broadcast"]>[] = [];
        const got = new Map<string, typeof sent>(["A", "B", "C"].map((node) => [node, []]));
        for (const [index, { node, pick, isSend }] of acts.entries()) {
          const list = got.get(node)!;
          const open = sent.filter((one) => !list.includes(one));
          if (isSend || open.length === 0) {
            const one = trace.broadcast(node, `m${index}`);
            sent.push(one);
            list.push(one);
          } else {
            const one = open[pick % open.length]!;
            trace.deliver(node, one);
            list.push(one);
          }
        }
        fc.pre(sent.length > 0);
        let expected = 0;
        for (const list of got.values()) {
          for (const [place, one] of list.entries()) {
            const isEarly = list
              .slice(place + 1)
              .some((other) => (one.vector[other.origin] ?? 0) >= other.vector[other.origin]!);
            if (isEarly) expected += 1;
          }
        }
        const found = judged(
          { "delivery-violations": { of: "causal", count: expected } },
          { events: trace.events },
        );
        expect(found.verdict).toBe("holds");
      }),
      { numRuns: 100 },
    );
  });
});

describe("held", () => {
  it("counts broadcasts that had to wait", () => {
    expect(judged({ held: { node: "C", count: 1 } }, { events: thread("causal", true) })).toMatchObject({
      verdict: "holds",
      found: "1 of 2 broadcasts received had to wait.",
    });
    expect(judged({ held: { node: "A" } }, { events: thread("causal", true) }).verdict).toBe("violated");
    expect(judged({ held: {} }, { events: thread("unordered", false) }).verdict).toBe("violated");
    expect(judged({ held: { node: "D", count: 0 } }, { events: thread("causal", true) }).verdict).toBe(
      "unknown",
    );
  });
});
