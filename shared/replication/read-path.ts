/**
 * The reading side of a coordinator: R owners answer, and what they know together is the answer.
 *
 * With R + W > N every read meets at least one owner that has the latest acknowledged write; merging what the R say
 * (never choosing by time) loses nothing. All owners are asked, so a slow one does not hold a read up.
 *
 * That alone is not linearizable: a read may return a write that is still on its way, and the next read miss it. With
 * blocking read repair the answer leaves only when a majority, and at least W and R owners, hold what it says: whoever
 * reads later meets one of them. This is the write-back of ABD.
 *
 * A causal read is good when what it returns descends from what its client has met; see early-reads for one that is not.
 *
 * Source: DeCandia et al. 2007, "Dynamo", §4.5; Attiya, Bar-Noy, Dolev 1995, "Sharing Memory Robustly in
 * Message-Passing Systems", §3 (ABD).
 */
import type { KeyState } from "../clock/dotted.ts";
import { emptyClock, merge, type VectorClock } from "../clock/vector-clock.ts";
import type { NodeId, TimeMs } from "../ids.ts";
import type { CoordinatorOptions } from "./coordinator.ts";
import { type EarlyRead, EarlyReads } from "./early-reads.ts";
import type { CoordinationMessage } from "./messages.ts";
import { valueRead } from "./operation-log.ts";
import { answer, failure, success, timedOut, tooFewReached } from "./outcomes.ts";
import { answered, isHopeless, type Opening, openPending, PendingList, succeeded } from "./pending.ts";
import { isInReach, standInsLeft } from "./reach.ts";
import { type Answer, repairAnswer } from "./read-repair.ts";
import { sessionAllows } from "./session.ts";
import { isMerged } from "./strategies/behaviours.ts";
import type { Placement, ReplicationEffects } from "./types.ts";

interface PendingRead extends EarlyRead {
  answers: Answer[];
  /** Of blocking read repair: owners that must hold the answer before it leaves; 0 otherwise. */
  readonly holdersNeeded: number;
  /** The answer that is being written back. */
  chosen: KeyState | null;
  /** Writes that other owners have forgotten by agreement. */
  forgotten: VectorClock;
}

export class ReadPath {
  readonly #at: CoordinatorOptions;
  readonly #reads = new PendingList<PendingRead>();
  readonly #early: EarlyReads<PendingRead>;

  constructor(options: CoordinatorOptions) {
    this.#at = options;
    this.#early = new EarlyReads(options.config.requestTimeout);
  }

  get deadline(): TimeMs | null {
    const early = this.#early.deadline;
    const { deadline } = this.#reads;
    return early === null || deadline === null ? (early ?? deadline) : Math.min(early, deadline);
  }

  get isIdle(): boolean {
    return this.#reads.isEmpty;
  }

