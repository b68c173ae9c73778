/**
 * A clock that is certainly ahead of one that may be old: what a node gave out beyond what it is known to have stamped is
 * less than its own counter is raised by, so that no counter is given out twice (P1; Riak kv679). Numbers are skipped,
 * which harms nobody.
 */
import type { VectorClock } from "../../../shared/clock/vector-clock.ts";
import type { NodeId } from "../../../shared/ids.ts";

/** More than a node gets through between two times that its log, its trace or a snapshot is kept. */
export const skippedNumbers = 1_000_000;

/** Of a node of which nothing is known, an empty one: it hears from its peers how far it had counted. */
export function raised(clock: VectorClock, node: NodeId): VectorClock {
  if (Object.keys(clock).length === 0) return clock;
  return { ...clock, [node]: (clock[node] ?? 0) + skippedNumbers };
}
