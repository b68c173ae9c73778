/**
 * Which part a node has in the ring, as a record that it alone raises, and what everybody makes of these records.
 *
 * Membership tells who is there; it flaps with the network and says nothing of data. Whether a node's answers count is
 * another question, and its answer changes in steps that all others can follow one by one. A record with a higher
 * version replaces one with a lower, so what a node knows does not depend on the order in which it heard it, and the
 * sum of all versions, the epoch, only grows: of two nodes that differ, at least one is found behind by comparing it.
 *
 * Two nodes may raise the same record to the same version (two that take out a third). Then the later phase counts,
 * then the name: everybody chooses alike.
 */
import { isNodeId, type NodeId } from "../../ids.ts";

/**
 * - `joining`: gets the writes of its keys-to-be and collects the rest; nobody counts it.
 * - `entering`: it counts; the owner that it relieves still gets the writes, for those who have not heard.
 * - `serving`: at rest.
 * - `rebuilding`: it had a place and lost its data: it takes writes in that place and answers no reads.
 * - `leaving`: it still counts; those who take over get the writes and collect the rest.
 * - `exiting`: it counts no more, and still gets the writes, for those who have not heard.
 * - `left`.
 */
export const phases = ["joining", "entering", "serving", "rebuilding", "leaving", "exiting", "left"] as const;
export type Phase = (typeof phases)[number];

export interface TopologyRecord {
  readonly node: NodeId;
  /** host:port, for those whom a move has reached before the rumour of its node. */
  readonly address: string;
  readonly phase: Phase;
  readonly version: number;
  /** Who carries the move out: the node itself, or another once it cannot. */
  readonly by: NodeId;
}

const addressCharactersMax = 300;
/** Above this a version is not believed: counting on must stay exact. */
const versionMax = 2 ** 40;

const counted: ReadonlySet<Phase> = new Set(["entering", "serving", "rebuilding", "leaving"]);
const moving: ReadonlySet<Phase> = new Set(["joining", "entering", "leaving", "exiting"]);

/** It stands in preference lists that count. */
export const isCounted = ({ phase }: TopologyRecord) => counted.has(phase);
/** The ring is another one when this has come to its end. */
export const isMoving = ({ phase }: TopologyRecord) => moving.has(phase);
/** Others owe it, or those who take over from it, their keys. */
export const isCollecting = ({ phase }: TopologyRecord) =>
  phase === "joining" || phase === "leaving" || phase === "rebuilding";
export const isUnfinished = (record: TopologyRecord) => isMoving(record) || record.phase === "rebuilding";

/** Records come from other processes: whatever is not sane is dropped. */
function isSane({ node, address, phase, version, by }: TopologyRecord): boolean {
  return (
    typeof node === "string" &&
    isNodeId(node) &&
    typeof by === "string" &&
    isNodeId(by) &&
    typeof address === "string" &&
    address.length <= addressCharactersMax &&
    phases.includes(phase) &&
    Number.isSafeInteger(version) &&
    version > 0 &&
    version <= versionMax
  );
}

/** True when `one` says more than `other`. */
function replaces(one: TopologyRecord, other: TopologyRecord): boolean {
  if (one.version !== other.version) return one.version > other.version;
  if (one.phase !== other.phase) return phases.indexOf(one.phase) > phases.indexOf(other.phase);
  return one.by > other.by;
}

export class Records {
  readonly #records = new Map<NodeId, TopologyRecord>();
  #list: readonly TopologyRecord[] | null = null;
  #unfinished: readonly TopologyRecord[] | null = null;
  #epoch = 0;
  /** Changes so far: what was worked out from older ones is out of date. */
  revision = 0;

  constructor(records: readonly TopologyRecord[]) {
    for (const record of records) this.learn(record);
  }

  /** The sum of all versions: it only grows, and is the same where the same is known. */
  get epoch(): number {
    return this.#epoch;
  }

  get(node: NodeId): TopologyRecord | undefined {
    return this.#records.get(node);
  }

  /** By name. */
  get all(): readonly TopologyRecord[] {
    return (this.#list ??= [...this.#records.values()].sort((a, b) => (a.node < b.node ? -1 : 1)));
  }

  /** Those of `all` that are on the move or being rebuilt: in calm none. */
  get unfinished(): readonly TopologyRecord[] {
    return (this.#unfinished ??= this.all.filter(isUnfinished));
  }

  /** False when it is not news. */
  learn(record: TopologyRecord): boolean {
    if (!isSane(record)) return false;
    const known = this.#records.get(record.node);
    if (known && !replaces(record, known)) return false;
    const { node, address, phase, version, by } = record;
    this.#records.set(node, { node, address, phase, version, by });
    this.#epoch += version - (known?.version ?? 0);
    this.#list = null;
    this.#unfinished = null;
    this.revision += 1;
    return true;
  }
}
