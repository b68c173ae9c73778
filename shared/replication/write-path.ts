/**
 * The writing side of a coordinator: one version made here, then a copy for each owner.
 *
 * The coordinator merges the write into its own copy, gives it the dot of that very event, and sends the whole state of
 * the key, so that an owner which missed earlier writes has them with this one and no state ever has holes.
 *
 * A write is answered when W owners, and every pending owner in reach, have it on disk. It is over when nobody is left
 * out: each owner has acknowledged it, or somebody keeps a hint for that owner. An owner gets a hint when it is out of
 * reach at the start, fails on the way, or has said nothing when the time is over; a stand-in that fails is replaced,
 * and when there is none the coordinator keeps the hint itself. So an owner that was away gets every write of its
 * absence back without being asked for it, unless a disk is lost in between; anti-entropy mends that.
 *
 * When the ring moves before the answer has left, the write is placed anew: what the old owners have acknowledged counts
 * only where they still are owners, and those who are new get their copy (P11).
 *
 * Source: DeCandia et al. 2007, "Dynamo", §4.5 and 4.6.
 */
import type { KeyState } from "../clock/dotted.ts";
import type { NodeId, TimeMs } from "../ids.ts";
import { sizeOf, stateBytesMax } from "./batch.ts";
import type { CoordinatorOptions } from "./coordinator.ts";
import type { ReplicationMessage } from "./messages.ts";
import {
  answer,
  nextSession,
  refused,
  sessionTooLarge,
  success,
  timedOut,
  tooFewReached,
} from "./outcomes.ts";
import {
  answered,
  hasQuorum,
  isHopeless,
  type Opening,
  openPending,
  type Pending,
  PendingList,
  succeeded,
} from "./pending.ts";
import { contextNodesMax, refusal } from "./quorum.ts";
import { outOfReach, standInsLeft } from "./reach.ts";
import type { ClientRequest, OperationError, ReplicationEffects } from "./types.ts";
import { writeVersion } from "./writing.ts";

export class WritePath {
  readonly #at: CoordinatorOptions;
  readonly #writes = new PendingList<Pending>();

  constructor(options: CoordinatorOptions) {
    this.#at = options;
  }

  get deadline(): TimeMs | null {
    return this.#writes.deadline;
  }

  get isIdle(): boolean {
    return this.#writes.isEmpty;
  }

