/**
 * The moves that this node carries out: its own, and those of nodes that cannot any more.
 *
 * A move takes its next step when enough have given their word (./needs): as long as keys are collected, that they have
 * brought all they had; once it counts differently, that they have heard of it. What it waits for, and for whom, is told
 * in an event whenever it changes: a move that does not get on says why.
 */
import type { NodeId, TimeMs } from "../../ids.ts";
import { isInReach } from "../reach.ts";
import type { ReplicationEffects } from "../types.ts";
import type { MovesOptions } from "./options.ts";
import { agreementOf, ownersBefore } from "./needs.ts";
import { nameOf } from "./placements.ts";
import { internal, isAhead, type Move, type MoveProgress, notToldYet, phaseAfter } from "./progress.ts";
import { isCollecting, type Phase, type TopologyRecord } from "./records.ts";
import type { Spread } from "./spread.ts";

export interface DriverOptions extends MovesOptions {
  readonly spread: Spread;
  readonly raise: (fx: ReplicationEffects, phase: Phase, about: NodeId) => void;
}

export class Driver {
  readonly #options: DriverOptions;
  /** By whom they are about. */
  readonly #moves = new Map<NodeId, Move>();
  /** Of the latest tick. */
  #now: TimeMs = 0;

  constructor(options: DriverOptions) {
    this.#options = options;
  }

  /** When patience with the silent is next over; Infinity when it is not running. */
  get deadline(): TimeMs {
    let earliest = Infinity;
    if (this.#moves.size === 0) return earliest;
    for (const { patientUntil } of this.#moves.values()) {
      if (patientUntil > this.#now) earliest = Math.min(earliest, patientUntil);
    }
    return earliest;
  }

  get isIdle(): boolean {
    return this.#moves.size === 0;
  }

  /** How far they are. */
  get told(): readonly MoveProgress[] {
    return [...this.#moves.values()].map(({ told }) => told);
  }

  /** A move of `about` has not come to its end, or not everybody in reach knows that it has. */
  has(about: NodeId): boolean {
    return this.#moves.has(about);
  }

  /** Words were given for the ring as it was. */
  ringChanged(): void {
    const ring = nameOf(this.#options.placements.ring.nodes);
    for (const move of this.#moves.values()) {
      if (move.ring === ring) continue;
      move.agreed.clear();
      move.ring = ring;
    }
  }

  /** `from` has brought all it had, with `ring` the nodes that count. False when that is not news, or out of date. */
  agree(fx: ReplicationEffects, from: NodeId, about: NodeId, version: number, ring: string): boolean {
    const move = this.#moves.get(about);
    if (move?.record.version !== version || move.ring !== ring || move.agreed.has(from)) return false;
    move.agreed.add(from);
    move.patientUntil = fx.now + this.#options.config.requestTimeout;
    return true;
  }

  /** Takes the steps that can be taken. */
  tick(fx: ReplicationEffects): void {
    const { records, node } = this.#options;
    this.#now = fx.now;
    for (const record of records.unfinished) if (record.by === node) this.#drive(fx, record);
    for (const [about, move] of this.#moves) {
      if (records.get(about) !== move.record) this.#end(fx, move);
    }
  }

  #drive(fx: ReplicationEffects, record: TopologyRecord): void {
    const { placements, config, view, node, handover } = this.#options;
    const { node: about, phase } = record;
    const { before, after } = placements.rings(record);
    const move = this.#moveOf(record);
    if (move.ranges === null || move.ranges.before !== before || move.ranges.after !== after) {
      move.ranges = { before, after, lists: ownersBefore(record, { before, after }, config.n) };
    }
    const { lists } = move.ranges;
    const isCollector = isCollecting(record);
    const hasAgreed = (owner: NodeId) => {
      if (owner === node) return !isCollector || handover.isDone(record);
      return isCollector ? move.agreed.has(owner) : this.#options.spread.knows(owner, move.epoch);
    };
    const { isEnough, missing } = agreementOf(record, lists, config, hasAgreed, (each) =>
      isInReach(view, node, each),
    );
    if (!isEnough) move.patientUntil = Infinity;
    else if (move.patientUntil === Infinity) move.patientUntil = fx.now + config.requestTimeout;
    const isReady = missing.length === 0 || (isEnough && fx.now >= move.patientUntil);
    const ahead = isCollector ? this.#ahead(record) : [];
    // Founders wait for each other, and who is the last has nobody to leave anything to.
    const isAmongNone = (phase === "joining" && before.nodes.length === 0) || after.nodes.length === 0;
    if (isReady && ahead.length === 0 && !isAmongNone) this.#options.raise(fx, phaseAfter(phase), about);
    else if (isReady) this.#tell(fx, move, "waiting", ahead);
    else this.#tell(fx, move, isCollector ? "receiving" : "switching", missing);
  }

  #moveOf(record: TopologyRecord): Move {
    const { records, placements } = this.#options;
    const known = this.#moves.get(record.node);
    if (known?.record === record) return known;
    const move: Move = {
      record,
      ring: nameOf(placements.ring.nodes),
      epoch: records.epoch,
      agreed: new Set(),
      told: notToldYet(record),
      ranges: null,
      patientUntil: Infinity,
      endedAt: null,
    };
    this.#moves.set(record.node, move);
    return move;
  }

  /** Moves in reach that this one waits for. */
  #ahead(record: TopologyRecord): NodeId[] {
    const { records, view, node } = this.#options;
    const isWaitedFor = (other: TopologyRecord) => isAhead(other, record) && isInReach(view, node, other.by);
    return records.unfinished.filter(isWaitedFor).map((other) => other.node);
  }

  #tell(
    fx: ReplicationEffects,
    move: Move,
    phase: Move["told"]["phase"],
    waitingFor: readonly NodeId[] = [],
  ): void {
    const { records, handover, node } = this.#options;
    const { told } = move;
    if (told.phase === phase && told.waitingFor?.join() === waitingFor.join()) return;
    const keys = told.about === node ? { keys: handover.received } : {};
    move.told = { ...told, phase, epoch: records.epoch, ...keys, waitingFor };
    fx.local("move", internal, { ...move.told });
  }

  /** The record of a move has gone on without a next step of this node's: done, when all in reach know it. */
  #end(fx: ReplicationEffects, move: Move): void {
    const { records, node, audience } = this.#options;
    const { about } = move.told;
    const isOwn = records.get(about)!.by === node;
    const epoch = (move.endedAt ??= records.epoch);
    if (isOwn && !audience().every((other) => this.#options.spread.knows(other, epoch))) return;
    this.#moves.delete(about);
    this.#tell(fx, move, isOwn ? "done" : "given up");
  }
}
