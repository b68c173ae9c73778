/**
 * A node's own trace as it lies in its database, and the way to read it from outside.
 *
 * One row holds all events of one commit, packed without names: the trace is on the path of every request. After a SIGKILL the lab reads here what the node had kept but not yet streamed.
 */
import type Database from "better-sqlite3";
import { Packr } from "msgpackr";
import type { VectorClock } from "../../shared/clock/vector-clock.ts";
import type { Key, MessageId, NodeId, RequestId, TimeMs } from "../../shared/ids.ts";
import type { OperationLogItem } from "../../shared/replication/types.ts";
import type { Detail, TraceEvent } from "../../shared/trace/event.ts";
import { openNodeDatabaseForReading } from "./node-database.ts";

const packr = new Packr({ useRecords: false, mapsAsObjects: true });

/**
 * An event without what its row says already (life, seq) and the file (node), and without names. Optional fields that
 * are absent are null, those at the end are left out.
 */
type Packed = readonly [
  at: TimeMs,
  type: TraceEvent["type"],
  op: TraceEvent["op"],
  name: string,
  clock: VectorClock | null,
  message?: MessageId | null,
  peer?: NodeId | null,
  key?: Key | null,
  request?: RequestId | null,
  detail?: Detail,
];

function pack({ at, type, op, name, clock, message, peer, key, request, detail }: TraceEvent): Packed {
  if (detail !== undefined) {
    return [at, type, op, name, clock, message ?? null, peer ?? null, key ?? null, request ?? null, detail];
  }
  if (key === undefined) {
    return message === undefined
      ? [at, type, op, name, clock]
      : [at, type, op, name, clock, message, peer ?? null];
  }
  return [at, type, op, name, clock, message ?? null, peer ?? null, key, request ?? null];
}

function unpack(packed: Packed, node: NodeId, life: number, seq: number): TraceEvent {
  const [at, type, op, name, clock, message, peer, key, request, detail] = packed;
  return {
    node,
    life,
    seq,
    at,
    type,
    op,
    name,
    clock,
    ...(message == null ? {} : { message }),
    ...(peer == null ? {} : { peer }),
    ...(key == null ? {} : { key }),
    ...(request == null ? {} : { request }),
    ...(detail == null ? {} : { detail }),
  };
}

export const packEvents = (events: readonly TraceEvent[]): Buffer => packr.pack(events.map(pack));
export const packOperations = (list: readonly OperationLogItem[]): Buffer => packr.pack(list);
export const unpackOperations = (blob: Buffer) => unpacked(blob) as readonly OperationLogItem[];

/** A blob has no checksum: one that is damaged tells nothing, and what is left is still a trace. */
function unpacked(blob: Buffer): readonly unknown[] {
  try {
    const items = packr.unpack(blob) as unknown;
    return Array.isArray(items) ? (items as unknown[]) : [];
  } catch {
    return [];
  }
}

export type TraceReader = (life: number, seq: number, limit: number) => TraceEvent[];

/** Events of one life with a higher seq, in program order; about `limit` of them, whole commits at a time. */
export function traceReader(database: Database.Database, node: NodeId): TraceReader {
  const rows = database.prepare<[number, number], { events: Buffer; first: number }>(
    "SELECT events, first_seq AS first FROM trace WHERE life = ? AND last_seq > ? ORDER BY id",
  );
  return (life, seq, limit) => {
    const found: TraceEvent[] = [];
    for (const { events, first } of rows.iterate(life, seq)) {
      for (const [index, event] of (unpacked(events) as readonly Packed[]).entries()) {
        if (first + index > seq) found.push(unpack(event, node, life, first + index));
      }
      if (found.length >= limit) break;
    }
    return found;
  };
}

/**
 * All events of one life after `seq` that the node in this directory kept, dead or alive.
 * Empty when the node never got as far as making its database. Throws NodeStoreError when the file is not a node's.
 */
export function readTraceAfter(dataDir: string, life: number, seq: number): TraceEvent[] {
  const database = openNodeDatabaseForReading(dataDir);
  if (database === null) return [];
  try {
    const isMade = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get() !== undefined;
    if (!isMade) return [];
    const { node } = database.prepare("SELECT value AS node FROM meta WHERE name = 'node'").get() as {
      node: NodeId;
    };
    return traceReader(database, node)(life, seq, Number.POSITIVE_INFINITY);
  } finally {
    database.close();
  }
}
