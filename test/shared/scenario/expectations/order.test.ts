import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RecordedEvent } from "../../../../shared/trace/event.ts";
import { ApplicationTrace, judged, verdictOf, type Wanted } from "./record.ts";

/** Lesson 1. `isSendLost`: the record lacks the send of m2. */
function lessonOne({ gossip = false } = {}) {
  const trace = new ApplicationTrace();
  trace.event("C", "e");
  if (gossip) trace.send("C", "B", "ping", { name: "PING", op: "membership" });
  if (gossip) trace.receive("B", "ping");
  trace.event("A", "a");
  trace.tell("A", "B", "m1");
  trace.told("B", "m1");
  trace.event("A", "g");
  trace.tell("B", "C", "m2");
  trace.told("C", "m2");
  return trace.events;
}

const label = {
  a: { name: "event", text: "a" },
  b: { type: "send", text: "m1" },
  c: { type: "receive", text: "m1" },
  d: { type: "send", text: "m2" },
  e: { name: "event", text: "e" },
  f: { type: "receive", text: "m2" },
  g: { name: "event", text: "g" },
} as const;
const idOf = (events: readonly RecordedEvent[], text: string, type = "local") =>
  events.find((event) => event.detail?.["text"] === text && event.type === type)!.id;

describe("event", () => {
  it("counts what matches", () => {
    const events = lessonOne();
    const holds = judged({ event: { name: "TELL", type: "send", count: 2 } }, { events });
    expect(holds).toMatchObject({
      verdict: "holds",
      words: "exactly 2 of: send TELL",
      found: "There were 2.",
    });
    expect(holds.proof).toHaveLength(2);
    expect(judged({ event: { name: "TELL", "at-most": 3 } }, { events }).verdict).toBe("violated");
    expect(judged({ event: { name: "held" } }, { events }).verdict).toBe("violated");
    expect(judged({ event: { name: "held", count: 0 } }, { events }).verdict).toBe("holds");
    expect(judged({ event: { name: "event", nth: 4 } }, { events }).verdict).toBe("violated");
    expect(judged({ event: { name: "event", nth: 3 } }, { events }).verdict).toBe("holds");
  });

  it("is unknown when no events were kept", () => {
    expect(judged({ event: { name: "TELL" } }, {})).toMatchObject({
      verdict: "unknown",
      found: "No events were kept.",
    });
  });
});

describe("order", () => {
  const events = lessonOne();

  it("holds, and is violated by the first pair that stands the other way round", () => {
    expect(judged({ order: ["e", "a", "d"] }, { events }, label).verdict).toBe("holds");
    const violated = judged({ order: ["e", "d", "a"] }, { events }, label);
    expect(violated).toMatchObject({ verdict: "violated", found: "a came 4.0 ms before d." });
    expect(violated.proof).toEqual([idOf(events, "a"), idOf(events, "m2", "send")]);
  });

  it("follows messages against clocks that disagree", () => {
    const late = events.map((event) => (event.node === "A" ? { ...event, at: event.at + 60_000 } : event));
    expect(judged({ order: ["b", "c"] }, { events: late }, label).verdict).toBe("holds");
    expect(judged({ order: ["c", "b"] }, { events: late }, label).verdict).toBe("violated");
  });

  it("cannot order unrelated events of one instant", () => {
    const still = events.map((event) => ({ ...event, at: 1_000 }));
    expect(judged({ order: ["e", "a"] }, { events: still }, label).verdict).toBe("unknown");
    expect(judged({ order: ["a", "b", "c"] }, { events: still }, label).verdict).toBe("holds");
  });

  it("takes the lab's acts as they were recorded, also at the instant of what they answer", () => {
    const trace = new ApplicationTrace();
    trace.event("A", "a");
    trace.lab("kill", { node: "A" });
    trace.event("B", "b");
    const still = trace.events.map((event) => ({ ...event, at: 1_000 }));
    const labels = { ...label, b: { name: "event", text: "b" }, kill: { action: "kill", node: "A" } };
    expect(judged({ order: ["a", "kill", "b"] }, { events: still }, labels).verdict).toBe("holds");
    expect(judged({ order: ["b", "kill"] }, { events: still }, labels).verdict).toBe("violated");
  });
});

describe("labels", () => {
  const events = lessonOne();

  it("that match nothing are violations, with a sentence", () => {
    const wanted = { ...label, x: { name: "event", text: "x" }, third: { name: "event", nth: 4 } };
    for (const expectation of [
      { order: ["a", "x"] },
      { before: ["a", "x"] },
      { concurrent: ["a", "x"] },
      { past: { of: "x", is: ["a"] } },
      { stamps: { x: [0, 0, 0] } },
      { "earlier-by-wall-clock": ["a", "x"] as [string, string] },
    ]) {
      const found = judged(expectation, { events }, wanted);
      expect(found).toMatchObject({ verdict: "violated", found: 'Label "x" matched nothing.' });
    }
    expect(judged({ before: ["a", "third"] }, { events }, wanted)).toMatchObject({
      verdict: "violated",
      found: 'Label "third" means the 4th of its kind, and there were 3.',
    });
  });

  it("that nobody defined leave it unknown", () => {
    expect(judged({ before: ["a", "y"] }, { events }, label)).toMatchObject({
      verdict: "unknown",
      found: 'The scenario has no label "y": add it under "label".',
    });
  });
});

