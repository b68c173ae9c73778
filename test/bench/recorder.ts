/** How many events a second the recorder takes into a session file, as a node's line delivers them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Recorder } from "../../main/lab/recorder.ts";
import { SessionFile } from "../../main/lab/session-file.ts";
import { asKey, asMessageId, asNodeId, asRequestId } from "../../shared/ids.ts";
import type { TraceEvent } from "../../shared/trace/event.ts";
import { report } from "./report.ts";

const count = 300_000;
const lineBatch = 200;

function eventOf(seq: number): TraceEvent {
  return {
    node: asNodeId("node-1"),
    life: 1,
    seq,
    at: 1_700_000_000_000 + seq / 10,
    type: "send",
    op: "put",
    name: "REPLICATE",
    clock: { "node-1": seq, "node-2": seq - 1, "node-3": 17, "node-4": 23, "node-5": 42 },
    message: asMessageId(`node-1.1.${seq}`),
    peer: asNodeId("node-2"),
    key: asKey(`cart:${seq % 20}`),
    request: asRequestId(`node-1.1.r${seq % 1000}`),
  };
}

export async function recorder(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "lightcone-bench-"));
  try {
    const batches: TraceEvent[][] = [];
    for (let from = 1; from <= count; from += lineBatch) {
      batches.push(Array.from({ length: lineBatch }, (_, index) => eventOf(from + index)));
    }
    const file = SessionFile.create(join(dir, "bench.lightcone"), {
      id: "bench",
      name: "bench",
      createdAt: 0,
      recordedBy: "bench",
    });
    let pushed = 0;
    const recording = new Recorder({
      file,
      onRecorded: (events) => {
        pushed += events.length;
      },
      onFailed: (error) => {
        throw error;
      },
      readTrace: () => [],
    });
    const from = performance.now();
    for (const batch of batches) recording.accept(batch);
    recording.flush();
    const seconds = (performance.now() - from) / 1000;
    recording.close();
    if (pushed !== count) throw new Error(`recorded ${pushed} of ${count} events`);
    report({
      bench: "recorder",
      value: count / seconds,
      unit: "events/s",
      target: 100_000,
      better: "higher",
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
