import { describe, expect, it } from "vitest";
import { checkBeliefs } from "../../../shared/checks/invariants/beliefs.ts";
import { asNodeId } from "../../../shared/ids.ts";
import type { TraceEvent } from "../../../shared/trace/event.ts";

const believed = (...changes: [status: string, incarnation: number, life?: number][]): TraceEvent[] =>
  changes.map(([status, incarnation, life = 1], index) => ({
    node: asNodeId("A"),
    life,
    seq: index + 1,
    at: index,
    type: "local",
    op: "membership",
    name: "member",
    clock: null,
    detail: { about: "B", status, incarnation, previous: index === 0 ? null : "x", address: "b:1" },
  }));

describe("beliefs", () => {
  it("may grow: by status, and by an incarnation whatever the status", () => {
    const events = believed(
      ["alive", 1],
      ["suspect", 1],
      ["alive", 2],
      ["suspect", 2],
      ["dead", 2],
      ["alive", 3],
    );
    expect(checkBeliefs(events).verdict).toBe("valid");
  });

  it.each([
    [believed(["dead", 1], ["alive", 1])],
    [believed(["alive", 1], ["dead", 10], ["alive", 2])],
    [believed(["suspect", 4], ["alive", 4])],
  ])("may not go back (P14)", (events) => {
    const { verdict, counterExample } = checkBeliefs(events);
    expect(verdict).toBe("invalid");
    expect(counterExample!.events.map(({ seq }) => seq)).toEqual([events.length - 1, events.length]);
  });

  it("begin anew with each life, and with a member that was forgotten", () => {
    expect(checkBeliefs(believed(["dead", 3], ["alive", 1, 2])).verdict).toBe("valid");
    const [left, again] = believed(["left", 3], ["alive", 1]);
    const first = { ...again!, detail: { ...again!.detail, previous: null } };
    expect(checkBeliefs([left!, first]).verdict).toBe("valid");
  });
});
