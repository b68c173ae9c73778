import { describe, expect, it } from "vitest";
import { EventFilter, everything, matcherOf } from "../../../renderer/data/event-filter.ts";
import { asKey, asNodeId } from "../../../shared/ids.ts";
import type { RecordedEvent } from "../../../shared/trace/event.ts";

const event = (id: number, over: Partial<RecordedEvent> = {}): RecordedEvent => ({
  id,
  node: asNodeId("node-1"),
  life: 1,
  seq: id,
  at: id,
  type: "local",
  op: "put",
  name: "stored",
  clock: null,
  ...over,
});

describe("the filter", () => {
  const put = event(1, { key: asKey("user:1"), detail: { dot: "node-1:7" } });
  const ping = event(2, { op: "membership", type: "send", name: "PING", peer: asNodeId("node-3") });

  it("lets everything through when nothing is asked", () => {
    expect([put, ping].every(matcherOf(everything))).toBe(true);
  });

  it.each([
    ["operation", { operations: new Set(["put"] as const) }],
    ["key", { key: "user" }],
    ["words anywhere in the event, the detail too", { text: "STORED node-1:7" }],
  ])("selects by %s", (_, terms) => {
    const isMatch = matcherOf({ ...everything, ...terms });
    expect([isMatch(put), isMatch(ping)]).toEqual([true, false]);
  });

  it("finds a node at either end of a message", () => {
    const isMatch = matcherOf({ ...everything, node: "node-3" });
    expect([isMatch(put), isMatch(ping)]).toEqual([false, true]);
  });

  it("leaves the membership chatter out when it is hidden, but not the changes of belief", () => {
    const belief = event(3, { op: "membership", name: "member" });
    const isMatch = matcherOf({ ...everything, membership: false });
    expect([put, ping, belief].map(isMatch)).toEqual([true, false, true]);
    const asked = matcherOf({ ...everything, membership: false, operations: new Set(["membership"]) });
    expect([put, ping, belief].map(asked)).toEqual([false, true, true]);
  });

  it("goes on where it stopped when the history grows, and says when more is left", () => {
    const all = [put, ping, event(3, { key: asKey("user:1") })];
    const filter = new EventFilter({ ...everything, key: "user:1" }, { all, epoch: 0 });
    expect(filter.advance(2)).toBe(true);
    expect(filter.matches).toEqual([0]);
    expect(filter.advance(2)).toBe(false);
    all.push(event(4), event(5, { key: asKey("user:12") }));
    expect(filter.advance(10)).toBe(false);
    expect(filter.matches).toEqual([0, 2, 4]);
    expect(filter.at(2)?.id).toBe(5);
    expect([1, 2, 3, 6].map((id) => filter.rowOf(id))).toEqual([0, 1, 1, 3]);
  });

  it("starts again when an event came late and moved those behind it", () => {
    const history = { all: [put, event(9)], epoch: 0 };
    const filter = new EventFilter({ ...everything, key: "user:1" }, history);
    filter.advance(10);
    history.all = [event(0), put, event(9)];
    history.epoch = 1;
    filter.advance(10);
    expect(filter.matches).toEqual([1]);
  });
});