  begin(fx: ReplicationEffects, opening: Opening): void {
    const { node, view, config } = this.#at;
    const { quorum, placement } = opening;
    const failed = placement.owners.filter((owner) => !this.#canAnswer(placement, owner));
    const { n, r, w } = quorum;
    const read: PendingRead = {
      ...openPending(opening, r, failed, fx.now + config.requestTimeout),
      answers: [],
      holdersNeeded: config.readRepair === "blocking" ? Math.max(r, w, Math.floor(n / 2) + 1) : 0,
      chosen: null,
      forgotten: emptyClock,
      askAt: null,
    };
    const standIns = opening.isSloppy && failed.length > 0 ? standInsLeft(view, node, read).length : 0;
    const atLeast = Math.max(r, read.holdersNeeded);
    if (isHopeless(read, atLeast - standIns)) {
      fx.rare.reached("a request refused for want of owners");
      answer(fx, read, tooFewReached(read, atLeast));
      return;
    }
    this.#reads.add(read);
    this.#ask(fx, read);
    for (const owner of failed) this.#askStandIn(fx, read, owner);
    this.#answerMyself(fx, read);
  }

  answered(
    fx: ReplicationEffects,
    from: NodeId,
    message: Extract<CoordinationMessage, { kind: "READ_REPLY" }>,
  ): void {
    const read = this.#reads.get(message.request);
    if (!read) return fx.rare.reached("a late answer to a read");
    if (message.forgotten) read.forgotten = merge(read.forgotten, message.forgotten);
    if (this.#take(read, from, message.state, message.insteadOf)) this.#settle(fx, read);
  }

  /** `from` holds what was written back. */
  acknowledged(
    fx: ReplicationEffects,
    from: NodeId,
    { request }: Extract<CoordinationMessage, { kind: "REPLICATE_ACK" }>,
  ): void {
    const read = this.#reads.get(request);
    const written = read?.answers.find(({ node }) => node === from);
    if (!read?.chosen || !written) return fx.rare.reached("a late acknowledgement");
    written.state = this.#at.store.merge(read.request.key, written.state, read.chosen);
    this.#settle(fx, read);
  }

  /** There is no use in waiting for `peer`; should it answer nevertheless, that counts. */
  unreachable(fx: ReplicationEffects, peer: NodeId): void {
    for (const read of this.#reads.all()) {
      const { placement, successful, failed } = read;
      const standIn = read.standIns.find(({ node, status }) => node === peer && status === "asked");
      const isOwner = placement.owners.includes(peer) && !failed.includes(peer);
      // One that has answered may still fail to take what is written back.
      const isMissing = isOwner && (!successful.includes(peer) || this.#isBehind(read, peer));
      if (!standIn && !isMissing) continue;
      if (standIn) {
        standIn.status = "failed";
        this.#askStandIn(fx, read, standIn.owner);
      }
      if (isMissing) {
        failed.push(peer);
        if (!successful.includes(peer)) this.#askStandIn(fx, read, peer);
      }
      this.#settle(fx, read);
    }
  }

  /** The ring has moved: reads whose clients wait ask those who own the key now. */
  placementChanged(fx: ReplicationEffects): void {
    const { view } = this.#at;
    for (const read of this.#reads.all()) {
      const placement = view.placement(read.request.key, read.quorum.n);
      if (read.replied || placement.epoch <= read.placement.epoch) continue;
      fx.rare.reached("a read placed anew");
      const answers = new Set(read.answers.map((each) => each.node));
      read.placement = placement;
      read.successful = placement.owners.filter((owner) => answers.has(owner));
      read.failed = placement.owners.filter(
        (owner) => !answers.has(owner) && !this.#canAnswer(placement, owner),
      );
      this.#ask(fx, read);
      this.#answerMyself(fx, read);
    }
  }

  tick(fx: ReplicationEffects): void {
    for (const read of this.#early.due(fx.now)) this.#askAgain(fx, read);
    for (const read of this.#reads.takeDue(fx)) {
      if (!read.replied) this.#giveUp(fx, read);
      this.#finish(fx, read);
    }
  }

  /** One that lost its data and is being refilled takes writes, but what it lacks it must not call absent. */
  #canAnswer({ rebuilding }: Placement, owner: NodeId): boolean {
    return isInReach(this.#at.view, this.#at.node, owner) && !rebuilding?.includes(owner);
  }

  #ask(fx: ReplicationEffects, read: PendingRead): void {
    const { request, about, placement, quorum, failed, successful } = read;
    const { id, key } = request;
    const { owners: replicas, epoch } = placement;
    const message = { kind: "READ", request: id, key, replicas, n: quorum.n, epoch } as const;
    for (const owner of replicas) {
      if (owner === this.#at.node || failed.includes(owner)) continue;
      if (successful.includes(owner) && read.askAt === null) continue;
      fx.send(owner, message, about);
      if (fx.rare.buggify("a copy or a read sent twice")) fx.send(owner, message, about);
    }
  }

  #askStandIn(fx: ReplicationEffects, read: PendingRead, owner: NodeId): void {
    const { node, view, store, hints } = this.#at;
    const { request, about, placement, isSloppy } = read;
    const standIn = isSloppy ? standInsLeft(view, node, read)[0] : undefined;
    if (standIn === undefined) return;
    read.standIns = [...read.standIns, { owner, node: standIn, isApart: true, status: "asked" }];
    const { id, key } = request;
    if (standIn === node) {
      this.#take(read, node, hints.mergedWith(key, store.get(key)), owner);
      return;
    }
    const { owners: replicas, epoch } = placement;
    const message = { kind: "READ", request: id, key, replicas, n: read.quorum.n, epoch } as const;
    fx.send(standIn, { ...message, insteadOf: owner }, about);
  }

  #answerMyself(fx: ReplicationEffects, read: PendingRead): void {
    const { node, store } = this.#at;
    if (read.placement.owners.includes(node) && !read.failed.includes(node)) {
      this.#take(read, node, store.get(read.request.key));
    }
    this.#settle(fx, read);
  }

  /** False when this answer was there before. */
  #take(read: PendingRead, node: NodeId, state: KeyState, insteadOf?: NodeId): boolean {
    const { store } = this.#at;
    const { key } = read.request;
    const known = read.answers.find((each) => each.node === node);
    if (known && read.askAt === null) return false;
    if (known) known.state = store.merge(key, known.state, state);
    else read.answers.push(insteadOf === undefined ? { node, state } : { node, state, insteadOf });
    read.state = store.merge(key, read.state, state);
    if (insteadOf === undefined) succeeded(read, node);
    else {
      const standIn = read.standIns.find((each) => each.node === node && each.owner === insteadOf);
      if (standIn) standIn.status = "answered";
    }
    return true;
  }

  /** Replies as soon as the outcome is certain; ends the operation when nothing is left to wait for. */
  #settle(fx: ReplicationEffects, read: PendingRead): void {
    if (!read.replied) this.#tryToAnswer(fx, read);
    if (!read.replied || !isOver(read) || !this.#reads.get(read.request.id)) return;
    this.#reads.delete(read);
    this.#finish(fx, read);
  }

  #tryToAnswer(fx: ReplicationEffects, read: PendingRead): void {
    const { store, operations } = this.#at;
    const atLeast = Math.max(read.needed, read.holdersNeeded);
    if (isHopeless(read, atLeast)) {
      this.#early.delete(read);
      answer(fx, read, tooFewReached(read, atLeast));
      return;
    }
    if (answered(read) < read.needed || !this.#isAllowed(fx, read)) return;
    if (read.holdersNeeded > 0 && !this.#isWrittenBack(fx, read)) return;
    const state = read.chosen ?? read.state;
    const { id, op, key } = read.request;
    if (isMerged(store.strategyOf(key))) this.#takeInMyself(fx, read, state);
    const found = valueRead(store.behaviour(key).values(state));
    const item = operations.append(id, op, key, found, fx.clock, fx.now);
    read.hash = item.hash;
    fx.logged(item);
    answer(fx, read, success(read, state, this.#at, fx.clock));
  }

  /** A write that comes with the context of this answer is understood only where all that it covers is known. */
  #takeInMyself(fx: ReplicationEffects, read: PendingRead, state: KeyState): void {
    const own = read.answers.find(({ node, insteadOf }) => node === this.#at.node && insteadOf === undefined);
    if (own) repairAnswer(fx, this.#at, read, own, state);
  }

  /** False: what is known is less than the client has met. It will be asked for again. */
  #isAllowed(fx: ReplicationEffects, read: PendingRead): boolean {
    const { request, state } = read;
    const { key, session } = request;
    const isCausal = request.consistency === "causal" && session !== undefined;
    const forgotten = isCausal ? merge(read.forgotten, this.#at.store.forgotten(key)) : emptyClock;
    if (!isCausal || sessionAllows(session, key, state, forgotten)) {
      this.#early.delete(read);
      return true;
    }
    if (read.askAt === null) {
      fx.rare.reached("a causal read came too early");
      this.#early.wait(read, fx.now);
    }
    return false;
  }

  #askAgain(fx: ReplicationEffects, read: PendingRead): void {
    if (this.#early.isOverFor(read, fx.now)) {
      this.#reads.delete(read);
      this.#giveUp(fx, read);
      this.#finish(fx, read);
      return;
    }
    read.failed = read.failed.filter((owner) => !this.#canAnswer(read.placement, owner));
    this.#ask(fx, read);
    this.#early.wait(read, fx.now);
    this.#answerMyself(fx, read);
  }

  /** True when enough owners hold the answer. Those who have answered with less are sent it, once. */
  #isWrittenBack(fx: ReplicationEffects, read: PendingRead): boolean {
    read.chosen ??= read.state;
    let holders = 0;
    for (const each of read.answers) {
      if (!each.isSent && this.#isBehindChosen(read, each)) {
        fx.rare.reached("a read written back");
        repairAnswer(fx, this.#at, read, each, read.chosen);
      }
      const counts = each.insteadOf !== undefined || read.placement.owners.includes(each.node);
      if (counts && !this.#isBehindChosen(read, each)) holders += 1;
    }
    return holders >= read.holdersNeeded;
  }

  #isBehindChosen({ request, chosen }: PendingRead, { state }: Answer): boolean {
    return chosen !== null && this.#at.store.merge(request.key, state, chosen) !== state;
  }

  #isBehind(read: PendingRead, node: NodeId): boolean {
    return read.answers.some((each) => each.node === node && this.#isBehindChosen(read, each));
  }

  #giveUp(fx: ReplicationEffects, read: PendingRead): void {
    const { requestTimeout } = this.#at.config;
    const { needed, holdersNeeded, chosen, answers } = read;
    if (read.askAt !== null) {
      fx.rare.reached("a causal read given up");
      const message =
        "No replica in reach has what this session has seen: try again, or wait longer (at most the request time-out). Should it last with all replicas up, that was lost, or forgotten long ago: begin a new session.";
      answer(fx, read, failure(read, "not_yet", message));
      return;
    }
    fx.rare.reached("a request timed out");
    const holders = answers.filter((each) => !this.#isBehindChosen(read, each)).length;
    const outcome = chosen
      ? timedOut(read, holders, holdersNeeded, "owners that hold what it found", requestTimeout)
      : timedOut(read, answered(read), needed, "replies (r)", requestTimeout);
    answer(fx, read, outcome);
  }

  /** The client has its answer, and all have been heard: those who knew less get what all know together. */
  #finish(fx: ReplicationEffects, read: PendingRead): void {
    this.#early.delete(read);
    if (this.#at.config.readRepair === "off" || fx.rare.buggify("read repair left out")) return;
    for (const each of read.answers) repairAnswer(fx, this.#at, read, each, read.state);
  }
}

/** All owners have answered or failed. */
function isOver({ placement: { owners }, successful, failed }: PendingRead): boolean {
  if (successful.length === owners.length) return true;
  return failed.length > 0 && owners.every((owner) => successful.includes(owner) || failed.includes(owner));
}
