import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asKey, asMessageId, asNodeId } from "../../../shared/ids.ts";
import {
  canonicalLine,
  firstDifference,
  portableHasher,
  TraceHash,
} from "../../../shared/simulation/canonical.ts";
import type { TraceEvent } from "../../../shared/trace/event.ts";

const sample: TraceEvent = {
  node: asNodeId("B"),
  life: 5,
  seq: 1,
  at: 946_684_800_000.5,
  type: "send",
  op: "put",
  name: "REPLICATE",
  clock: { B: 2, A: 1 },
  message: asMessageId("B.5.1"),
  peer: asNodeId("A"),
  key: asKey("cart"),
  detail: { text: 'ä "quoted"' },
};

const anyEvent = fc.record(
  {
    node: fc.constantFrom("A", "B", "C").map(asNodeId),
    life: fc.nat(),
    seq: fc.nat(),
    at: fc.double({ noNaN: true, noDefaultInfinity: true }),
    type: fc.constantFrom("local" as const, "send" as const),
    op: fc.constant("put" as const),
    name: fc.string(),
    clock: fc.option(fc.dictionary(fc.constantFrom("A", "B", "C", "d", "n-10", "n-9"), fc.nat())),
    message: fc.string().map(asMessageId),
    key: fc.string().map(asKey),
    detail: fc.record({ a: fc.string(), b: fc.array(fc.nat()) }),
  },
  { requiredKeys: ["node", "life", "seq", "at", "type", "op", "name", "clock"] },
);

describe("the canonical form of a trace", () => {
  it("is a list of fields in a fixed order, clocks by node", () => {
    expect(canonicalLine(sample)).toBe(
      '["B",5,1,946684800000.5,"send","put","REPLICATE",{"A":1,"B":2},"B.5.1","A","cart",null,{"text":"ä \\"quoted\\""}]',
    );
  });

  it("is JSON that says all there is, whatever names and keys hold", () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const fields = JSON.parse(canonicalLine(event)) as unknown[];
        const { node, life, seq, at, type, op, name, clock, message, key, detail } = event;
        const rest = [message ?? null, null, key ?? null, null, detail ?? null];
        expect(fields).toEqual([node, life, seq, Object.is(at, -0) ? 0 : at, type, op, name, clock, ...rest]);
      }),
    );
  });

  it("does not depend on the order in which a clock was put together", () => {
    expect(canonicalLine({ ...sample, clock: { A: 1, B: 2 } })).toBe(canonicalLine(sample));
  });

  it("hashes as its lines do, by any hasher", () => {
    fc.assert(
      fc.property(fc.array(anyEvent), (events) => {
        const hash = new TraceHash(portableHasher());
        for (const event of events) hash.add(event.node, event.life, event.seq, [event]);
        const text = events.map((event) => `${canonicalLine(event)}\n`).join("");
        expect(hash.digest()).toBe(createHash("sha256").update(text).digest("hex"));
      }),
    );
  });
});

describe("the first difference of two traces", () => {
  const events = [1, 2, 3].map((seq) => ({ ...sample, seq }));

  it("is none between equal ones", () => {
    expect(firstDifference(events, structuredClone(events))).toBeNull();
  });

  it("is the first event that differs, or that one of them lacks", () => {
    const changed = events.map((event) => (event.seq === 2 ? { ...event, name: "READ" } : event));
    expect(firstDifference(events, changed)).toMatchObject({
      index: 1,
      theirs: expect.stringContaining("READ"),
    });
    expect(firstDifference(events, events.slice(0, 2))).toMatchObject({ index: 2, theirs: null });
  });
});
