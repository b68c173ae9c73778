import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asKey, asNodeId, asRequestId } from "../../../shared/ids.ts";
import type { RecordedEvent } from "../../../shared/trace/event.ts";
import { bands } from "../../../shared/trace/bands.ts";
import { History } from "../../../shared/trace/history.ts";
import { modelAt } from "../../../shared/trace/model.ts";
import { TraceBuilder } from "./events.ts";

const [n1, n2, n3] = ["node-1", "node-2", "node-3"].map(asNodeId) as [
  ReturnType<typeof asNodeId>,
  ReturnType<typeof asNodeId>,
  ReturnType<typeof asNodeId>,
];
const k = asKey("user:1");

const start = (clock: string) => ({
  detail: { address: "localhost:8081", clock, keys: 0, clockStore: "sqlite" },
});
const member = (about: string, status: string, incarnation = 1) => ({
  op: "membership" as const,
  detail: { about, status, previous: null, incarnation, address: "localhost:1" },
});

function story() {
  const trace = new TraceBuilder();
  const at: Record<string, number> = {};
  const mark = (name: string) => (at[name] = trace.now - 1);
  trace.lab("cluster", {
    name: "demo",
    preset: "lab",
    n: 3,
    r: 2,
    w: 2,
    virtualNodes: 150,
    nodes: ["node-1", "node-2", "node-3"],
  });
  for (const node of ["node-1", "node-2", "node-3"]) {
    trace.lab("node-started", { node, pid: 7, life: 1, clockStore: "sqlite" });
    trace.local(node, "start", start("new"));
  }
  trace.local("node-1", "member", member("node-2", "alive"));
  mark("calm");
  trace.lab("partition", {
    id: 1,
    kind: "halves",
    groups: [["node-1"], ["node-2", "node-3"]],
    cut: ["node-1>node-2"],
  });
  trace.local("node-1", "stored", { op: "put", key: k, detail: { dot: "node-1:1", siblings: 1 } });
  trace.lab("effect", { blocked: { "node-1>node-2": 3 }, lost: {}, delayed: {} });
  trace.local("node-1", "member", member("node-2", "suspect"));
  mark("cut");
  trace.lab("heal", { id: 1 });
  trace.local("node-2", "conflict", { op: "put", key: k, detail: { dots: ["node-1:1", "node-2:1"] } });
  trace.local("node-2", "stored", { op: "put", key: k, detail: { dot: "node-2:1", siblings: 2 } });
  mark("conflict");
  trace.lab("kill", { node: "node-3", pid: 7 });
  trace.lab("exited", { node: "node-3", code: null, signal: "SIGKILL", expected: true });
  trace.local("node-1", "member", member("node-3", "dead"));
  mark("killed");
  trace.lab("pause", { node: "node-2", pid: 7 });
  mark("paused");
  trace.lab("resume", { node: "node-2", pid: 7 });
  trace.lab("restart", { node: "node-3", clock: "lose" });
  trace.restart("node-3", "lose");
  trace.local("node-2", "stored", { op: "put", key: k, detail: { dot: "node-2:2", siblings: 1 } });
  mark("end");
  return { trace, at };
}

function historyOf(events: readonly RecordedEvent[]): History {
  const history = new History();
  history.append(events);
  return history;
}