  begin(fx: ReplicationEffects, opening: Opening): void {
    const { node, view, config } = this.#at;
    const { request, quorum, placement } = opening;
    const failed = outOfReach(view, node, placement);
    const write = openPending(opening, quorum.w, failed, fx.now + config.requestTimeout);
    if (this.#isHopelessFromTheStart(write)) {
      fx.rare.reached("a request refused for want of owners");
      answer(fx, write, refused(write));
      return;
    }
    const written = writeVersion(fx, this.#at.store, node, request);
    if ("error" in written) {
      answer(fx, write, { ok: false, error: { ...written.error, replicas: placement.owners } });
      return;
    }
    write.state = written.state;
    const problem = written.repeated ? null : problemOfSize(write.state);
    if (problem !== null) {
      answer(fx, write, { ok: false, error: { ...problem, replicas: placement.owners } });
      return;
    }
    if (nextSession(write, write.state) === null) {
      const error = refusal("session_too_large", sessionTooLarge, placement.owners);
      answer(fx, write, { ok: false, error });
      return;
    }
    if (written.repeated) write.repeated = true;
    else this.#store(fx, write);
    this.#writes.add(write);
    this.#broadcast(fx, write);
    for (const owner of failed) this.#hint(fx, write, owner);
    this.#acknowledgedBy(fx, write, node);
  }

  /** `from` has made the copy durable; as a hint, when it stands in for an owner. */
  acknowledged(
    fx: ReplicationEffects,
    from: NodeId,
    { request, hintFor }: Extract<ReplicationMessage, { kind: "REPLICATE_ACK" }>,
  ): void {
    const write = this.#writes.get(request);
    if (!write) return fx.rare.reached("a late acknowledgement");
    if (hintFor === undefined) return this.#acknowledgedBy(fx, write, from);
    const standIn = write.standIns.find(({ owner, node }) => owner === hintFor && node === from);
    if (!standIn || standIn.status === "answered") return;
    standIn.status = "answered";
    this.#settle(fx, write);
  }

  /** There is no use in waiting for `peer`; should it answer nevertheless, that counts. */
  unreachable(fx: ReplicationEffects, peer: NodeId): void {
    for (const write of this.#writes.all()) {
      const standIn = write.standIns.find(({ node, status }) => node === peer && status === "asked");
      const isMissing = this.#missing(write).includes(peer) && !write.failed.includes(peer);
      if (!standIn && !isMissing) continue;
      if (standIn) {
        fx.rare.reached("a stand-in failed");
        standIn.status = "failed";
        this.#hint(fx, write, standIn.owner);
      }
      if (isMissing) {
        write.failed.push(peer);
        this.#hint(fx, write, peer);
      }
      this.#settle(fx, write);
    }
  }

  /** The ring has moved: writes whose clients wait are placed anew. */
  placementChanged(fx: ReplicationEffects): void {
    const { node, view } = this.#at;
    for (const write of this.#writes.all()) {
      if (write.replied) continue;
      const placement = view.placement(write.request.key, write.quorum.n);
      if (placement.epoch <= write.placement.epoch) continue;
      fx.rare.reached("a write placed anew");
      const holders = [...write.successful, ...write.beyond];
      write.placement = placement;
      write.successful = placement.owners.filter((owner) => holders.includes(owner));
      write.beyond = holders.filter((holder) => !placement.owners.includes(holder));
      write.failed = outOfReach(view, node, placement).filter((owner) => !holders.includes(owner));
      this.#broadcast(fx, write);
      for (const owner of write.failed) if (!this.#isHinted(write, owner)) this.#hint(fx, write, owner);
      this.#acknowledgedBy(fx, write, node);
    }
  }

  tick(fx: ReplicationEffects): void {
    for (const write of this.#writes.takeDue(fx)) {
      if (!write.replied) {
        fx.rare.reached("a request timed out");
        const count = Math.min(answered(write), write.needed);
        const needed = write.needed + waitedBeyond(write);
        const waited = this.#at.config.requestTimeout;
        answer(fx, write, timedOut(write, count, needed, "durable copies (w)", waited));
      }
      this.#hintTheSilent(fx, write);
      if (!this.#at.config.hints || this.#isOver(write)) continue;
      write.deadline = fx.now + this.#at.config.requestTimeout;
      this.#writes.add(write);
    }
  }

  #isHopelessFromTheStart(write: Pending): boolean {
    const { node, view, config } = this.#at;
    const { isSloppy, failed, needed } = write;
    if (failed.length === 0 || !isSloppy || !config.hints) return isHopeless(write);
    return isHopeless(write, needed - standInsLeft(view, node, write).length);
  }

  #store(fx: ReplicationEffects, write: Pending): void {
    const { node, store, operations } = this.#at;
    const { request, about, placement, state } = write;
    const { id, op, key } = request;
    const { owners: replicas, epoch: term } = placement;
    store.replace(fx, key, state, about, { op, origin: node, replicas, term });
    const item = operations.append(id, op, key, valueWritten(request), fx.clock, fx.now);
    write.hash = item.hash;
    fx.logged(item);
  }

  #broadcast(fx: ReplicationEffects, write: Pending): void {
    const message = this.#copy(write);
    for (const to of write.placement.owners) this.#sendCopy(fx, write, to, message);
    for (const to of write.placement.pending) this.#sendCopy(fx, write, to, message);
  }

  #sendCopy(fx: ReplicationEffects, write: Pending, to: NodeId, message: ReplicationMessage): void {
    const { about, failed, successful, beyond } = write;
    if (to === this.#at.node || failed.includes(to) || successful.includes(to) || beyond.includes(to)) return;
    fx.send(to, message, about);
    if (fx.rare.buggify("a copy or a read sent twice")) fx.send(to, message, about);
  }

