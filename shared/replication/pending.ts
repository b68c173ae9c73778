/**
 * The account of one operation on its way: who was asked, who has answered, who failed, who stands in for whom, and
 * what follows from that.
 *
 * Only owners count towards a quorum. A stand-in's copy is a promise to deliver, not a copy where a reader looks, so
 * under a strict quorum it never counts (P10); an operation that is sloppy has asked for just that, and counts it in
 * place of the one owner it stands for. Pending owners of a moving ring come on top: they make no quorum smaller (P11).
 */
import { absentKey, type KeyState } from "../clock/dotted.ts";
import type { NodeId, RequestId, TimeMs } from "../ids.ts";
import type { About, ClientRequest, Placement, Quorum, ReplicationEffects } from "./types.ts";

interface StandIn {
  /** Who could not be reached. */
  readonly owner: NodeId;
  readonly node: NodeId;
  /** False when the coordinator keeps the hint for want of another node: it has its own copy, and one is not two. */
  readonly isApart: boolean;
  status: "asked" | "answered" | "failed";
}

/** What an operation is begun with. */
export interface Opening {
  readonly request: ClientRequest;
  readonly about: About;
  readonly quorum: Quorum;
  readonly placement: Placement;
  readonly isSloppy: boolean;
  /** The first node of a forwarded request; null when the client spoke to this one. */
  readonly replyTo: NodeId | null;
}

/** One operation coordinated here, until all it asked have answered, failed, or have somebody stand in for them. */
export interface Pending extends Opening {
  /** Replaced when the ring moves on before the answer has left. */
  placement: Placement;
  /** R or W. */
  readonly needed: number;
  deadline: TimeMs;
  /** Owners that have answered. */
  successful: NodeId[];
  /** Owners and pending owners that cannot be reached. */
  failed: NodeId[];
  standIns: readonly StandIn[];
  /** Nodes that have acknowledged a write without being owners: pending ones, and owners that were. */
  beyond: readonly NodeId[];
  /** The client has its answer. */
  replied: boolean;
  /** Of a write: what was stored. Of a read: all that the answers know together. */
  state: KeyState;
  /** The causal hash of the operation, "" until it is logged. */
  hash: string;
  /** Of a write: it had been carried out before under its token. */
  repeated: boolean;
}

/** In calm there are no stand-ins and no pending owners. */
const none: readonly never[] = Object.freeze([]);

export const openPending = (
  opening: Opening,
  needed: number,
  failed: NodeId[],
  deadline: TimeMs,
): Pending => ({
  request: opening.request,
  about: opening.about,
  quorum: opening.quorum,
  isSloppy: opening.isSloppy,
  replyTo: opening.replyTo,
  placement: opening.placement,
  needed,
  deadline,
  successful: [],
  failed,
  standIns: none,
  beyond: none,
  replied: false,
  state: absentKey,
  hash: "",
  repeated: false,
});

/** A stand-in counts in place of an owner until that owner has answered itself. */
const countsFor = ({ isApart, owner }: StandIn, { placement, successful }: Pending) =>
  isApart && placement.owners.includes(owner) && !successful.includes(owner);

/** How many answers count so far. */
export function answered(pending: Pending): number {
  const { successful, isSloppy, standIns, placement } = pending;
  if (!isSloppy || standIns.length === 0) return successful.length;
  return countIn(pending, placement.owners);
}

/** Those whose answers count so far, for the client to see. */
export function answerers(pending: Pending): readonly NodeId[] {
  const { successful, isSloppy, standIns } = pending;
  if (!isSloppy || standIns.length === 0) return [...successful];
  const standing = standIns.filter((each) => each.status === "answered" && countsFor(each, pending));
  return [...successful, ...standing.map(({ node }) => node)];
}

/** W owners have a write; while the ring moves, W of every list of owners that a step of the move makes. */
export function hasQuorum(pending: Pending): boolean {
  const { needed, placement } = pending;
  if (answered(pending) < needed) return false;
  const { others = none } = placement;
  return others.every((list) => countIn(pending, list) >= Math.min(needed, list.length));
}

/** So many owners have failed that the others, and those who may stand in for them, are not `needed`. */
export function isHopeless(pending: Pending, needed = pending.needed): boolean {
  const { owners, others = none } = pending.placement;
  if (possibleIn(pending, owners) < needed) return true;
  if (pending.request.op === "get") return false;
  return others.some((list) => possibleIn(pending, list) < Math.min(needed, list.length));
}

function possibleIn(pending: Pending, list: readonly NodeId[]): number {
  const { failed, isSloppy, standIns } = pending;
  if (failed.length === 0) return list.length;
  let possible = 0;
  for (const node of list) if (!failed.includes(node)) possible += 1;
  if (!isSloppy || standIns.length === 0) return possible;
  const standing = standIns.filter(
    ({ owner, isApart, status }) =>
      isApart && status !== "failed" && list.includes(owner) && failed.includes(owner),
  );
  return possible + standing.length;
}

/** How many of `list` have answered, stand-ins included where the operation is sloppy. */
function countIn(pending: Pending, list: readonly NodeId[]): number {
  const { successful, beyond, isSloppy, standIns } = pending;
  const has = (node: NodeId) => successful.includes(node) || beyond.includes(node);
  const counted = list.filter(has).length;
  if (!isSloppy) return counted;
  const standing = standIns.filter(
    ({ owner, isApart, status }) => isApart && status === "answered" && list.includes(owner) && !has(owner),
  );
  return counted + standing.length;
}

/** `owner` has answered. False when it had before, or is no owner. */
export function succeeded(pending: Pending, owner: NodeId): boolean {
  if (!pending.placement.owners.includes(owner) || pending.successful.includes(owner)) return false;
  pending.successful.push(owner);
  if (pending.failed.includes(owner)) pending.failed = pending.failed.filter((other) => other !== owner);
  return true;
}

/** Operations under way, in the order of their deadlines: all wait equally long. */
export class PendingList<Operation extends Pending> {
  readonly #all = new Map<RequestId, Operation>();
  #deadline: TimeMs | null = null;

  /** No later than the earliest time-out; may be too early. */
  get deadline(): TimeMs | null {
    return this.#deadline;
  }

  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  add(operation: Operation): void {
    this.#all.set(operation.request.id, operation);
    this.#deadline ??= operation.deadline;
  }

  get(id: RequestId): Operation | undefined {
    return this.#all.get(id);
  }

  delete(operation: Operation): void {
    this.#all.delete(operation.request.id);
  }

  all(): Iterable<Operation> {
    return this.#all.values();
  }

  /** Those whose time is over. They are no longer on the list. */
  takeDue(fx: ReplicationEffects): Operation[] {
    const due: Operation[] = [];
    if (this.#deadline === null) return due;
    let isEarly = fx.now < this.#deadline;
    if (isEarly && !fx.rare.buggify("a coordinator gives up early")) return due;
    this.#deadline = null;
    for (const operation of this.#all.values()) {
      if (operation.deadline > fx.now && !isEarly) {
        this.#deadline = operation.deadline;
        break;
      }
      isEarly = false;
      due.push(operation);
      this.delete(operation);
    }
    return due;
  }
}
