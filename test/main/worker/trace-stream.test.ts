import { expect, it } from "vitest";
import { TraceStream } from "../../../main/worker/trace-stream.ts";
import { asNodeId } from "../../../shared/ids.ts";
import type { TraceEvent } from "../../../shared/trace/event.ts";

const event = (seq: number): TraceEvent => ({
  node: asNodeId("node-1"),
  life: 1,
  seq,
  at: seq,
  type: "local",
  op: "internal",
  name: "x",
  clock: null,
});

it("a reader that falls behind gets the rest from the file, in order and without gaps", () => {
  const kept: TraceEvent[] = [];
  const received: number[] = [];
  const drains: (() => void)[] = [];
  const sink = {
    pendingBytes: 0,
    write: (events: readonly TraceEvent[]) => void received.push(...events.map(({ seq }) => seq)),
    onDrain: (listener: () => void) => void drains.push(listener),
  };
  const stream = new TraceStream(1, sink, (_, seq, limit) =>
    kept.filter((one) => one.seq > seq).slice(0, limit),
  );
  const push = (...seqs: number[]) => {
    const events = seqs.map(event);
    kept.push(...events);
    stream.push(events);
  };
  push(1, 2);
  sink.pendingBytes = 100 * 1024 * 1024;
  push(3);
  push(4, 5);
  expect(received, "nothing is queued for a reader that does not read").toEqual([1, 2]);
  sink.pendingBytes = 0;
  for (const drain of drains) drain();
  push(6);
  expect(received).toEqual([1, 2, 3, 4, 5, 6]);
});
