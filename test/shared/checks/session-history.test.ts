/** What the recorded events of client operations say, and what they do not. */
import { describe, expect, it } from "vitest";
import { SessionHistory } from "../../../shared/checks/session-history.ts";
import { asKey, asNodeId, asRequestId } from "../../../shared/ids.ts";
import type { Detail, TraceEvent } from "../../../shared/trace/event.ts";

let seq = 0;
function event(at: number, op: TraceEvent["op"], name: string, request: string, detail: Detail): TraceEvent {
  seq += 1;
  return {
    node: asNodeId("node-1"),
    life: 1,
    seq,
    at,
    type: "local",
    op,
    name,
    clock: { "node-1": seq },
    key: asKey("x"),
    request: asRequestId(request),
    detail,
  };
}

function historyOf(events: readonly TraceEvent[], needsSessions = false) {
  const reader = new SessionHistory("s.lightcone");
  for (const one of events) reader.add(one);
  return reader.finish(needsSessions);
}

describe("a session's history", () => {
  it("pairs requests with replies", () => {
    const history = historyOf(
      [
        event(1000, "put", "request", "a", { value: "1", client: "c1" }),
        event(1001, "get", "request", "b", { client: "c2" }),
        event(1002, "put", "reply", "a", { ok: true }),
        event(1002, "put", "stored", "a", {}),
        event(1003, "get", "reply", "b", { ok: true, values: ["1", "2"] }),
        event(1003, "get", "request", "c", { client: "c1" }),
        event(1004, "get", "reply", "c", { ok: true, values: [] }),
        event(1005, "delete", "request", "d", { client: "c1" }),
        event(1006, "delete", "reply", "d", { ok: false, error: "timed_out" }),
        event(1007, "put", "request", "e", { client: "c2", value: "9" }),
        event(1008, "put", "reply", "e", { ok: false, error: "bad_quorum" }),
        event(1009, "put", "request", "f", { client: "c2", value: "10" }),
      ],
      true,
    );
    expect(
      history.map(({ process, f, input, output, outcome, invoked, returned, returnedNs }) =>
        [process, f, input, output, outcome, invoked, returned, returnedNs].map(String).join(" "),
      ),
    ).toEqual([
      "c1 put 1 null ok 0 2 2000000",
      "c2 get null 1,2 ok 1 4 3000000",
      // At the same moment as the return before it: called concurrent.
      "c1 get null null ok 3 5 4000000",
      "c1 delete null null unknown 6 Infinity 6000000",
      "c2 put 9 null fail 8 9 8000000",
      "c2 put 10 null unknown 10 Infinity null",
    ]);
    expect(history[0]!.events).toHaveLength(2);
    expect(history[0]).toMatchObject({ key: "x", node: "node-1", id: 0 });
  });

  it.each([
    ["nothing was asked", [], false, /^s\.lightcone: nothing was asked of the cluster/],
    [
      "a put does not say what it wrote",
      [event(1, "put", "request", "a", {})],
      false,
      /do not say which value the put of x wrote; check the history\.jsonl/,
    ],
    [
      "a get does not say what it found",
      [event(1, "get", "request", "a", {}), event(2, "get", "reply", "a", { ok: true, siblings: 1 })],
      false,
      /do not say which value the get of x returned/,
    ],
    [
      "clients are not told apart",
      [event(1, "put", "request", "a", { value: "1" })],
      true,
      /do not say which client asked/,
    ],
  ])("refuses when %s", (_, events, needsSessions, sentence) => {
    expect(() => historyOf(events, needsSessions)).toThrow(sentence);
  });

  it("needs no client where the model does not", () => {
    const history = historyOf([
      event(1, "put", "request", "a", { value: "1" }),
      event(2, "get", "request", "b", {}),
    ]);
    expect(history.map(({ process }) => process)).toEqual(["a", "b"]);
  });
});