describe("the model at a moment", () => {
  const { trace, at } = story();
  const history = historyOf(trace.events);

  it("has the cluster, its nodes and what they believe", () => {
    const calm = modelAt(history, at["calm"]!);
    expect(calm.cluster).toEqual({
      name: "demo",
      preset: "lab",
      n: 3,
      r: 2,
      w: 2,
      virtualNodes: 150,
      conflicts: {},
    });
    expect([...calm.nodes.keys()]).toEqual([n1, n2, n3]);
    expect(calm.nodes.get(n3)).toMatchObject({ status: "running", pid: 7, address: "localhost:8081" });
    expect(calm.beliefs.get(n1)?.get(n2)).toMatchObject({ status: "alive", incarnation: 1 });
    expect(calm.partition).toBeNull();
  });

  it("has losses once each, the newest word on a move, and who served how many requests", () => {
    const trace = new TraceBuilder();
    trace.lab("cluster", { name: "c", nodes: ["node-1"], replication: { conflicts: { "": "max", bad: 3 } } });
    const put = { op: "put" as const, key: k };
    for (const node of ["node-1", "node-2"]) {
      trace.local(node, "request", { ...put, detail: {} });
      trace.local(node, "discarded", { ...put, detail: { dot: "node-1:1", by: "node-2:4", value: "mine" } });
    }
    trace.local("node-1", "request", { ...put, detail: {} });
    const move = { about: "node-3", kind: "join", epoch: 2 };
    trace.local("node-3", "move", {
      detail: { ...move, phase: "receiving", keys: 5, waitingFor: ["node-1"] },
    });
    const receiving = trace.now - 1;
    trace.local("node-3", "move", { detail: { ...move, phase: "done", keys: 9 } });
    const history = historyOf(trace.events);
    const model = modelAt(history, null);
    expect(model.cluster?.conflicts).toEqual({ "": "max" });
    expect([...model.losses.values()]).toMatchObject([{ key: k, dot: "node-1:1", by: "node-2:4", node: n1 }]);
    expect([...model.served]).toEqual([
      [n1, 2],
      [n2, 1],
    ]);
    expect([...model.moves.values()]).toMatchObject([{ node: n3, about: n3, phase: "done", keys: 9 }]);
    expect([...modelAt(history, receiving).moves.values()]).toMatchObject([
      { phase: "receiving", keys: 5, waitingFor: [n1] },
    ]);
  });

  it("takes a link that was opened by itself out of the cut", () => {
    const trace = new TraceBuilder();
    const cut = ["node-1>node-2", "node-2>node-1"];
    trace.lab("partition", { id: 1, kind: "halves", groups: [["node-1"], ["node-2"]], cut });
    trace.lab("link", { from: "node-1", to: "node-2", settings: {} });
    const history = new History();
    history.append(trace.events);
    expect(modelAt(history, null).partition?.cut).toEqual(["node-2>node-1"]);
  });

  it("follows a partition and the proof of its effect", () => {
    const cut = modelAt(history, at["cut"]!);
    expect(cut.partition).toEqual({
      id: 1,
      kind: "halves",
      groups: [[n1], [n2, n3]],
      cut: ["node-1>node-2"],
    });
    expect(cut.effect.blocked).toEqual({ "node-1>node-2": 3 });
    expect(cut.beliefs.get(n1)?.get(n2)?.status).toBe("suspect");
    expect(modelAt(history, null).partition).toBeNull();
  });

  it("shows a conflict until one version is left", () => {
    expect(modelAt(history, at["cut"]!).conflicts.size).toBe(0);
    expect(modelAt(history, at["conflict"]!).conflicts.get(k)).toMatchObject({
      dots: ["node-1:1", "node-2:1"],
      node: n2,
    });
    expect(modelAt(history, at["conflict"]!).keys.get(k)?.siblings).toBe(2);
    expect(modelAt(history, at["end"]!).conflicts.size).toBe(0);
  });

  it("tells killed, paused and restarted without a clock apart", () => {
    expect(modelAt(history, at["killed"]!).nodes.get(n3)).toMatchObject({ status: "killed", pid: null });
    expect(modelAt(history, at["paused"]!).nodes.get(n2)?.status).toBe("paused");
    expect(modelAt(history, null).nodes.get(n3)).toMatchObject({ status: "running", clockLost: true });
    expect(modelAt(history, null).nodes.get(n2)?.status).toBe("running");
  });

  it("counts operations by outcome and the recent rate", () => {
    const builder = new TraceBuilder();
    for (let index = 0; index < 10; index++) {
      builder.local("node-1", "reply", {
        op: "put",
        key: k,
        request: asRequestId(`r${index}`),
        detail: { ok: index !== 3 },
      });
    }
    builder.now += 60_000;
    builder.local("node-1", "reply", { op: "get", key: k, detail: { ok: true } });
    const counted = historyOf(builder.events);
    expect(modelAt(counted, 1_009).operations.put).toEqual({ ok: 9, failed: 1, perSecond: 2 });
    expect(modelAt(counted, null).operations.put).toEqual({ ok: 9, failed: 1, perSecond: 0 });
    expect(modelAt(counted, null).operations.get.perSecond).toBeCloseTo(0.2);
  });

  it("keeps only links that are not at rest", () => {
    const builder = new TraceBuilder();
    builder.lab("link", { from: "node-1", to: "node-2", settings: { blocked: false, loss: 0.5 } });
    builder.lab("link", { from: "node-2", to: "node-1", settings: { blocked: true } });
    builder.lab("link", {
      from: "node-2",
      to: "node-1",
      settings: { blocked: false, latency: null, loss: 0 },
    });
    expect([...modelAt(historyOf(builder.events), null).links.keys()]).toEqual(["node-1>node-2"]);
  });

  it("survives details that are not as they should be", () => {
    const builder = new TraceBuilder();
    builder.lab("cluster", { nodes: "x" });
    builder.lab("partition", { groups: 3, cut: [1, null] });
    builder.local("node-1", "member", { op: "membership", detail: { about: 7 } });
    const model = modelAt(historyOf(builder.events), null);
    expect(model.partition?.groups).toEqual([]);
    expect(bands(historyOf(builder.events))).toHaveLength(1);
  });
});

