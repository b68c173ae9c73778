/**
 * The clock a node begins with: the one it saved, never behind what its log shows; and where it cannot be read, one that
 * is certainly ahead of it.
 *
 * A damaged clock is no reason to begin again at zero: what the node stamped is in its log and its trace, up to the last
 * of it that was kept, and what it may have given out beyond that is skipped (P1).
 *
 * Where the configured store has none because another one was configured before, that one's is taken over: the node's own
 * count would begin anew otherwise, and each counter be given out a second time (P1).
 *
 * A clock that is in no store is another matter: nobody knows of a damage, and a lab takes clocks away on purpose.
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

/** Where clocks of the node may lie. */
export interface ClockPlaces {
  /** The configured store. */
  readonly store: VectorClockStore;
  /** The durable one that was configured in a life before; null where there is nothing in it. */
  readonly former: VectorClockStore | null;
  /** Into the configured store, durable on return. */
  readonly keep: (clock: VectorClock) => void | Promise<void>;
  /** Clocks of the log and of the trace. */
  readonly known: () => readonly VectorClock[];
}

/** Throws VectorClockStoreError. */
export async function clockAtStart(
  node: NodeId,
  recovery: RecoveryMode,
  { store, former, keep, known }: ClockPlaces,
): Promise<ClockAtStart> {
  const own = await look(store, node, recovery);
  const left: Found = former === null ? { clock: null } : await look(former, node, recovery);
  const found = [own.clock, left.clock].filter((clock) => clock !== null);
  const problems = [own.problem, left.problem].filter((problem) => problem !== undefined);
  if (problems.length > 0) {
    const clock = raised({ [node]: 0, ...[...found, ...known()].reduce(merge, {}) }, node);
    await keep(clock);
    await former?.delete(node);
    const line = `The vector clock was damaged (${problems.join(" ")}) The node goes on from the clock of its log with its own counter raised to ${clock[node]}.`;
    return { clock, lines: [line] };
  }
  if (left.clock !== null) {
    const clock = [...found, ...known()].reduce(merge);
    await keep(clock);
    // Not before the new store certainly has it; one that comes back after a power cut is taken over once more.
    await former?.delete(node);
    const line = `The vector clock lay in another store: it was taken over from there, with the node's own counter at ${clock[node] ?? 0}.`;
    return { clock, lines: [line] };
  }
  return own.clock === null ? { clock: null, lines: [] } : notBehind(node, own.clock, known());
}

interface Found {
  readonly clock: VectorClock | null;
  readonly problem?: string;
}

async function look(store: VectorClockStore, node: NodeId, recovery: RecoveryMode): Promise<Found> {
  try {
    return { clock: await store.load(node) };
  } catch (error) {
    const isCorrupt = error instanceof VectorClockStoreError && error.kind === "corrupt";
    if (!isCorrupt || recovery === "strict") throw error;
    return { clock: null, problem: error.message };
  }
}

/** A store that was not the node's own for a while gives back an old clock, and the log shows that it is one. */
function notBehind(node: NodeId, saved: VectorClock, known: readonly VectorClock[]): ClockAtStart {
  const clock = known.reduce(merge, saved);
  if (clock === saved) return { clock, lines: [] };
  const line = `The vector clock was older than the log: the node goes on from the newest of both, with its own counter at ${clock[node] ?? 0}.`;
  return { clock, lines: [line] };
}
