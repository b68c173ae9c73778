import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asMessageId, asNodeId } from "../../../shared/ids.ts";
import { labLane } from "../../../shared/trace/event.ts";
import { History, naturalOrder } from "../../../shared/trace/history.ts";
import { TraceBuilder } from "./events.ts";

function sample(): TraceBuilder {
  const trace = new TraceBuilder();
  trace.lab("cluster", { name: "c", nodes: ["node-2", "node-10", "node-1"] });
  trace.local("node-1", "start");
  trace.send("node-1", "node-2", "m1");
  trace.receive("node-2", "m1");
  trace.receive("node-2", "m1");
  trace.send("node-2", "node-1", "m2");
  trace.lost("m2", "blocked");
  trace.restart("node-1", "keep");
  trace.local("node-1", "tick");
  return trace;
}

describe("history", () => {
  it("is empty at first", () => {
    const history = new History();
    expect([history.size, history.version, history.first, history.last, history.lanes]).toEqual([
      0,
      0,
      0,
      0,
      [],
    ]);
    expect(history.event(1)).toBeUndefined();
    expect(history.lane(asNodeId("node-1"))).toEqual([]);
  });

  it("knows a lane as soon as the lab names the node, in natural order", () => {
    const history = new History();
    const trace = new TraceBuilder();
    history.append([trace.lab("cluster", { nodes: ["node-2", "node-10", "node-1"] })]);
    expect(history.lanes).toEqual(["node-1", "node-2", "node-10"]);
    history.append([trace.lab("node-added", { node: "node-3", address: "localhost:9" })]);
    expect(history.lanes).toEqual(["node-1", "node-2", "node-3", "node-10"]);
    expect(history.lanes).not.toContain(labLane);
  });

  it("ties a message to its send, its receives and its loss", () => {
    const history = new History();
    history.append(sample().events);
    expect(history.send(asMessageId("m1"))?.id).toBe(3);
    expect(history.receives(asMessageId("m1")).map((event) => event.id)).toEqual([4, 5]);
    expect(history.lost(asMessageId("m1"))).toBeUndefined();
    expect(history.lost(asMessageId("m2"))?.id).toBe(7);
    expect(history.receives(asMessageId("no such"))).toEqual([]);
  });

  it("finds the events of a span of time", () => {
    const history = new History();
    history.append(sample().events);
    expect(history.span(asNodeId("node-2"), 1_004, 1_005)).toEqual([1, 3]);
    expect(history.between(1_000, 1_002).map((event) => event.id)).toEqual([1, 2, 3]);
    expect(history.between(5_000, 6_000)).toEqual([]);
    expect([history.first, history.last]).toEqual([1_000, 1_008]);
  });

  it("is the same whatever the order and the batches of arrival, and keeps an event once", () => {
    const events = sample().events;
    const whole = new History();
    whole.append(events);
    const doubled = [...events, ...events];
    fc.assert(
      fc.property(
        fc.shuffledSubarray(doubled, { minLength: doubled.length }),
        fc.integer({ min: 1, max: 5 }),
        (arrivals, batch) => {
          const history = new History();
          for (let start = 0; start < arrivals.length; start += batch)
            history.append(arrivals.slice(start, start + batch));
          expect(history.all).toEqual(whole.all);
          expect(history.lanes).toEqual(whole.lanes);
          for (const node of [labLane, ...whole.lanes]) expect(history.lane(node)).toEqual(whole.lane(node));
          for (const event of events) expect(history.event(event.id)).toBe(event);
        },
      ),
    );
  });

  it("grows its version only when something was added", () => {
    const history = new History();
    const { events } = sample();
    history.append(events);
    const { version } = history;
    history.append(events.slice(0, 3));
    history.append([]);
    expect(history.version).toBe(version);
  });

  it("finds events when ids have holes", () => {
    const history = new History();
    history.append(sample().events.map((event) => ({ ...event, id: event.id * 7 })));
    expect(history.event(21)?.name).toBe("REPLICATE");
    expect(history.event(22)).toBeUndefined();
  });
});

describe("natural order", () => {
  it("compares digits as numbers", () => {
    const names = ["node-10", "b", "node-2", "node-1", "a10b2", "a10b1", "a9", "node"];
    expect(names.sort(naturalOrder)).toEqual([
      "a9",
      "a10b1",
      "a10b2",
      "b",
      "node",
      "node-1",
      "node-2",
      "node-10",
    ]);
  });

  it("is a total order", () => {
    const name = fc.stringMatching(/^[a-b0-2-]{0,6}$/);
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        expect(Math.sign(naturalOrder(a, b))).toBe(-Math.sign(naturalOrder(b, a)) + 0);
        if (naturalOrder(a, b) < 0 && naturalOrder(b, c) < 0) expect(naturalOrder(a, c)).toBeLessThan(0);
        if (a !== b) expect(naturalOrder(a, b)).not.toBe(0);
      }),
    );
  });
});
