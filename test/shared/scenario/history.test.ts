import { describe, expect, it } from "vitest";
import { checkModel } from "../../../shared/checks/check-model.ts";
import { asRequestId } from "../../../shared/ids.ts";
import { historyOf } from "../../../shared/scenario/history.ts";
import type { CallAnswer, CallRecord } from "../../../shared/scenario/run.types.ts";
import { TraceBuilder } from "../trace/events.ts";
import { callOf, get, mint, put } from "./expectations/record.ts";
import { failed } from "./scripted-world.ts";

const unlimited = { states: 100_000, isTimeUp: () => false };
const answeredWith = (answer: CallAnswer): Partial<CallRecord> => ({
  answer,
  outcome: answer.ok ? "ok" : answer.definite ? "fail" : "unknown",
});

describe("the history of calls", () => {
  it("has what was asked and what was answered, in the order of invocation", () => {
    const calls = [
      callOf("A", put("k", "v"), { client: "one" }),
      callOf("B", get("k"), { client: "two", values: ["v"] }),
    ];
    expect(historyOf({ calls: calls.toReversed(), events: [] })).toMatchObject([
      { id: 0, process: "one", f: "put", key: "k", input: "v", output: null, outcome: "ok", node: "A" },
      { id: 1, process: "two", f: "get", key: "k", input: null, output: "v", outcome: "ok", node: "B" },
    ]);
  });

  it("answers null for nothing, a list for concurrent values", () => {
    const outputs = [[], ["v"], ["v", "w"]].map(
      (values) => historyOf({ calls: [callOf("A", get("k"), { values })], events: [] })[0]!.output,
    );
    expect(outputs).toEqual([null, "v", ["v", "w"]]);
  });

  it("never ends an operation whose outcome is unknown, and ends one that failed", () => {
    const lost = callOf("A", put("k", "v"), answeredWith(failed(false)));
    const refused = callOf("A", put("k", "w"), answeredWith(failed(true)));
    const open = callOf("A", get("k"), {
      outcome: "unknown",
      answer: null,
      returned: Infinity,
      returnedAt: null,
    });
    const [a, b, c] = historyOf({ calls: [lost, refused, open], events: [] });
    expect(a).toMatchObject({ outcome: "unknown", returned: Infinity, returnedNs: lost.returnedAt! * 1e6 });
    expect(b).toMatchObject({ outcome: "fail", returned: refused.returned });
    expect(c).toMatchObject({ outcome: "unknown", returned: Infinity, returnedNs: null, output: null });
  });

  it("keeps mints and leaves other acts of the application out", () => {
    const local: CallRecord["call"]["request"] = { kind: "act", act: { kind: "local", text: "hi" } };
    const calls = [
      callOf("A", local),
      callOf("A", mint, { minted: "A:1" }),
      callOf("B", mint, { minted: "A:1" }),
    ];
    const history = historyOf({ calls, events: [] });
    expect(history).toMatchObject([
      { id: 0, f: "mint", key: null, output: "A:1" },
      { id: 1, f: "mint", key: null, output: "A:1" },
    ]);
    expect(checkModel("unique-ids", history, unlimited).verdict).toBe("invalid");
  });

  it("names the events of a request on the node it was sent to", () => {
    const trace = new TraceBuilder();
    const request = asRequestId("A-1");
    trace.local("A", "request", { op: "get", request });
    trace.local("B", "stored", { op: "put", request });
    trace.local("A", "reply", { op: "get", request });
    trace.local("A", "reply", { op: "get", request: asRequestId("A-2") });
    const answer: CallAnswer = { ok: true, values: [], dots: [], context: {}, request };
    const calls = [callOf("A", get("k"), { answer }), callOf("A", get("k"))];
    const [named, other] = historyOf({ calls, events: trace.events });
    const places = trace.events.map(({ node, life, seq }) => ({ node, life, seq }));
    expect(named!.events).toEqual([places[0], places[2]]);
    expect(other).not.toHaveProperty("events");
  });

  it("is judged by the checker of a key-value store", () => {
    const fresh = [callOf("A", put("k", "v")), callOf("B", get("k"), { values: ["v"] })];
    const stale = [callOf("A", put("k", "v")), callOf("B", get("k"), { values: [] })];
    expect(checkModel("kv", historyOf({ calls: fresh, events: [] }), unlimited).verdict).toBe("valid");
    expect(checkModel("kv", historyOf({ calls: stale, events: [] }), unlimited).verdict).toBe("invalid");
  });
});
