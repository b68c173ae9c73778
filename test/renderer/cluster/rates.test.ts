import { describe, expect, it } from "vitest";
import { latenciesOf, percentile, ratesOf } from "../../../renderer/cluster/rates.ts";
import type { NodeId, RequestId } from "../../../shared/ids.ts";
import type { RecordedEvent } from "../../../shared/trace/event.ts";

let id = 0;
const event = (at: number, over: Partial<RecordedEvent>): RecordedEvent => ({
  id: ++id,
  node: "node-1" as NodeId,
  life: 1,
  seq: id,
  at,
  type: "local",
  op: "put",
  name: "request",
  clock: null,
  ...over,
});
const exchange = (op: "put" | "get", request: string, start: number, ms: number, ok = true) => [
  event(start, { op, name: "request", request: request as RequestId }),
  event(start + ms, { op, name: "reply", request: request as RequestId, detail: { ok } }),
];

describe("percentiles", () => {
  it("are values that occurred, by nearest rank", () => {
    const values = Array.from({ length: 100 }, (_, i) => i + 1);
    expect([0.5, 0.95, 0.99, 1].map((share) => percentile(values, share))).toEqual([50, 95, 99, 100]);
    expect(percentile([7], 0.99)).toBe(7);
    expect(latenciesOf([30, 10, 20])).toEqual({ p50: 20, p95: 30, p99: 30, max: 30 });
    expect(latenciesOf([])).toBeNull();
  });
});

describe("rates", () => {
  it("count replies per second, by operation, failures apart", () => {
    const events = [
      ...exchange("put", "a", 10_100, 5),
      ...exchange("put", "b", 10_200, 15),
      ...exchange("get", "c", 11_500, 2),
      ...exchange("put", "d", 11_600, 300, false),
    ];
    const rates = ratesOf(events, 10_000, 12_000);
    expect(rates.seconds).toEqual([
      { at: 10_000, put: 2, get: 0, delete: 0, failed: 0, p50: 5, p95: 15 },
      { at: 11_000, put: 0, get: 1, delete: 0, failed: 1, p50: 2, p95: 300 },
    ]);
    expect(rates.operations.put).toEqual({
      perSecond: 1.5,
      failed: 1,
      latency: { p50: 15, p95: 300, p99: 300, max: 300 },
    });
    expect(rates.operations.delete).toEqual({ perSecond: 0, failed: 0, latency: null });
  });

  it("count a reply whose request came before the stretch, without a latency", () => {
    const rates = ratesOf(exchange("get", "e", 9_990, 20), 10_000, 11_000);
    expect(rates.operations.get).toEqual({ perSecond: 1, failed: 0, latency: null });
  });

  it("count messages by kind with what was lost, and the traffic of each node", () => {
    const peer = "node-2" as NodeId;
    const events = [
      event(10_001, { type: "send", name: "REPLICATE", peer }),
      event(10_002, { type: "send", name: "REPLICATE", peer }),
      event(10_003, { type: "lost", name: "REPLICATE", peer, detail: { reason: "blocked" } }),
      event(10_004, { type: "receive", name: "REPLICATE", node: peer, peer: "node-1" as NodeId }),
      event(10_005, { type: "send", op: "membership", name: "PING", peer }),
      event(10_006, { op: "lab", name: "kill", node: "lab" as NodeId }),
    ];
    const rates = ratesOf(events, 10_000, 11_000);
    expect(rates.messages).toEqual([
      { name: "REPLICATE", op: "put", perSecond: 2, lost: 1 },
      { name: "PING", op: "membership", perSecond: 1, lost: 0 },
    ]);
    expect(rates.nodes).toEqual([
      { node: "node-1", perSecond: 4, sent: 3, received: 0, lost: 1 },
      { node: "node-2", perSecond: 1, sent: 0, received: 1, lost: 0 },
    ]);
    expect(rates.events).toBe(6);
  });

  it("ignore what lies outside the stretch", () => {
    expect(ratesOf(exchange("put", "f", 50_000, 1), 10_000, 11_000).events).toBe(0);
  });
});
