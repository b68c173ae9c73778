/**
 * How a node gets its place in the ring, and gives it up, while reads and writes go on.
 *
 * A node that joins first announces it (`joining`): from then on it gets the writes of its keys-to-be, and each owner
 * of them brings what it holds and says when it is done. When enough of them are, reads may count the newcomer
 * (`entering`), and when enough have heard that, nobody needs the owner it relieved any more (`serving`). Leaving is the
 * same in a mirror: those who take over get the writes and the rest (`leaving`), then count (`exiting`), and the node
 * is gone when enough have heard (`left`). What "enough" is stands in ./needs, why every read then meets every
 * acknowledged write in ./placements, who tells whom in ./spread.
 *
 * - A node taken out by an operator, or gone without goodbye to its records, cannot carry this out itself: another does.
 * - A node that finds records of itself newer than its own has lost its disk, or was put back to an old one. It keeps
 *   its place, or others would count there with nothing; but until its fellow owners have refilled it, it answers no
 *   reads (`rebuilding`): what it held cannot be told from what it lost.
 * - A node that was out for longer than tombstones live comes back as one that holds nothing: see ./set-aside.
 * - Where nobody counts yet, all begin to serve together once they know the same of each other; a node that has no one
 *   to look for serves at once, and one that finds nobody serves alone after a while: it cannot tell a wrong address
 *   from a cluster that it is cut off from, and must not refuse service for ever.
 * - So clusters may come to be side by side, and meet. A node that holds no data when it does gives up its place and
 *   joins: no acknowledged write is missed without it, as one might be where it went on to count. Two that
 *   both hold data become one at once; what either had is brought to its owners by anti-entropy.
 * - One move at a time: a move waits, before others count it differently, for each in reach that is ahead of it: those
 *   already entering or exiting, then by name. The word that an owner is done carries its records, so two moves that
 *   share an owner meet there. Only when both have all their words before either has heard of the other do they go on
 *   together; each still sees to its own, and what a read might miss then is what anti-entropy mends.
 *
 * Progress survives any kill: records are durable before they are told, an owner that restarts looks through its keys
 * again, and one that is done says so again to a mover that comes back.
 */
import type { NodeId, TimeMs } from "../../ids.ts";
import type { ReplicationMessage, TopologyMessage } from "../messages.ts";
import { isInReach } from "../reach.ts";
import type { ReplicationEffects, ReplicationPart } from "../types.ts";
import { Driver, type DriverOptions } from "./driver.ts";
import type { MovesOptions } from "./options.ts";
import { internal, type TopologyView } from "./progress.ts";
import { isCounted, isUnfinished, type Phase, type TopologyRecord } from "./records.ts";
import { aboutTopology, Spread } from "./spread.ts";
import { Words } from "./words.ts";

/** How long a node looks for others before it serves alone. */
const searchTime: TimeMs = 30_000;

export class Moves implements ReplicationPart {
  readonly kinds = ["TOPOLOGY", "TOPOLOGY_ACK", "HANDOVER_DONE", "HANDOVER_DONE_ACK"] as const;
  readonly #options: MovesOptions;
  readonly #spread: Spread;
  readonly #driver: Driver;
  readonly #words: Words;
  /** Nodes that are gone and whose records nobody cares for: when somebody is to. */
  readonly #orphans = new Map<NodeId, TimeMs>();
  #isAlone: boolean;
  /** When the search for others is over, should nobody be found by then. */
  #aloneAt: TimeMs = Infinity;
  #isLeaving = false;
  /** Began this life by what is on its disk, and nobody has said yet that it is the latest. */
  #isUnconfirmed = false;
  /** Grows with all that brings a move nearer to its end. */
  progress = 0;

  constructor(options: MovesOptions) {
    this.#options = options;
    this.#isAlone = options.isAlone;
    const { records, config, audience } = options;
    const spread = new Spread({ records, retryAfter: config.requestTimeout, audience });
    this.#spread = spread;
    const raise: DriverOptions["raise"] = (fx, phase, about) => this.#raise(fx, phase, options.node, about);
    this.#driver = new Driver({ ...options, spread, raise });
    this.#words = new Words(options);
  }

