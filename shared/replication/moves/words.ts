/** The word that this node has brought all it holds to a mover, or to those who take over: given until it is heard. */
import type { NodeId, TimeMs } from "../../ids.ts";
import { isInReach } from "../reach.ts";
import type { ReplicationEffects } from "../types.ts";
import type { MovesOptions } from "./options.ts";
import { nameOf } from "./placements.ts";
import { internal } from "./progress.ts";
import { isCollecting } from "./records.ts";

interface Word {
  /** Of the mover's record. */
  readonly version: number;
  /** The nodes that counted when this one looked through its keys. */
  readonly ring: string;
  /** Infinity once it has been heard. */
  retryAt: TimeMs;
}

export class Words {
  readonly #options: MovesOptions;
  /** By mover. */
  readonly #words = new Map<NodeId, Word>();

  constructor(options: MovesOptions) {
    this.#options = options;
  }

  /** When the next is to be given again; Infinity when all are heard. */
  get deadline(): TimeMs {
    let earliest = Infinity;
    if (this.#words.size === 0) return earliest;
    for (const { retryAt } of this.#words.values()) earliest = Math.min(earliest, retryAt);
    return earliest;
  }

  /** `mover` is back, or speaks up after a life that nobody saw end: it may have forgotten what it heard. */
  repeat(mover: NodeId): void {
    const { records } = this.#options;
    for (const [about, word] of this.#words) if (records.get(about)?.by === mover) word.retryAt = 0;
  }

  heard(about: NodeId, version: number, ring: string): void {
    const word = this.#words.get(about);
    if (word?.version === version && word.ring === ring) word.retryAt = Infinity;
  }

  /** Tells each mover, until it has heard. */
  tick(fx: ReplicationEffects): void {
    const { records, handover, placements, view, node, config } = this.#options;
    for (const about of this.#words.keys()) {
      const record = records.get(about);
      if (!record || !isCollecting(record) || record.by === node) this.#words.delete(about);
    }
    const collecting = records.unfinished.filter((record) => isCollecting(record) && record.by !== node);
    if (collecting.length === 0) return;
    const ring = nameOf(placements.ring.nodes);
    for (const record of collecting) {
      const { node: about, version, by } = record;
      if (!handover.isDone(record)) {
        this.#words.delete(about);
        continue;
      }
      let word = this.#words.get(about);
      if (word?.version !== version || word.ring !== ring)
        this.#words.set(about, (word = { version, ring, retryAt: 0 }));
      if (word.retryAt > fx.now) continue;
      const canHear = isInReach(view, node, by);
      word.retryAt = canHear ? fx.now + config.requestTimeout : Infinity;
      if (!canHear) continue;
      const message = {
        kind: "HANDOVER_DONE",
        about,
        version,
        ring,
        epoch: records.epoch,
        records: records.all,
      } as const;
      fx.send(by, message, internal);
    }
  }
}
