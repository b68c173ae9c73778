/**
 * The clock a node begins with: the one it saved, never behind what its log shows; and where it cannot be read, one that
 * is certainly ahead of it.
 *
 * A damaged clock is no reason to begin again at zero: what the node stamped is in its log and its trace, up to the last
 * of it that was kept, and what it may have given out beyond that is skipped (P1).
 *
 * A clock that is simply not there is another matter: nobody knows of a damage, and a lab takes clocks away on purpose.
 */
import { merge, type VectorClock } from "../../shared/clock/vector-clock.ts";
import type { RecoveryMode } from "../../shared/contract/storage.ts";
import type { NodeId } from "../../shared/ids.ts";
import { raised } from "../storage/clocks/raised.ts";
import { type VectorClockStore, VectorClockStoreError } from "../storage/clocks/vector-clock-store.ts";

export interface ClockAtStart {
  readonly clock: VectorClock | null;
  readonly lines: readonly string[];
}

/** `known`: clocks of the log and of the trace. Throws VectorClockStoreError. */
export async function clockAtStart(
  node: NodeId,
  store: VectorClockStore,
  recovery: RecoveryMode,
  known: () => readonly VectorClock[],
): Promise<ClockAtStart> {
  try {
    const clock = await store.load(node);
    return clock === null ? { clock, lines: [] } : notBehind(node, clock, known());
  } catch (error) {
    const isCorrupt = error instanceof VectorClockStoreError && error.kind === "corrupt";
    if (!isCorrupt || recovery === "strict") throw error;
    const clock = raised({ [node]: 0, ...known().reduce(merge, {}) }, node);
    await store.save(node, clock);
    const line = `The vector clock was damaged (${error.message}) The node goes on from the clock of its log with its own counter raised to ${clock[node]}.`;
    return { clock, lines: [line] };
  }
}

/** A store that was not the node's own for a while gives back an old clock, and the log shows that it is one. */
function notBehind(node: NodeId, saved: VectorClock, known: readonly VectorClock[]): ClockAtStart {
  const clock = known.reduce(merge, saved);
  if (clock === saved) return { clock, lines: [] };
  const line = `The vector clock was older than the log: the node goes on from the newest of both, with its own counter at ${clock[node] ?? 0}.`;
  return { clock, lines: [line] };
}
