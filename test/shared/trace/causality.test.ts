import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compare, format } from "../../../shared/clock/vector-clock.ts";
import { asMessageId, asNodeId, type NodeId } from "../../../shared/ids.ts";
import type { RecordedEvent } from "../../../shared/trace/event.ts";
import { Causality } from "../../../shared/trace/causality.ts";
import { History, programOrder } from "../../../shared/trace/history.ts";
import { TraceBuilder } from "./events.ts";

const sorted = (ids: Iterable<number>) => [...ids].sort((a, b) => a - b);

/** Lesson 1: A local, A→B m1, A local, B→C m2, C local first. */
function lessonOne() {
  const trace = new TraceBuilder();
  const a = trace.local("A", "a").id;
  const b = trace.send("A", "B", "m1").id;
  const g = trace.local("A", "g").id;
  const c = trace.receive("B", "m1").id;
  const d = trace.send("B", "C", "m2").id;
  const e = trace.local("C", "e").id;
  const f = trace.receive("C", "m2").id;
  return { trace, a, b, c, d, e, f, g };
}

describe("lesson 1, happened-before", () => {
  const { trace, a, b, c, d, e, f, g } = lessonOne();
  const history = new History();
  history.append(trace.events);
  const causality = new Causality(history);

  it("computes the seven stamps without looking at any clock", () => {
    const stamps = [a, b, c, d, e, f, g].map((id) => format(causality.truth(id), ["A", "B", "C"]));
    expect(stamps).toEqual(["⟨1,0,0⟩", "⟨2,0,0⟩", "⟨2,1,0⟩", "⟨2,2,0⟩", "⟨0,0,1⟩", "⟨2,2,2⟩", "⟨3,0,0⟩"]);
  });

  it("d and e are concurrent; the past of f is a to e without g", () => {
    expect(causality.relation(d, e)).toBe("concurrent");
    expect(causality.relation(a, f)).toBe("before");
    expect(causality.relation(f, a)).toBe("after");
    expect(causality.relation(f, f)).toBe("same");
    expect(sorted(causality.past(f))).toEqual(sorted([a, b, c, d, e]));
    expect(sorted(causality.future(b))).toEqual(sorted([c, d, f, g]));
    expect(causality.counts(d)).toEqual({ past: 3, future: 1, concurrent: 2 });
  });

  it("names direct causes and effects", () => {
    expect(causality.causes(c)).toEqual([b]);
    expect(sorted(causality.causes(f))).toEqual(sorted([d, e]));
    expect(causality.effects(b)).toEqual([g, c]);
    expect(causality.effects(f)).toEqual([]);
  });

  it("knows the longest chain to each event", () => {
    expect([a, b, c, d, e, f, g].map((id) => causality.depth(id))).toEqual([1, 2, 3, 4, 1, 5, 3]);
  });

  it("knows where the light cone of an event lies in each lane", () => {
    const cone = causality.cone(d);
    expect(cone.get(asNodeId("A"))?.lastPast?.id).toBe(b);
    expect(cone.get(asNodeId("A"))?.firstFuture).toBeNull();
    expect(cone.get(asNodeId("B"))?.lastPast?.id).toBe(d);
    expect(cone.get(asNodeId("C"))?.firstFuture?.id).toBe(f);
  });

  it("finds belief and truth in agreement", () => {
    for (const event of trace.events) {
      expect(causality.mismatch(event.id)).toBeNull();
      expect(causality.truth(event.id)).toEqual(event.clock);
    }
  });

  it("refuses an id it does not know", () => {
    expect(() => causality.truth(99)).toThrow(RangeError);
  });
});

