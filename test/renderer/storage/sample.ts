/** A made-up view of a node's storage, and records as they lie in its log. */
import type { NodeStorage, RecordView } from "../../../shared/contract/storage.ts";

export const recordOf = (position: number, changes: Partial<RecordView> = {}): RecordView => ({
  file: "log/00000001.log",
  offset: 64 + (position - 1) * 100,
  bytes: 100,
  position,
  ordinal: 0,
  type: "put",
  module: "kv",
  table: "keys",
  key: `user:${position}`,
  row: '{"dots":{}}',
  clock: { "node-1": position },
  at: 1_000 + position,
  origin: "node-1",
  replicas: ["node-1", "node-2", "node-3"],
  term: 0,
  index: position,
  problem: null,
  ...changes,
});

export type SegmentOf = NodeStorage["log"]["segments"][number];

export const segmentOf = (number: number, first: number, last: number, bytes: number): SegmentOf => ({
  file: `log/${String(number).padStart(8, "0")}.log`,
  bytes,
  first,
  last,
  records: last - first + 1,
  sealed: false,
});

export function storageOf(
  segments: readonly SegmentOf[],
  changes: Partial<NodeStorage["log"]> = {},
): NodeStorage {
  return {
    node: "node-1",
    source: "live",
    dataDir: "/lab/node-1",
    kinds: { log: "file", snapshots: "file", sync: "commit", recovery: "rebuild", clocks: "file" },
    log: {
      first: segments[0]?.first ?? 1,
      last: segments.at(-1)?.last ?? 0,
      durable: segments.at(-1)?.last ?? 0,
      bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
      segments: [...segments],
      damage: [],
      replayFrom: 0,
      ...changes,
    },
    snapshots: [],
    clock: { kind: "file", file: "clocks/node-1.clock.json", value: { "node-1": 7 }, problem: null },
    setAside: [],
    faults: [],
    recovery: [],
    snapshotting: null,
    copies: [],
  };
}