describe("before, concurrent, past", () => {
  const events = lessonOne();
  const lacking = events.filter((event) => !(event.type === "send" && event.detail?.["text"] === "m2"));

  it("follow message edges", () => {
    expect(judged({ before: ["a", "b", "c", "d", "f"] }, { events }, label).verdict).toBe("holds");
    expect(judged({ before: ["e", "d"] }, { events }, label)).toMatchObject({
      verdict: "violated",
      found: "e and d: e ∥ d: no chain of messages joins them.",
    });
    expect(judged({ before: ["d", "a"] }, { events }, label).verdict).toBe("violated");
    expect(judged({ concurrent: ["d", "e"] }, { events }, label).verdict).toBe("holds");
    expect(judged({ concurrent: ["e", "a", "f"] }, { events }, label)).toMatchObject({
      verdict: "violated",
      found: "e → f: a chain of messages leads from e to f.",
    });
    expect(judged({ past: { of: "f", is: ["a", "b", "c", "d", "e"] } }, { events }, label).verdict).toBe(
      "holds",
    );
    expect(
      judged({ past: { of: "f", is: ["a", "b", "c", "d", "e", "g"] } }, { events }, label),
    ).toMatchObject({
      verdict: "violated",
      found: "Its past is a, b, c, d and e.",
    });
    expect(judged({ past: { of: "f", is: ["a", "b", "c", "d"] } }, { events }, label).verdict).toBe(
      "violated",
    );
  });

  it("take the application by itself: gossip beneath it makes nothing of its own a cause", () => {
    const gossiping = lessonOne({ gossip: true });
    expect(judged({ concurrent: ["d", "e"] }, { events: gossiping }, label).verdict).toBe("holds");
    const ping = { ...label, ping: { type: "receive", name: "PING" } } as const;
    expect(judged({ before: ["e", "ping"] }, { events: gossiping }, ping).verdict).toBe("holds");
  });

  it("are unknown where the record lacks what they would follow from", () => {
    const holes = { ...label, d: { node: "B", type: "receive", text: "m1" } } as const;
    expect(judged({ concurrent: ["d", "f"] }, { events: lacking }, holes)).toMatchObject({
      verdict: "unknown",
      found: "The record lacks the send of a TELL that C received, so it cannot say what came before.",
    });
    expect(judged({ before: ["a", "f"] }, { events: lacking }, holes).verdict).toBe("unknown");
    expect(
      judged({ past: { of: "f", is: ["a", "b", "c", "d", "e"] } }, { events: lacking }, holes).verdict,
    ).toBe("unknown");
    // What it has is enough to say that e is in the past, whatever is missing.
    expect(judged({ concurrent: ["e", "f"] }, { events: lacking }, holes).verdict).toBe("violated");
    const gap = events.filter((event) => event.id !== idOf(events, "a"));
    const inGap = { ...label, a: { node: "A", type: "send", text: "m1" } } as const;
    expect(judged({ concurrent: ["e", "g"] }, { events: gap }, inGap)).toMatchObject({
      verdict: "unknown",
      found: "The record lacks 1 event of A, so it cannot say what came before.",
    });
  });
});

/** Reaches by walking every edge: program order, and a TELL to its receive. */
function reachable(events: readonly RecordedEvent[], from: RecordedEvent): Set<number> {
  const reached = new Set<number>();
  const walk = (event: RecordedEvent) => {
    for (const next of events) {
      const isNext = next.node === event.node && next.seq > event.seq;
      const isReceive = event.type === "send" && next.type === "receive" && next.message === event.message;
      if ((!isNext && !isReceive) || reached.has(next.id)) continue;
      reached.add(next.id);
      walk(next);
    }
  };
  walk(from);
  return reached;
}

describe("against brute-force reachability", () => {
  const nodes = ["A", "B", "C", "D"];
  const act = fc.record({
    what: fc.constantFrom("event", "tell", "told", "gossip"),
    who: fc.constantFrom(...nodes),
    to: fc.constantFrom(...nodes),
  });

  it("agrees on every pair of application events", () => {
    fc.assert(
      fc.property(fc.array(act, { minLength: 2, maxLength: 25 }), (acts) => {
        const trace = new ApplicationTrace();
        const flying: { to: string; text: string; isGossip: boolean }[] = [];
        for (const [index, { what, who, to }] of acts.entries()) {
          const text = `m${index}`;
          if (what === "event" || who === to) trace.event(who, `e${index}`);
          else if (what === "tell") {
            trace.tell(who, to, text);
            flying.push({ to, text, isGossip: false });
          } else if (what === "gossip") {
            trace.send(who, to, text, { name: "PING", op: "membership" });
            flying.push({ to, text, isGossip: true });
          } else {
            const next = flying.shift();
            if (next?.isGossip === true) trace.receive(next.to, next.text);
            else if (next !== undefined) trace.told(next.to, next.text);
          }
        }
        const { events } = trace;
        const own = events.filter((event) => event.name === "event" || event.name === "TELL");
        const names = Object.fromEntries(
          own.map((event) => [
            `#${event.id}`,
            { node: event.node, type: event.type, name: event.name, text: event.detail!["text"] as string },
          ]),
        );
        const pairs = own.flatMap((a) => own.filter((b) => b.id > a.id).map((b) => [a, b] as const));
        const expectations = pairs.flatMap(([a, b]): Wanted[] => [
          { before: [`#${a.id}`, `#${b.id}`] },
          { concurrent: [`#${a.id}`, `#${b.id}`] },
        ]);
        const { results } = verdictOf(expectations, { nodes, events }, names);
        const futures = new Map(own.map((event) => [event.id, reachable(own, event)]));
        for (const [index, [a, b]] of pairs.entries()) {
          const isBefore = futures.get(a.id)!.has(b.id);
          const isAfter = futures.get(b.id)!.has(a.id);
          expect(results[2 * index]!.verdict).toBe(isBefore ? "holds" : "violated");
          expect(results[2 * index + 1]!.verdict).toBe(isBefore || isAfter ? "violated" : "holds");
        }
      }),
      { numRuns: 100 },
    );
  });
});