/** Happened-before by its definition: the transitive closure of program order and message edges. */
function closure(events: readonly RecordedEvent[]): Map<number, Set<number>> {
  const past = new Map<number, Set<number>>();
  const edges = new Map<number, number[]>();
  for (const event of events) {
    const sends = events.filter(
      (other) => other.type === "send" && other.message === event.message && event.message !== undefined,
    );
    const causes = event.type === "receive" || event.type === "lost" ? sends : [];
    if (event.type !== "lost") {
      const earlier = events.filter(
        (other) => other.node === event.node && other.type !== "lost" && programOrder(other, event) < 0,
      );
      causes.push(...earlier);
    }
    edges.set(
      event.id,
      causes.map((cause) => cause.id),
    );
  }
  const visit = (id: number): Set<number> => {
    let known = past.get(id);
    if (known !== undefined) return known;
    known = new Set();
    past.set(id, known);
    for (const cause of edges.get(id)!) {
      known.add(cause);
      for (const other of visit(cause)) known.add(other);
    }
    return known;
  };
  for (const event of events) visit(event.id);
  return past;
}

type Step = readonly [kind: number, node: number, other: number, pick: number];

/** A random run of up to ten nodes: locals, sends, receives (doubled at times), losses and restarts. */
function run(steps: readonly Step[]): TraceBuilder {
  const trace = new TraceBuilder();
  const sent: { message: string; to: string }[] = [];
  for (const [kind, node, other, pick] of steps) {
    const [from, to] = [`n${node}`, `n${other}`];
    const open = sent[pick % Math.max(1, sent.length)];
    if (kind < 2) trace.local(from, "work");
    else if (kind < 5) {
      trace.send(from, to, `m${sent.length}`);
      sent.push({ message: `m${sent.length}`, to });
    } else if (kind < 8 && open !== undefined) trace.receive(open.to, open.message);
    else if (kind === 8 && open !== undefined && !trace.events.some((event) => event.type === "lost"))
      trace.lost(open.message, "loss");
    else if (kind === 9) trace.restart(from, pick % 2 === 0 ? "keep" : "lose");
  }
  return trace;
}

const stepsOf = (maxLength: number) =>
  fc.array(fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9), fc.nat(50)), { minLength: 1, maxLength });

