/** The storage of a made-up node: `?log=file|sqlite|memory&records=5000&hurt&behind`. */
import { isBehind, type Place } from "../../../renderer/storage/pages.ts";
import type { DamageView, LogKind, NodeStorage, RecordView } from "../../../shared/contract/storage.ts";

const startedAt = Date.UTC(2026, 3, 14, 9, 30, 0);
const segmentRecords = 2_000;
const head = 64;

export interface SampleStorage {
  view(node: string): NodeStorage;
  records(file: string, after: Place | null, limit: number): { records: RecordView[]; next: Place | null };
  /** Breaks the record at a place as the lab would, so that the next answers show it. */
  damage(file: string, offset: number): void;
}

export function sampleStorage(query: URLSearchParams): SampleStorage {
  const log = (query.get("log") ?? "file") as LogKind;
  const count = Number(query.get("records") ?? 5_000);
  const isFile = log === "file";
  const fileOf = (index: number) =>
    isFile ? `log/${String(Math.floor(index / segmentRecords) + 1).padStart(8, "0")}.log` : "log";
  const files = new Map<string, RecordView[]>();
  let offset = head;
  for (let index = 0; index < count; index++) {
    const file = fileOf(index);
    const records = files.get(file) ?? [];
    if (records.length === 0) offset = head;
    const bytes = 90 + ((index * 7_919) % 260);
    records.push(recordAt(index + 1, file, isFile ? offset : index + 1, bytes));
    offset += bytes;
    files.set(file, records);
  }
  const broken = new Map<string, DamageView>();
  const breakAt = (file: string, at: number) => {
    const records = files.get(file) ?? [];
    const index = records.findIndex((record) => record.offset <= at && at < record.offset + record.bytes);
    const record = records[index]!;
    const message = `Record ${record.position} in ${file} at byte ${record.offset} does not have the checksum it was written with.`;
    records[index] = { ...record, problem: message };
    broken.set(`${file} ${at}`, {
      kind: "corrupt",
      file,
      offset: record.offset,
      length: record.bytes,
      after: record.position - 1,
      before: record.position + 1,
      message,
    });
  };
  if (query.has("hurt") && count > 100) {
    const file = fileOf(Math.floor(count * 0.4));
    breakAt(file, files.get(file)![Math.floor(files.get(file)!.length / 2)]!.offset);
    const last = fileOf(count - 1);
    breakAt(last, files.get(last)!.at(-30)!.offset);
  }
  const view = (node: string): NodeStorage =>
    viewOf({ node, log, count, files, damage: [...broken.values()], query });
  return {
    view,
    records(file, after, limit) {
      const all = files.get(file) ?? [];
      const from = after === null ? 0 : all.findIndex((record) => isBehind(record, after));
      const rest = from === -1 ? [] : all.slice(from, from + limit);
      const isMore = from !== -1 && from + limit < all.length;
      return { records: rest, next: isMore ? rest.at(-1)! : null };
    },
    damage: breakAt,
  };
}

function recordAt(position: number, file: string, offset: number, bytes: number): RecordView {
  const isHint = position % 9 === 4;
  return {
    file,
    offset,
    bytes,
    position,
    ordinal: 0,
    type: position % 17 === 3 ? "delete" : "put",
    module: "kv",
    table: isHint ? "hints" : "keys",
    key: isHint ? `node-3 user:${position % 24}` : `user:${position % 24}`,
    row: JSON.stringify({ versions: [{ dot: `node-1:${position}`, value: `value ${position}` }], clock: {} }),
    clock: {
      "node-1": position + 12,
      "node-2": Math.floor(position / 2),
      "node-3": Math.floor(position / 3),
    },
    at: startedAt + position * 40,
    origin: "node-2",
    replicas: ["node-1", "node-2", "node-3"],
    term: 0,
    index: position,
    problem: null,
  };
}

function viewOf(props: {
  readonly node: string;
  readonly log: LogKind;
  readonly count: number;
  readonly files: ReadonlyMap<string, readonly RecordView[]>;
  readonly damage: DamageView[];
  readonly query: URLSearchParams;
}): NodeStorage {
  const { node, log, count, files, query } = props;
  const segments = [...files].map(([file, records], index) => ({
    file,
    bytes: records.reduce((sum, { bytes }) => sum + bytes, head),
    first: records[0]!.position,
    last: records.at(-1)!.position,
    records: records.length,
    sealed: index < files.size - 1,
  }));
  const replayFrom = count > 1_000 ? Math.floor(count * 0.8) : 0;
  const snapshotAt = (position: number) => ({
    name: `snapshots/${String(position).padStart(12, "0")}.snapshot`,
    position,
    at: startedAt + position * 40,
    bytes: 48_213,
    rows: 24,
    problem: null,
  });
  return {
    node,
    source: query.has("stopped") ? "files" : "live",
    dataDir: `/lab/${node}`,
    kinds: { log, snapshots: log, sync: "commit", recovery: "rebuild", clocks: log },
    log: {
      first: 1,
      last: count,
      durable: query.has("stopped") ? null : query.has("behind") ? count - 12 : count,
      bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
      segments,
      damage: props.damage,
      replayFrom,
    },
    snapshots: replayFrom === 0 ? [] : [snapshotAt(replayFrom), snapshotAt(Math.floor(count / 2))],
    clock: {
      kind: log,
      file: log === "file" ? `clocks/${node}.clock.json` : null,
      value: { "node-1": count + 12, "node-2": 40, "node-3": 31 },
      problem: null,
    },
    snapshotting: null,
    setAside: query.has("hurt")
      ? [{ file: "set-aside/20260414T093000-torn-tail/00000002.log", bytes: 213, at: startedAt }]
      : [],
    faults: query.has("faults")
      ? ["Each write and each flush takes 200 ms longer.", "The next flush fails."]
      : [],
    recovery: query.has("hurt")
      ? [
          "The last 213 bytes of log/00000002.log were not written to their end; they were cut, and a copy is kept in set-aside.",
          "Began with the snapshot at 4000 and replayed 1000 transactions in 12 ms.",
        ]
      : [],
    copies: query.has("hurt") ? [{ label: "before-the-storm", at: startedAt, bytes: 812_000 }] : [],
  };
}
