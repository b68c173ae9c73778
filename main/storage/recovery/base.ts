/** Where a start begins: the newest snapshot that is sound to its last byte, or nothing. Changes nothing. */
import { emptyClock, merge, type VectorClock } from "../../../shared/clock/vector-clock.ts";
import { Replay } from "../../../shared/runtime/replay.ts";
import type { Schema } from "../../../shared/runtime/schema.ts";
import { Tables } from "../../../shared/runtime/tables.ts";
import type { Mutation, Position } from "../../../shared/runtime/types.ts";
import {
  type DamagedSnapshot,
  SnapshotError,
  type SnapshotInfo,
  type SnapshotStore,
} from "../snapshots/snapshot-store.ts";
import { progressOf, type RecoveryProgress } from "./recovered.ts";

export interface Base {
  readonly replay: Replay;
  /** Null: there is none, and everything is to come from the log. */
  readonly info: SnapshotInfo | null;
  readonly position: Position;
  /** The newest whose head can be read, sound or not: the log had reached it. */
  readonly newest: SnapshotInfo | null;
  /** Of this and of newer snapshots that are damaged: an own counter in them was given out. */
  readonly clock: VectorClock;
  /** Likewise of the numbers of entries. */
  readonly index: number;
  /** Newer ones that are damaged, and those of which not even the head can be read. */
  readonly broken: readonly DamagedSnapshot[];
}

const rowsAtOnce = 10_000;

/** Throws SnapshotError for other reasons than damage, and SchemaError. */
export function* readBase(snapshots: SnapshotStore, schema: Schema): Generator<RecoveryProgress, Base> {
  const broken = [...snapshots.damaged()];
  let clock = emptyClock;
  let index = 0;
  const infos = snapshots.list();
  const newest = infos[0] ?? null;
  for (const info of infos) {
    const { position, name } = info;
    clock = merge(clock, info.clock);
    index = Math.max(index, info.index);
    const replay = new Replay(new Tables(index), schema, position);
    try {
      for (const rows of piecesOf(snapshots.open(position).rows())) {
        replay.rows(rows, info.versions);
        yield progressOf(replay);
      }
      return { replay, info, position, newest, clock, index, broken };
    } catch (error) {
      if (!(error instanceof SnapshotError) || error.kind !== "damaged") throw error;
      broken.push({ name, message: error.message });
    }
  }
  const replay = new Replay(new Tables(index), schema, 0);
  return { replay, info: null, position: 0, newest, clock, index, broken };
}

function* piecesOf(rows: Iterable<Mutation>): Generator<Mutation[]> {
  let piece: Mutation[] = [];
  for (const row of rows) {
    piece.push(row);
    if (piece.length < rowsAtOnce) continue;
    yield piece;
    piece = [];
  }
  yield piece;
}
