import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asKey, asMessageId, asNodeId } from "../../../shared/ids.ts";
import type { Emitted } from "../../../shared/replica/types.ts";
import { recordedOf } from "../../../shared/simulation/recorded.ts";
import type { Operation } from "../../../shared/trace/event.ts";

/** With any of the fields that may be absent, in the order in which the core writes them. */
const anyEvent: fc.Arbitrary<Emitted> = fc.record(
  {
    at: fc.double({ noNaN: true }),
    type: fc.constantFrom("local", "send", "receive", "lost"),
    op: fc.constantFrom<Operation[]>("put", "membership", "lab"),
    name: fc.string(),
    clock: fc.constantFrom(null, { A: 1, B: 2 }),
    key: fc.string().map(asKey),
    request: fc.string(),
    message: fc.string().map(asMessageId),
    peer: fc.constantFrom("A", "B").map(asNodeId),
    detail: fc.dictionary(fc.string(), fc.nat()),
  },
  { requiredKeys: ["at", "type", "op", "name", "clock"] },
) as fc.Arbitrary<Emitted>;

describe("an event with its place", () => {
  it("has the fields of the event after its own, to the byte, and nothing else", () => {
    fc.assert(
      fc.property(fc.array(anyEvent), (events) => {
        const node = asNodeId("A");
        const placed = recordedOf({ id: 7, node, life: 3, seq: 11, events });
        const spread = events.map((event, i) => ({ id: 7 + i, node, life: 3, seq: 11 + i, ...event }));
        expect(JSON.stringify(placed)).toBe(JSON.stringify(spread));
      }),
      { numRuns: 1_000 },
    );
  });
});
