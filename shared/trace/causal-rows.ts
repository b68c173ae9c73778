/**
 * The rows of the causality index, one lane's at a time.
 *
 * A row per event, a number per lane: for a million events that is the bulk of what reasoning costs, so rows lie side by
 * side in one typed array per lane that doubles when it is full, and nothing is allocated per event.
 */
import type { NodeId } from "../ids.ts";
import type { RecordedEvent } from "./event.ts";

/** The rows of one lane. Position p in `chain` has its row at p × stride. */
export class Lane {
  readonly node: NodeId;
  readonly column: number;
  /** Everything the node did, in program order; lost messages are not among it. */
  readonly chain: RecordedEvent[] = [];
  rows = new Int32Array(0);
  depths = new Int32Array(0);
  /** Highest own counter up to and including each position: what a later event must exceed. */
  highest = new Float64Array(0);
  /** Positions below it have a valid row. */
  done = 0;
  /** Its events that say whose entries its stamps no longer have. */
  readonly cuts: RecordedEvent[] = [];

  constructor(node: NodeId, column: number) {
    this.node = node;
    this.column = column;
  }

  /** Makes room for every position of the chain, in rows of `stride` numbers. */
  fit(stride: number, strideBefore: number): void {
    if (stride === strideBefore && this.depths.length >= this.chain.length) return;
    const room =
      this.depths.length >= this.chain.length ? this.depths.length : Math.max(256, this.chain.length * 2);
    const rows = new Int32Array(room * stride);
    for (let position = 0; position < this.done; position++) {
      const start = position * strideBefore;
      rows.set(this.rows.subarray(start, start + strideBefore), position * stride);
    }
    this.rows = rows;
    if (room === this.depths.length) return;
    const depths = new Int32Array(room);
    depths.set(this.depths.subarray(0, this.done));
    this.depths = depths;
    const highest = new Float64Array(room);
    highest.set(this.highest.subarray(0, this.done));
    this.highest = highest;
  }
}

/** Where an event stands in its lane. */
export interface Place {
  readonly lane: Lane;
  readonly position: number;
}

/** What relations of an event are worked out from. */
export interface Standing {
  /** Null for a loss, which comes before nothing. */
  readonly place: Place | null;
  readonly witness: Place | null;
}
