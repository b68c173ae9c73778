/**
 * The causal order of reads and writes: program order, and each write before the reads that returned it.
 *
 * Kept as one vector per access: how far into every lane its past reaches. So "is a before b" is one comparison, and
 * the whole costs accesses × lanes numbers instead of a matrix of accesses × accesses.
 *
 * Source: Mattern 1989 (vectors characterise the order exactly); Bouajjani et al. 2017, §3 (co = (po ∪ rf)⁺).
 */
import type { Access, Accesses } from "./accesses.ts";
import type { Limits } from "./types.ts";

/** What one state of a search is taken to cost, so that one limit of memory holds for every checker. */
export const stateBytes = 64;

/** Who comes just before an access. */
function* predecessors(access: Access): Generator<Access> {
  if (access.before) yield access.before;
  yield* access.sources;
}

/** No order: these accesses are in a cycle, or behind one. */
export interface Cyclic {
  readonly cyclic: readonly Access[];
}

export class CausalOrder {
  readonly #past = new Map<Access, Uint32Array>();
  readonly #lanes: number;

  private constructor(lanes: number) {
    this.#lanes = lanes;
  }

  /** The order, or the cycle that stands in its way; null beyond the limits. */
  static of({ all, lanes }: Accesses, limits: Limits): CausalOrder | Cyclic | null {
    if ((all.length * lanes * 4) / stateBytes > limits.states) return null;
    const order = new CausalOrder(lanes);
    const waiting = new Map<Access, number>();
    const followers = new Map<Access, Access[]>();
    for (const access of all) {
      let count = 0;
      for (const earlier of predecessors(access)) {
        const list = followers.get(earlier);
        if (list === undefined) followers.set(earlier, [access]);
        else list.push(access);
        count += 1;
      }
      waiting.set(access, count);
    }
    const ready = all.filter((access) => waiting.get(access) === 0);
    for (const access of ready) {
      if ((order.#past.size & 1023) === 0 && limits.isTimeUp()) return null;
      order.#add(access);
      for (const follower of followers.get(access) ?? []) {
        const count = waiting.get(follower)! - 1;
        waiting.set(follower, count);
        if (count === 0) ready.push(follower);
      }
    }
    return ready.length === all.length ? order : { cyclic: all.filter((access) => !order.#past.has(access)) };
  }

  #add(access: Access): void {
    const past = new Uint32Array(this.#lanes);
    for (const earlier of predecessors(access)) {
      const other = this.#past.get(earlier)!;
      for (let lane = 0; lane < past.length; lane++)
        if (other[lane]! > past[lane]!) past[lane] = other[lane]!;
    }
    past[access.lane] = access.at;
    this.#past.set(access, past);
  }

  /** How far into `lane` the past of `access` reaches, itself included: a position from 1, or 0. */
  reach(access: Access, lane: number): number {
    return this.#past.get(access)![lane]!;
  }

  /** True when `a` is in the causal past of `b` and is not `b`. */
  isBefore(a: Access, b: Access): boolean {
    return a !== b && this.reach(b, a.lane) >= a.at;
  }
}

interface Step {
  readonly from: Access;
  /** The read through which `from` was seen, and the step it belongs to; null for the end of the path. */
  readonly via: Access | null;
  readonly next: Step | null;
}

/**
 * The accesses of a path from `a` to `b` with the fewest changes of lane, both included: each stands before the next
 * in its process, or is the write that the next returned. Null when there is no path, or `a` is `b`.
 */
export function pathBetween(a: Access, b: Access): readonly Access[] | null {
  if (a === b) return null;
  const expanded = new Map<number, number>();
  const queue: Step[] = [{ from: b, via: null, next: null }];
  for (const step of queue) {
    const { lane, at } = step.from;
    if (lane === a.lane && a.at <= at) return pathFrom(a, step);
    const limit = expanded.get(lane) ?? 0;
    let access: Access | null = step.from;
    for (; access !== null && access.lane === lane && access.at > limit; access = access.before) {
      for (const from of access.sources) queue.push({ from, via: access, next: step });
    }
    // The lane of an unknown write hangs on that of its process.
    if (access !== null && access.lane !== lane) queue.push({ from: access, via: null, next: step });
    expanded.set(lane, Math.max(limit, at));
  }
  return null;
}

function pathFrom(a: Access, first: Step): readonly Access[] {
  const path = [a];
  for (let step: Step | null = first; step !== null; step = step.next) {
    for (const access of [step.from, step.via]) {
      if (access !== null && access !== path.at(-1)) path.push(access);
    }
  }
  return path;
}

/** The shortest cycle through these accesses, each before the next and the last before the first; null in none. */
export function shortestCycle(accesses: readonly Access[], limits: Limits): readonly Access[] | null {
  let shortest: readonly Access[] | null = null;
  // Program order alone has no cycle, so every cycle goes from some write to a read that returned it.
  for (const read of accesses) {
    for (const write of read.sources) {
      const path = pathBetween(read, write);
      if (path !== null && path.length < (shortest?.length ?? Number.POSITIVE_INFINITY)) shortest = path;
      if (shortest?.length === 2 || (shortest !== null && limits.isTimeUp())) return shortest;
    }
  }
  return shortest;
}
