/**
 * What a node remembers: tables of rows, changed only by transactions.
 *
 * A transaction is what one step of the core, or one run of a reducer, changed: all of its mutations or none. The log is
 * the list of transactions; whoever applies them in order to empty tables, or from a snapshot on, holds exactly the
 * same rows. Mutations are kept, not calls: a reducer may have asked for the time or drawn a random number, and would
 * answer differently the second time (L3; Gray and Reuter 1993, "Transaction Processing", §9; P36).
 */
import type { VectorClock } from "../clock/vector-clock.ts";
import type { NodeId, TimeMs } from "../ids.ts";

/** Number of a transaction in its log, from 1 without gaps. 0: before the first. */
export type Position = number;

/** What may stand in a row: what JSON can say, and nothing that reads back as something else. */
export type Row =
  | null
  | boolean
  | number
  | string
  | readonly Row[]
  | { readonly [name: string]: Row | undefined };

/** Where a row of the replicated store came from (H3). */
export interface Provenance {
  /** Number of the entry by the core's count. */
  readonly index: number;
  readonly term: number;
  /** Why it was written: put, delete, repair, handover, … */
  readonly op: string;
  /** The node that coordinated the write. */
  readonly origin: NodeId;
  readonly replicas: readonly NodeId[];
}

/** One row takes the place of what stood under its key, or goes. */
export interface Mutation {
  readonly module: string;
  readonly table: string;
  readonly key: string;
  /** Undefined: the row is gone. */
  readonly row: Row | undefined;
  readonly from?: Provenance;
}

/** All of it or nothing. */
export interface Transaction {
  /** The node's vector clock when it happened. */
  readonly clock: VectorClock;
  readonly at: TimeMs;
  readonly mutations: readonly Mutation[];
}

/** A transaction that has its place in the log. */
export interface Committed extends Transaction {
  readonly position: Position;
  /** Under which its rows were written; null: before versions were recorded. */
  readonly versions: SchemaVersions | null;
}

/** Versions of the modules whose rows a log or a snapshot holds, by module. */
export type SchemaVersions = Readonly<Record<string, number>>;