  #copy({ request, state, placement, quorum: { n } }: Pending) {
    const { id, op, key } = request;
    const { owners: replicas, epoch } = placement;
    return {
      kind: "REPLICATE",
      request: id,
      op,
      key,
      state,
      origin: this.#at.node,
      replicas,
      n,
      epoch,
    } as const;
  }

  #acknowledgedBy(fx: ReplicationEffects, write: Pending, node: NodeId): void {
    if (!succeeded(write, node) && write.placement.pending.includes(node) && !write.beyond.includes(node)) {
      write.beyond = [...write.beyond, node];
      write.failed = write.failed.filter((other) => other !== node);
    }
    this.#settle(fx, write);
  }

  /** Somebody is to keep this write for `owner`. */
  #hint(fx: ReplicationEffects, write: Pending, owner: NodeId): void {
    const { node, view, config } = this.#at;
    if (!config.hints) return;
    const standIn = standInsLeft(view, node, write)[0];
    if (standIn === undefined || standIn === node) {
      this.#keepHint(fx, write, owner, standIn === node);
      return;
    }
    write.standIns = [...write.standIns, { owner, node: standIn, isApart: true, status: "asked" }];
    fx.send(standIn, { ...this.#copy(write), hintFor: owner }, write.about);
  }

  #keepHint(fx: ReplicationEffects, write: Pending, owner: NodeId, isApart: boolean): void {
    const { node, hints } = this.#at;
    hints.keep(fx, owner, write.request.key, write.state, write.about);
    write.standIns = [...write.standIns, { owner, node, isApart, status: "answered" }];
  }

  /** The time is over. A stand-in that was asked and is silent is not waited for again. */
  #hintTheSilent(fx: ReplicationEffects, write: Pending): void {
    if (!this.#at.config.hints) return;
    for (const owner of this.#missing(write)) {
      const standIn = write.standIns.find((each) => each.owner === owner && each.status !== "failed");
      if (!standIn) this.#hint(fx, write, owner);
      else if (standIn.status === "asked") {
        fx.rare.reached("a stand-in was silent");
        standIn.status = "failed";
        this.#keepHint(fx, write, owner, false);
      }
    }
  }

  /** Replies as soon as the outcome is certain; forgets the write when nobody is left to wait for. */
  #settle(fx: ReplicationEffects, write: Pending): void {
    if (!write.replied) {
      if (hasQuorum(write) && waitedBeyond(write) === 0) this.#succeed(fx, write);
      else if (isHopeless(write)) answer(fx, write, tooFewReached(write));
      else return;
    }
    if (this.#isOver(write)) this.#writes.delete(write);
  }

  #succeed(fx: ReplicationEffects, write: Pending): void {
    answer(fx, write, success(write, write.state, this.#at, fx.clock));
  }

  /** Owners and pending owners that have not acknowledged. */
  #missing({ placement, successful, beyond }: Pending): NodeId[] {
    const missing = placement.owners.filter((owner) => !successful.includes(owner));
    for (const node of placement.pending) if (!beyond.includes(node)) missing.push(node);
    return missing;
  }

  #isHinted({ standIns }: Pending, owner: NodeId): boolean {
    return standIns.some((each) => each.owner === owner && each.status !== "failed");
  }

  #isOver(write: Pending): boolean {
    const { placement, successful, beyond, failed, standIns } = write;
    const isCalm = failed.length === 0 && standIns.length === 0;
    if (isCalm && successful.length < placement.owners.length) return false;
    if (isCalm && placement.pending.every((node) => beyond.includes(node))) return true;
    const isCovered = (missing: NodeId) =>
      this.#at.config.hints
        ? standIns.some(({ owner, status }) => owner === missing && status === "answered")
        : failed.includes(missing);
    return this.#missing(write).every(isCovered);
  }
}

/** Pending owners in reach whose acknowledgement is still out. */
function waitedBeyond({ placement, beyond, failed }: Pending): number {
  let count = 0;
  for (const node of placement.pending) if (!beyond.includes(node) && !failed.includes(node)) count += 1;
  return count;
}

/** Null for a state that can be kept and sent. A version alone always can, but for a context made up by its client. */
function problemOfSize(state: KeyState): OperationError | null {
  const { context, versions } = state;
  if (Object.keys(context).length > contextNodesMax) {
    const message =
      "The context names nodes that never wrote this key, more than it can remember; read the key and send back the context you get.";
    return refusal("bad_context", message);
  }
  if (versions.length === 1 || sizeOf(state) <= stateBytesMax) return null;
  const message = `The key has ${versions.length - 1} concurrent versions, as much as can be kept together: read it and write with the context you get, which takes their place.`;
  return refusal("too_large", message);
}

const valueWritten = ({ op, value }: ClientRequest) => (op === "delete" ? null : (value ?? ""));
