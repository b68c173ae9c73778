import { describe, expect, it } from "vitest";
import type { VectorClock } from "../../../shared/clock/vector-clock.ts";
import { asMessageId, asNodeId } from "../../../shared/ids.ts";
import type { Detail, TraceEvent } from "../../../shared/trace/event.ts";
import { recorded } from "./events.ts";

let seq = 0;
const event = (
  node: string,
  name: string,
  clock: VectorClock,
  more: Partial<TraceEvent> = {},
): TraceEvent => ({
  node: asNodeId(node),
  life: 1,
  seq: (seq += 1),
  at: 1_000 + seq,
  type: "local",
  op: "internal",
  name,
  clock,
  ...more,
});
const pruned = (clock: VectorClock, detail: Detail) => event("A", "pruned", clock, { detail });
const message = asMessageId("m");

/** A has seen C's five events; B, which still says so, writes to A after A has left them out. */
const story = (cut: (() => TraceEvent) | null, last: VectorClock) => [
  event("A", "first", { A: 1, C: 5 }),
  ...(cut === null ? [] : [cut()]),
  event("B", "HINTS", { B: 1, C: 5 }, { type: "send", message, peer: asNodeId("A") }),
  event("A", "HINTS", last, { type: "receive", message, peer: asNodeId("B") }),
];
const mismatches = (events: readonly TraceEvent[]) => {
  const { causality, history } = recorded(events);
  return history.all.map(({ id }) => causality.mismatch(id)?.kind ?? null);
};

/** C's entry goes from the stamps of A. */
const cut = () => pruned({ A: 2 }, { nodes: ["C"], keys: [] });
/** It goes from the context of a key, not from stamps. */
const cutOfKeys = () => pruned({ A: 2, C: 5 }, { nodes: ["C"], keys: ["k"] });

describe("P4: a stamp without the entries of a node that left", () => {
  it("is taken for what it is, from the event on that says so", () => {
    expect(mismatches(story(cut, { A: 3, B: 1 }))).toEqual([null, null, null, null]);
  });

  it("would look as if the node had forgotten its own past without that event", () => {
    expect(mismatches(story(null, { A: 2, B: 1 })).at(-1)).toBe("behind");
  });

  it("is no excuse for other entries, and contexts that were pruned are none for stamps", () => {
    expect(mismatches(story(cut, { A: 3 })).at(-1)).toBe("behind");
    expect(mismatches(story(cutOfKeys, { A: 3, B: 1 })).at(-1)).toBe("behind");
  });

  it("says nothing of events before it", () => {
    const { causality, history } = recorded([
      event("A", "first", { A: 1, C: 5 }),
      event("A", "second", { A: 2 }),
      pruned({ A: 3 }, { nodes: ["C"], keys: [] }),
    ]);
    expect(history.all.map(({ id }) => causality.mismatch(id)?.kind ?? null)).toEqual([null, "behind", null]);
  });
});
