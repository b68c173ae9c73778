import { describe, expect, it } from "vitest";
import { sentenceOf } from "../../../renderer/timeline/describe.ts";
import { BeliefIndex } from "../../../renderer/timeline/belief-index.ts";
import { asKey, asNodeId } from "../../../shared/ids.ts";
import { History } from "../../../shared/trace/history.ts";
import { TraceBuilder } from "../../shared/trace/events.ts";

describe("events in words", () => {
  it("say what happened, to whom, and what became of it", () => {
    const trace = new TraceBuilder();
    const key = asKey("user:1");
    trace.local("A", "request", { op: "put", key, detail: { coordinator: "A", replicas: ["A", "B"] } });
    trace.send("A", "B", "m1", { op: "put", key });
    trace.now += 11.4;
    trace.receive("B", "m1", { key });
    trace.send("A", "C", "m2", { op: "put", key });
    trace.lost("m2", "blocked");
    trace.send("B", "A", "m3", { op: "put", name: "REPLICATE_ACK" });
    trace.local("A", "stored", { op: "put", key, detail: { dot: "A:1", siblings: 2 } });
    trace.local("A", "conflict", { op: "put", key, detail: { dots: ["A:1", "B:4"] } });
    trace.local("A", "reply", { op: "put", key, detail: { ok: false, error: "quorum_not_met" } });
    trace.local("A", "member", {
      op: "membership",
      detail: { about: "B", status: "suspect", incarnation: 2 },
    });
    trace.restart("A", "lose");
    trace.lab("kill", { node: "B", pid: 3 });
    trace.lab("partition", { id: 1, kind: "halves", groups: [["A"], ["B", "C"]], cut: [] });
    trace.lab("exited", { node: "B", code: 3, signal: null, expected: false });
    trace.lab("disk", { node: "B", full: true });
    trace.local("B", "recovered", { detail: { lines: ["Replayed 3 transactions from the log."], ms: 12.4 } });
    trace.local("B", "reducer", { detail: { module: "bank", reducer: "transfer", ok: true, changed: 2 } });
    trace.local("B", "reducer", {
      detail: { module: "bank", reducer: "transfer", ok: false, error: "too poor" },
    });
    trace.local("A", "compaction");
    const history = new History();
    history.append(trace.events);
    expect(trace.events.map((event) => sentenceOf(event, history))).toEqual([
      "A client asked A to put user:1, which it coordinates itself.",
      "A sent REPLICATE for key user:1 to B.",
      "B received REPLICATE for key user:1 from A, 12.4 ms after it was sent.",
      "A sent REPLICATE for key user:1 to C, but it was lost: the link was cut.",
      "REPLICATE from A to C was lost: the link was cut.",
      "B sent REPLICATE_ACK to A, and no arrival is recorded.",
      "A made a version of user:1 durable, beside 1 concurrent one.",
      "A now holds 2 concurrent versions of user:1: A:1 and B:4.",
      "A answered the client: put user:1 failed (quorum not met).",
      "A now believes B is suspect (incarnation 2).",
      "A started without its clock: it will use stamps again that it has used before.",
      "The lab killed B (SIGKILL).",
      "The lab cut the network: A | B, C.",
      "The process of B ended with code 3, which nobody had asked for.",
      "The lab broke the disk of B: the disk is full.",
      "B read what it knew from its disk in 12.4 ms. Replayed 3 transactions from the log.",
      "B carried out a call of bank.transfer: 2 rows changed.",
      "B carried out a call of bank.transfer, which refused: too poor.",
      "A: compaction.",
    ]);
  });
});

const member = (status: string) => ({
  op: "membership" as const,
  detail: { about: "B", status, incarnation: 1 },
});

describe("beliefs over time", () => {
  it("are kept per pair in the order of time, whatever the order of arrival", () => {
    const trace = new TraceBuilder();
    trace.local("A", "member", member("alive"));
    const suspect = trace.local("A", "member", member("suspect"));
    const dead = trace.local("A", "member", member("dead"));
    trace.local("A", "member", member("gone astray"));
    const history = new History();
    const beliefs = new BeliefIndex(history);
    history.append([trace.events[0]!, { ...dead, id: 2 }]);
    expect(beliefs.of(asNodeId("B"), asNodeId("A")).map((change) => change.status)).toEqual([
      "alive",
      "dead",
    ]);
    history.append([{ ...suspect, id: 3 }, trace.events[3]!]);
    expect(beliefs.of(asNodeId("B"), asNodeId("A")).map((change) => change.status)).toEqual([
      "alive",
      "suspect",
      "dead",
    ]);
    expect(beliefs.of(asNodeId("A"), asNodeId("B"))).toEqual([]);
  });
});