  get deadline(): TimeMs | null {
    let earliest = Math.min(
      this.#aloneAt,
      this.#spread.deadline,
      this.#driver.deadline,
      this.#words.deadline,
      this.#options.aside.deadline,
    );
    if (this.#orphans.size > 0) earliest = Math.min(earliest, ...this.#orphans.values());
    return earliest === Infinity ? null : earliest;
  }

  /** What everybody's part in the ring is, as far as this node knows, and how far the moves are that it carries out. */
  get topology(): TopologyView {
    const { records } = this.#options;
    return { epoch: records.epoch, nodes: records.all, moves: this.#driver.told };
  }

  /** Nobody known is on the move, and whoever is in reach knows what this node had to tell. */
  get isSettled(): boolean {
    const { records, audience } = this.#options;
    if (!this.#driver.isIdle || !this.#spread.hasToldAll || records.all.some(isUnfinished)) return false;
    return audience().every((node) => records.get(node) !== undefined);
  }

  /** A leave has come to its end, or there is nobody to leave anything to. */
  get isOut(): boolean {
    if (this.#own?.phase === "left") return !this.#driver.has(this.#options.node);
    return this.#successors().length === 0;
  }

  /**
   * Whether a read asked at `epoch` may be answered with what is here. Not by one that collects what it should hold; nor
   * by one that knows of nobody and is asked by somebody who knows more: it may have held a place and forgotten it.
   */
  mayAnswer(epoch: number): boolean {
    const { records } = this.#options;
    const phase = this.#own?.phase;
    if (phase === undefined || phase === "joining" || phase === "rebuilding" || phase === "left")
      return false;
    return records.all.length > 1 || epoch <= records.epoch;
  }

  /** The first step of a life. */
  begin(fx: ReplicationEffects): void {
    const own = this.#own;
    const { hasServed, hasLost, lastKept } = this.#options;
    const mayServe = this.#isAlone || (hasServed && !hasLost);
    if (!this.#isAlone) this.#aloneAt = fx.now + searchTime;
    if (hasLost) fx.record({ kind: "rebuild-begun" });
    if (hasLost && own !== undefined) this.#raise(fx, isCounted(own) ? "rebuilding" : "joining");
    else if (own === undefined) this.#raise(fx, mayServe ? "serving" : "joining");
    else if (own.phase === "leaving") this.#raise(fx, own.by === own.node ? "serving" : "rebuilding");
    else if (own.phase === "exiting" || own.phase === "left") this.#comeBack(fx, lastKept);
    else this.#isUnconfirmed = own.phase === "serving";
    if (own !== undefined && isCounted(own)) this.#options.aside.drop(fx);
    this.tick(fx);
  }

  /** It was out. After longer than tombstones live, deletions may have been forgotten meanwhile (P2). */
  #comeBack(fx: ReplicationEffects, since: TimeMs | null): void {
    const { config, aside } = this.#options;
    if (config.tombstones && since !== null && fx.now - since > config.tombstoneLifetime) aside.take(fx);
    this.#raise(fx, "joining");
  }

  /** The one it was to look for is itself. */
  metItself(fx: ReplicationEffects): void {
    this.#isAlone = true;
    this.tick(fx);
  }

  /** `node` is in reach now and was not before. */
  met(node: NodeId): void {
    this.#spread.met(node);
    this.#words.repeat(node);
  }

  /** `from` knows more than this node: told so, it answers with what it knows. */
  behind(from: NodeId): void {
    this.#spread.ask(from);
  }

  /** This node lives by an older disk than it once had. */
  forgot(fx: ReplicationEffects): void {
    if (this.#own !== undefined && isCounted(this.#own)) this.#raise(fx, "rebuilding");
  }

  leave(fx: ReplicationEffects): void {
    const own = this.#own;
    this.#isLeaving = true;
    if (own === undefined || this.#successors().length === 0) return;
    if (!isCounted(own)) this.#raise(fx, "left");
    else if (own.phase === "rebuilding") this.#raise(fx, "leaving", this.#successors()[0]);
    else if (own.phase !== "leaving") this.#raise(fx, "leaving");
    this.tick(fx);
  }

  /** An operator says that `node` will not return. All may have been told: the first begins, and is watched over. */
  evict(fx: ReplicationEffects, node: NodeId): void {
    const record = this.#options.records.get(node);
    if (node === this.#options.node || record === undefined) return;
    if (this.#isFirst && record.by === record.node) this.#adopt(fx, record);
    this.tick(fx);
  }

  receive(fx: ReplicationEffects, from: NodeId, message: ReplicationMessage): void {
    const { records } = this.#options;
    const { epoch } = message as TopologyMessage;
    switch (message.kind) {
      case "TOPOLOGY":
        this.#learn(fx, message.records);
        this.#spread.heard(from, epoch);
        this.#words.repeat(from);
        fx.send(from, { kind: "TOPOLOGY_ACK", of: epoch, epoch: records.epoch }, aboutTopology);
        break;
      case "TOPOLOGY_ACK":
        this.#spread.acknowledged(from, message.of, epoch);
        if (epoch <= records.epoch) this.#confirmLife(fx);
        break;
      case "HANDOVER_DONE": {
        this.#learn(fx, message.records);
        const { about, version, ring } = message;
        if (this.#driver.agree(fx, from, about, version, ring)) this.progress += 1;
        fx.send(from, { kind: "HANDOVER_DONE_ACK", about, version, ring, epoch: records.epoch }, internal);
        this.#spread.spoke(from, epoch);
        break;
      }
      case "HANDOVER_DONE_ACK":
        this.#words.heard(message.about, message.version, message.ring);
        this.#spread.spoke(from, epoch);
        break;
      default:
        return;
    }
    this.tick(fx);
  }

  tick(fx: ReplicationEffects): void {
    const { records } = this.#options;
    if (fx.now >= this.#aloneAt) {
      this.#isAlone = true;
      this.#aloneAt = Infinity;
    }
    this.#adoptOrphans(fx);
    for (let before = -1; before !== records.revision;) {
      before = records.revision;
      this.#found(fx);
      this.#driver.tick(fx);
    }
    this.#spread.tick(fx);
    this.#words.tick(fx);
    this.#options.aside.tick(fx);
  }

  get #own(): TopologyRecord | undefined {
    return this.#options.records.get(this.#options.node);
  }

  /** Those in reach who could take over from this node. */
  #successors(): NodeId[] {
    const { records, audience } = this.#options;
    return audience().filter((node) => {
      const record = records.get(node);
      return record !== undefined && isCounted(record) && record.phase !== "rebuilding";
    });
  }

  /** Of those in reach who serve, by name: who does what anybody could, and one is to. */
  get #isFirst(): boolean {
    const { node, records, audience } = this.#options;
    const serving = [node, ...audience()].filter((each) => records.get(each)?.phase === "serving");
    return serving.sort()[0] === node;
  }

  #raise(fx: ReplicationEffects, phase: Phase, by = this.#options.node, node = this.#options.node): void {
    const { records, address } = this.#options;
    const known = records.get(node);
    const version = (known?.version ?? 0) + 1;
    const isOwn = node === this.#options.node;
    records.learn({ node, address: isOwn ? address : (known?.address ?? ""), phase, version, by });
    this.#changed(fx);
    if (isOwn && isCounted(this.#own!)) this.#options.aside.drop(fx);
    this.#spread.tellAll();
  }

  #changed(fx: ReplicationEffects): void {
    this.progress += 1;
    fx.record({ kind: "topology", records: this.#options.records.all });
    this.#driver.ringChanged();
  }

  /** What another knows. Of this node's own record nobody else knows better, unless this one has forgotten. */
  #learn(fx: ReplicationEffects, heard: readonly TopologyRecord[]): void {
    const { records } = this.#options;
    const before = this.#own!;
    const wasKnown = new Set(records.all.map(({ node }) => node));
    const news = (Array.isArray(heard) ? heard : []).filter((record) => records.learn(record));
    if (news.length === 0) return;
    this.#changed(fx);
    const own = this.#own!;
    if (own !== before) {
      if (this.#isLeaving) return;
      fx.rare.reached("a record of this node's own that it did not know");
      if (isCounted(own)) this.#raise(fx, "rebuilding");
      else this.#comeBack(fx, this.#isUnconfirmed ? this.#options.lastKept : fx.now);
      return;
    }
    const isCluster = news.some((record) => isCounted(record) && !wasKnown.has(record.node));
    if (isCluster && this.#hasNothingToShow) this.#raise(fx, "joining");
  }

  get #hasNothingToShow(): boolean {
    return this.#own!.phase === "serving" && this.#options.store.all.size === 0;
  }

  /**
   * Somebody knows this node's record as it is on its disk. Each life leaves a version behind that only later disks
   * have: one that is put back is told of a higher one.
   */
  #confirmLife(fx: ReplicationEffects): void {
    if (!this.#isUnconfirmed) return;
    this.#isUnconfirmed = false;
    if (this.#own?.phase === "serving") this.#raise(fx, "serving");
  }

  /** Nobody counts yet, and all in reach know the same of each other. */
  #found(fx: ReplicationEffects): void {
    const { records, audience } = this.#options;
    const own = this.#own;
    if (own?.phase !== "joining" || this.#isLeaving || records.all.some(isCounted)) return;
    const others = audience();
    const isKnown = others.every((node) => {
      return records.get(node)?.phase === "joining" && this.#spread.agrees(node);
    });
    if (!isKnown || (others.length === 0 && !this.#isAlone)) return;
    this.#options.aside.bringBack(fx);
    this.#raise(fx, "serving");
  }

  /** Who left or is gone for good without a word to its record is taken out by the first who serves. */
  #adoptOrphans(fx: ReplicationEffects): void {
    const { records, view, node, config } = this.#options;
    for (const record of records.all) {
      const { node: about, by, phase } = record;
      const isGone = phase !== "left" && about !== node && view.status(about) === "left";
      const isCaredFor = by !== about && isInReach(view, node, by);
      if (!isGone || isCaredFor) {
        this.#orphans.delete(about);
        continue;
      }
      const since = this.#orphans.get(about);
      if (since !== undefined && since > fx.now) continue;
      this.#orphans.set(about, fx.now + config.requestTimeout);
      if (since !== undefined && this.#isFirst) this.#adopt(fx, record);
    }
  }

  #adopt(fx: ReplicationEffects, record: TopologyRecord): void {
    if (record.phase === "left") return;
    const phase = record.phase === "exiting" ? "exiting" : isCounted(record) ? "leaving" : "left";
    this.#raise(fx, phase, this.#options.node, record.node);
  }
}
