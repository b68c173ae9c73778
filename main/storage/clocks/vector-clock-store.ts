/**
 * Where a node keeps its vector clock, so that logical time goes on after a restart.
 *
 * A node that forgets its clock starts again from what others tell it and gives out timestamps a second time: a new
 * write then looks older than one it follows and is silently dropped (P1). So the clock is saved after every
 * increment and every merge, before anything that carries it leaves the node.
 *
 * Guarantees of every store: `load` returns exactly the last clock whose `save` returned, or null when there is none;
 * a clock that cannot be trusted is an error, never a value. Every failure is a {@link VectorClockStoreError}.
 * A store of one's own passes when it passes `test/main/storage/clocks/clock-store-contract.ts`; the one in
 * `test/main/storage/clocks/own-store.ts` is made to be copied. `retrying`, `measured`, `logged` and `batched` go around
 * any store, and around each other.
 */
import { isVectorClock, type VectorClock } from "../../../shared/clock/vector-clock.ts";
import { isNodeId, type NodeId } from "../../../shared/ids.ts";

export interface VectorClockStore {
  /** Returns (or resolves) once the clock would be found again by `load`. Replaces what was saved before. */
  save(node: NodeId, clock: VectorClock): void | Promise<void>;
  /** Null when nothing was saved for the node, or it was deleted. */
  load(node: NodeId): VectorClock | null | Promise<VectorClock | null>;
  has(node: NodeId): boolean | Promise<boolean>;
  /** Does nothing when there is nothing to delete. */
  delete(node: NodeId): void | Promise<void>;
  /** Any later call fails with kind "closed". Closing twice does no harm. */
  close(): void | Promise<void>;
}

/**
 * What `load` does about a clock that cannot be trusted, beside the error: "set-aside" moves it under a name that says so,
 * and the next `load` finds none; "leave" changes nothing.
 */
export type OnCorrupt = "set-aside" | "leave";

export type VectorClockStoreErrorKind =
  /** What is stored is no clock; the message says what became of it and how to go on. */
  | "corrupt"
  /** The disk, the directory or the database refused. */
  | "io"
  /** Another process has the place open. */
  | "locked"
  /** The store was closed before. */
  | "closed"
  /** Not a node id, or not a clock: a programmer's error. Nothing was stored. */
  | "invalid";

/** The one error any vector-clock store raises. `message` says what is wrong and what to do. */
export class VectorClockStoreError extends Error {
  readonly kind: VectorClockStoreErrorKind;
  constructor(kind: VectorClockStoreErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "VectorClockStoreError";
    this.kind = kind;
  }
}

/** Throws unless a store may keep this: every store calls it first. */
export function assertStorable(node: NodeId, clock: VectorClock): void {
  assertNode(node);
  if (!isVectorClock(clock)) {
    throw new VectorClockStoreError(
      "invalid",
      `Not a vector clock: ${JSON.stringify(clock)}. It must map node names to positive whole numbers.`,
    );
  }
}

export function assertNode(node: NodeId): void {
  if (isNodeId(node)) return;
  throw new VectorClockStoreError("invalid", `Not a node id: ${JSON.stringify(node)}.`);
}

export const closedError = () =>
  new VectorClockStoreError("closed", "The vector-clock store was closed before; open it again to use it.");
