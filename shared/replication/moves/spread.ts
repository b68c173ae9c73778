/**
 * How records reach everybody: told to each member in reach until it has acknowledged them.
 *
 * A rumour would reach everybody too, but nobody would know when; a move goes on only when those who must know have
 * said so. So whoever raises a record tells it to each member itself, again and again until that member has made it
 * durable. What was heard from another is passed on only to a member that turns out not to know it: it answers with an
 * older epoch, sends a request by one, or comes back after an absence. While a move is unfinished each node also tells
 * one member a second, in turn, in case the mover died before it had told all.
 */
import type { NodeId, TimeMs } from "../../ids.ts";
import type { About, ReplicationEffects } from "../types.ts";
import type { Records } from "./records.ts";

/** As gossip is: it says who is there, and follows from no request. */
export const aboutTopology: About = { op: "membership" };
/** Between two words to members that may know already, while a move is unfinished. */
const reminderInterval: TimeMs = 1_000;

interface Peer {
  /** It is to know what was known here at this epoch. */
  wanted: number;
  /** It has said that it does. */
  acked: number;
  /** Its own epoch, when it last spoke of it. */
  epoch: number;
  retryAt: TimeMs;
}

export interface SpreadOptions {
  readonly records: Records;
  readonly retryAfter: TimeMs;
  /** Members in reach but this node, by name. */
  readonly audience: () => readonly NodeId[];
}

export class Spread {
  readonly #options: SpreadOptions;
  readonly #peers = new Map<NodeId, Peer>();
  /** Those who have not said that they know what they are to know. In calm nobody, and nothing is looked through. */
  readonly #untold = new Set<NodeId>();
  #reminderAt: TimeMs | null = null;
  #turn = 0;

  constructor(options: SpreadOptions) {
    this.#options = options;
  }

  /** The next time that somebody is told again; Infinity when all know. */
  get deadline(): TimeMs {
    let earliest = this.#reminderAt ?? Infinity;
    if (this.#untold.size === 0) return earliest;
    for (const node of this.#options.audience()) {
      const peer = this.#peers.get(node);
      if (peer && peer.acked < peer.wanted) earliest = Math.min(earliest, peer.retryAt);
    }
    return earliest;
  }

  get hasToldAll(): boolean {
    return this.#options.audience().every((node) => {
      const peer = this.#peers.get(node);
      return peer === undefined || peer.acked >= peer.wanted;
    });
  }

  /** Everybody in reach is to know what is known now, and whoever comes later. */
  tellAll(): void {
    for (const node of this.#options.audience()) this.tell(node);
  }

  tell(node: NodeId): void {
    const peer = this.#peer(node);
    peer.wanted = Math.max(peer.wanted, this.#options.records.epoch);
    peer.retryAt = 0;
    this.#account(node, peer);
  }

  /** It has come, or come back: what it knows now is not what it knew. */
  met(node: NodeId): void {
    this.#peers.delete(node);
    this.tell(node);
  }

  /** Told what is known here, it answers with what it knows beyond that. */
  ask(node: NodeId): void {
    const peer = this.#peer(node);
    if (peer.acked < peer.wanted) return;
    peer.acked = -1;
    this.tell(node);
  }

  /** True when `node` has said that it knows what was known here at `epoch`. */
  knows(node: NodeId, epoch: number): boolean {
    return (this.#peers.get(node)?.acked ?? -1) >= epoch;
  }

  /** True when `node` is known to know exactly what is known here. */
  agrees(node: NodeId): boolean {
    const { epoch } = this.#options.records;
    return this.knows(node, epoch) && this.#peers.get(node)!.epoch === epoch;
  }

  /** `from` has acknowledged what was sent at epoch `of`, and is at `epoch` itself. */
  acknowledged(from: NodeId, of: number, epoch: number): void {
    const peer = this.#peer(from);
    peer.acked = Math.max(peer.acked, Math.min(of, this.#options.records.epoch));
    this.#account(from, peer);
    this.spoke(from, epoch);
  }

  /** All that `from` knows has been learnt, and it is at `epoch`. */
  heard(from: NodeId, epoch: number): void {
    if (epoch === this.#options.records.epoch) {
      const peer = this.#peer(from);
      peer.acked = epoch;
      this.#account(from, peer);
    }
    this.spoke(from, epoch);
  }

  /** `from` is at `epoch`; when that is less than what is known here, it is told: also what it once knew (an old disk). */
  spoke(from: NodeId, epoch: number): void {
    const peer = this.#peer(from);
    const mine = this.#options.records.epoch;
    peer.epoch = epoch;
    if (epoch >= mine || (peer.acked < peer.wanted && peer.wanted === mine)) return;
    peer.acked = -1;
    this.tell(from);
  }

  tick(fx: ReplicationEffects): void {
    const { records, retryAfter, audience } = this.#options;
    this.#remind(fx.now);
    if (this.#untold.size === 0) return;
    for (const node of audience()) {
      const peer = this.#peers.get(node);
      if (!peer || peer.acked >= peer.wanted || peer.retryAt > fx.now) continue;
      peer.retryAt = fx.now + retryAfter;
      fx.send(node, { kind: "TOPOLOGY", epoch: records.epoch, records: records.all }, aboutTopology);
    }
  }

  #remind(now: TimeMs): void {
    const { records, audience } = this.#options;
    if (records.unfinished.length === 0) {
      this.#reminderAt = null;
      return;
    }
    this.#reminderAt ??= now + reminderInterval;
    if (now < this.#reminderAt) return;
    this.#reminderAt = now + reminderInterval;
    const others = audience().filter((node) => !this.agrees(node));
    if (others.length > 0) this.tell(others[this.#turn++ % others.length]!);
  }

  #account(node: NodeId, { acked, wanted }: Peer): void {
    if (acked < wanted) this.#untold.add(node);
    else this.#untold.delete(node);
  }

  #peer(node: NodeId): Peer {
    let peer = this.#peers.get(node);
    if (!peer) this.#peers.set(node, (peer = { wanted: -1, acked: -1, epoch: -1, retryAt: 0 }));
    return peer;
  }
}