describe("causality against the definition", () => {
  it("gives the same relation for every pair, however the events arrive", () => {
    fc.assert(
      fc.property(
        stepsOf(40).chain((steps) => {
          const { events } = run(steps);
          return fc.tuple(
            fc.constant(events),
            fc.shuffledSubarray([...events], { minLength: events.length }),
            fc.integer({ min: 1, max: 8 }),
          );
        }),
        ([events, shuffled, batch]) => {
          // Ids follow the order of arrival, as the recorder numbers them: late events get late ids.
          const arrivals = shuffled.map((event, index) => ({ ...event, id: index + 1 }));
          const history = new History();
          const causality = new Causality(history);
          for (let start = 0; start < arrivals.length; start += batch) {
            history.append(arrivals.slice(start, start + batch));
            causality.depth(arrivals[0]!.id);
          }
          const past = closure(arrivals);
          expect(events.length).toBe(history.size);
          for (const a of arrivals) {
            expect(sorted(causality.past(a.id))).toEqual(sorted(past.get(a.id)!));
            const future = arrivals.filter((b) => past.get(b.id)!.has(a.id)).map((b) => b.id);
            expect(sorted(causality.future(a.id))).toEqual(sorted(future));
            for (const b of arrivals) {
              const wanted =
                a.id === b.id
                  ? "same"
                  : past.get(b.id)!.has(a.id)
                    ? "before"
                    : past.get(a.id)!.has(b.id)
                      ? "after"
                      : "concurrent";
              expect(causality.relation(a.id, b.id)).toBe(wanted);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is right after every batch, a receive before its send included", () => {
    const { trace, a, e, f } = lessonOne();
    const history = new History();
    const causality = new Causality(history);
    const arrival = [f, e, a].map((id) => trace.events[id - 1]!);
    const rest = trace.events.filter((event) => !arrival.includes(event));
    const renumbered = [...arrival, ...rest].map((event, index) => ({ ...event, id: index + 1 }));
    history.append(renumbered.slice(0, 3));
    expect(causality.relation(3, 1)).toBe("concurrent");
    history.append(renumbered.slice(3));
    expect(causality.relation(3, 1)).toBe("before");
    expect(format(causality.truth(1), ["A", "B", "C"])).toBe("⟨2,2,2⟩");
  });

  it("true stamps order events exactly as happened-before does", () => {
    fc.assert(
      fc.property(stepsOf(30), (steps) => {
        const events = run(steps).events.filter((event) => event.type !== "lost");
        const history = new History();
        history.append(events);
        const causality = new Causality(history);
        for (const a of events) {
          for (const b of events) {
            const order = compare(causality.truth(a.id), causality.truth(b.id));
            expect(order === "equal" ? "same" : order).toBe(causality.relation(a.id, b.id));
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it("survives a trace that contradicts itself", () => {
    const trace = new TraceBuilder();
    const send = trace.send("A", "B", "m1");
    const answer = trace.send("B", "A", "m2");
    trace.receive("B", "m1");
    trace.receive("A", "m2");
    // A says it sent m1 after receiving m2; B that it sent m2 after receiving m1.
    const seqs = new Map<number, number>([
      [send.id, 2],
      [answer.id, 2],
      [3, 1],
      [4, 1],
    ]);
    const history = new History();
    history.append(trace.events.map((event) => ({ ...event, seq: seqs.get(event.id)! })));
    expect(new Causality(history).depth(send.id)).toBeGreaterThan(0);
  });
});

const stamp = (trace: TraceBuilder, node: NodeId, counter: number, id: number) => {
  trace.events[id - 1] = { ...trace.events[id - 1]!, clock: { [node]: counter } };
};

describe("belief against truth", () => {
  it("P1: flags stamps that a node uses again after losing its clock, and says so", () => {
    const trace = new TraceBuilder();
    trace.local("A", "one");
    trace.local("A", "two");
    trace.local("A", "three");
    const start = trace.restart("A", "lose").id;
    const after = trace.local("A", "again").id;
    trace.local("A", "third again");
    const fresh = trace.local("A", "fourth").id;
    const history = new History();
    history.append(trace.events);
    const causality = new Causality(history);
    const mismatch = causality.mismatch(start);
    expect(mismatch).toMatchObject({ kind: "reused", counter: 1, highest: 3 });
    expect(mismatch?.sentence).toContain("A stamped this event 1");
    expect(causality.mismatch(after)).toMatchObject({ kind: "reused", counter: 2 });
    expect(causality.mismatch(fresh)).toBeNull();
    expect(causality.truth(fresh)).toEqual({ A: 7 });
  });

  it("leaves a node alone whose restored clock has skipped ahead", () => {
    const trace = new TraceBuilder();
    trace.local("A", "one");
    const start = trace.restart("A", "keep").id;
    stamp(trace, asNodeId("A"), 1_001, start);
    const history = new History();
    history.append(trace.events);
    expect(new Causality(history).mismatch(start)).toBeNull();
  });

  it("flags a clock that does not cover the message it has just received", () => {
    const trace = new TraceBuilder();
    trace.local("A", "one");
    const send = trace.send("A", "B", "m1").id;
    const receive = trace.receive("B", "m1").id;
    stamp(trace, asNodeId("B"), 1, receive);
    const history = new History();
    history.append(trace.events);
    const mismatch = new Causality(history).mismatch(receive);
    expect(mismatch).toMatchObject({ kind: "behind", cause: send, about: "A", has: 0, needs: 2 });
    expect(mismatch?.sentence).toContain("the message from A told it of 2");
  });

  it("holds the network and the lab to no clock", () => {
    const trace = new TraceBuilder();
    const act = trace.lab("kill", { node: "A", pid: 1 }).id;
    trace.send("A", "B", "m1");
    const lost = trace.lost("m1", "blocked").id;
    const history = new History();
    history.append(trace.events);
    const causality = new Causality(history);
    expect([causality.mismatch(act), causality.mismatch(lost)]).toEqual([null, null]);
    expect(causality.causes(lost)).toEqual([history.send(asMessageId("m1"))!.id]);
    expect(causality.relation(act, lost)).toBe("concurrent");
  });
});
