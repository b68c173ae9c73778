/**
 * Belief against truth: the two ways in which a node's clock can be shown to be wrong.
 *
 * A clock may skip ahead (a restored one does, to be safe) and may lag behind what happened elsewhere; neither is wrong.
 * Wrong is a stamp used twice, and a stamp that does not cover a direct cause: both make clocks order events as they did
 * not happen.
 *
 * A node leaves entries of nodes that left for good out of its stamps and says so ("pruned"). Such a stamp, held against
 * an older one entry by entry, looks as if it had forgotten its own past (P4); so these entries are not asked for.
 */
import type { VectorClock } from "../clock/vector-clock.ts";
import type { NodeId } from "../ids.ts";
import type { RecordedEvent } from "./event.ts";
import { texts } from "./detail.ts";
import { programOrder } from "./history.ts";

/** Where a node's belief (its clock) breaks with the truth. `sentence` is for people. */
export type Mismatch =
  /** The own counter had been used before: two events share one stamp (P1). */
  | {
      readonly kind: "reused";
      readonly counter: number;
      readonly highest: number;
      readonly sentence: string;
    }
  /** The clock does not cover the clock of a direct cause: the node forgot what it had seen. */
  | {
      readonly kind: "behind";
      readonly cause: number;
      readonly about: NodeId;
      readonly has: number;
      readonly needs: number;
      readonly sentence: string;
    };

/** From this event on the stamps of its node lack entries. */
export const isCut = ({ type, name, detail }: RecordedEvent) =>
  type === "local" && name === "pruned" && texts(detail?.["keys"]).length === 0;

/** What the stamp of `event` has to cover of `clock`, after the `cuts` of its lane. */
export function withoutPruned(
  clock: VectorClock,
  event: RecordedEvent,
  cuts: readonly RecordedEvent[],
): VectorClock {
  const before = cuts.filter((cut) => programOrder(cut, event) <= 0);
  const pruned = new Set(before.flatMap(({ detail }) => texts(detail?.["nodes"])));
  return Object.fromEntries(Object.entries(clock).filter(([node]) => !pruned.has(node)));
}

export function reused(event: RecordedEvent, counter: number, highest: number): Mismatch {
  const sentence = `${event.node} stamped this event ${counter}, but it had already used its stamps up to ${highest}: its clock ran backwards, so two different events carry the same time.`;
  return { kind: "reused", counter, highest, sentence };
}

export function behind(
  event: RecordedEvent,
  clock: VectorClock,
  cause: RecordedEvent,
  causeClock: VectorClock,
): Mismatch {
  const about = Object.keys(causeClock).find((node) => causeClock[node]! > (clock[node] ?? 0)) as NodeId;
  const [has, needs] = [clock[about] ?? 0, causeClock[about]!];
  const known =
    cause.node === event.node ? "one event earlier it knew" : `the message from ${cause.node} told it of`;
  const sentence = `${event.node}'s clock says ${has} for ${about}, but ${known} ${needs}: its clock has forgotten a cause of this event.`;
  return { kind: "behind", cause: cause.id, about, has, needs, sentence };
}