/** A long, busy session: enough for many checkpoints, thinned more than once. */
function longSession(events: number): RecordedEvent[] {
  const builder = new TraceBuilder();
  for (let index = 0; index < events; index++) {
    const node = `node-${1 + (index % 5)}`;
    if (index % 7 === 0)
      builder.local(node, "member", member(`node-${1 + (index % 3)}`, index % 2 ? "dead" : "alive", index));
    else if (index % 5 === 0)
      builder.local(node, "reply", {
        op: "put",
        key: asKey(`k${index % 40}`),
        detail: { ok: index % 3 > 0 },
      });
    else
      builder.local(node, "stored", {
        op: "put",
        key: asKey(`k${index % 40}`),
        detail: { dot: "x:1", siblings: 1 },
      });
  }
  return builder.events;
}

describe("checkpoints", () => {
  it("change nothing: any moment, asked in any order, is what folding from the start gives", () => {
    const events = longSession(9_000);
    const history = historyOf(events);
    modelAt(history, null);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: events.length - 1 }), (index) => {
        const at = events[index]!.at;
        expect(modelAt(history, at)).toEqual(modelAt(historyOf(events.slice(0, index + 1)), at));
      }),
      { numRuns: 25 },
    );
  });

  it("are dropped when an event comes late", () => {
    const events = longSession(6_000);
    const late = events.splice(1_500, 3).map((event, index) => ({ ...event, id: 10_000 + index }));
    const history = historyOf(events);
    modelAt(history, null);
    modelAt(history, 4_000);
    history.append(late);
    const fresh = historyOf([...events, ...late]);
    for (const at of [1_200, 2_502, 2_600, 5_000, null])
      expect(modelAt(history, at)).toEqual(modelAt(fresh, at));
  });

  it("follow a live session", () => {
    const events = longSession(4_000);
    const history = new History();
    for (let from = 0; from < events.length; from += 333) {
      history.append(events.slice(from, from + 333));
      const known = events.slice(0, from + 333);
      expect(modelAt(history, null)).toEqual(modelAt(historyOf(known), null));
    }
  });
});

describe("bands", () => {
  const { trace, at } = story();

  it("stretch over partitions, deaths and pauses, with a notch at a restart", () => {
    const found = bands(historyOf(trace.events));
    expect(found.map((band) => band.kind)).toEqual(["partition", "down", "paused", "restart"]);
    expect(found[0]).toMatchObject({ groups: [[n1], [n2, n3]], from: at["calm"]! + 1, to: at["cut"]! + 1 });
    expect(found[1]).toMatchObject({ node: n3, how: "killed", to: trace.now - 2 });
    expect(found[2]).toMatchObject({ node: n2, from: at["paused"], to: at["paused"]! + 1 });
    expect(found[3]).toMatchObject({ node: n3, clock: "lost" });
  });

  it("are open while they last, and close when their end arrives", () => {
    const history = new History();
    const builder = new TraceBuilder();
    builder.local("node-1", "start", start("new"));
    builder.lab("kill", { node: "node-1", pid: 1 });
    history.append(builder.events);
    expect(bands(history)).toMatchObject([{ kind: "down", how: "killed", to: null }]);
    const before = bands(history);
    const quiet = builder.local("node-2", "tick");
    history.append([quiet]);
    expect(bands(history)).toBe(before);
    history.append([builder.restart("node-1", "keep")]);
    expect(bands(history)).toMatchObject([
      { kind: "down", to: 1_003 },
      { kind: "restart", clock: "restored" },
    ]);
  });

  it("tell a crash nobody asked for from an orderly stop", () => {
    const builder = new TraceBuilder();
    builder.local("node-1", "start", start("new"));
    builder.local("node-2", "start", start("new"));
    builder.lab("exited", { node: "node-1", code: 3, signal: null, expected: false });
    builder.local("node-2", "stop");
    builder.lab("exited", { node: "node-2", code: 0, signal: null, expected: true });
    builder.lab("node-removed", { node: "node-2" });
    expect(bands(historyOf(builder.events))).toMatchObject([
      { node: "node-1", how: "failed" },
      { node: "node-2", how: "removed" },
    ]);
  });
});
