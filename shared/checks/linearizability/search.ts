/**
 * Is there an order of the operations that the times allow and that explains every answer?
 *
 * The search of Wing and Gong 1993, "Testing and verifying concurrent objects": take any operation that no other one
 * not yet taken preceded in time; if its answer fits the state, go on from the state after it; else, or when that leads
 * nowhere, take another. Remembering where it has been (Lowe 2017) makes that practical. Four more things keep it small,
 * none of which changes the answer:
 *
 * - A read that fits is taken at once: it changes nothing, so no order is lost.
 * - The operation whose return comes next is tried first (just-in-time linearization, Lowe 2017).
 * - Of operations with the same effect only the one that returns first is tried: in any order the two could be swapped.
 * - An operation without an answer is taken only where that matters: not when the next one leads to the same state
 *   without it.
 *
 * Time is exponential in the number of operations under way at once, in the worst case; deciding linearizability is
 * NP-complete (Gibbons and Korach 1997). So there is a budget.
 */
import { type Action, lost } from "../models/model.ts";
import type { Budget, Shortage } from "./budget.ts";
import { Configurations } from "./configurations.ts";

/** An operation that may have happened: between the two times, or never when `returned` is Infinity. */
export interface Call {
  readonly action: Action;
  readonly invoked: number;
  readonly returned: number;
}

/** `witness`: indices of calls that, without all others, are invalid too; not the fewest. */
export type Decision =
  | { readonly verdict: "valid" }
  | { readonly verdict: "invalid"; readonly witness: readonly number[] }
  | { readonly verdict: "unknown"; readonly shortage: Shortage };

/** A place in the search: the state and, from `next` to `end` of the candidates, what is still to be tried there. */
interface Frame {
  readonly state: string;
  /** The state without the operation that led here, when that had no answer and made no read possible. */
  readonly without: string | null;
  /** What to go back to: the frontier and the length of the trail before the operation that led here. */
  readonly frontier: number;
  readonly trail: number;
  readonly start: number;
  readonly end: number;
  next: number;
}

/** `calls` in the order of their invocation. */
export function search(
  calls: readonly Call[],
  initial: string,
  isLostLast: boolean,
  budget: Budget,
): Decision {
  return new Search(calls, isLostLast, budget).run(initial);
}

class Search {
  readonly #calls: readonly Call[];
  readonly #isLostLast: boolean;
  readonly #budget: Budget;
  /** Calls with an answer, in the order of their returns; `#frontier` of them from the start are taken. */
  readonly #byReturn: readonly number[];
  /** Position in `#byReturn`; those without an answer come after all others. */
  readonly #rank: Int32Array;
  #frontier = 0;
  #deepest = 0;
  /** Calls not taken, in the order of their invocation: a list linked both ways, with its ends at index n. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #isTaken: Uint8Array;
  /** Taken calls in the order of taking. */
  readonly #trail: number[] = [];
  /** A bit for each call under way at the frontier: calls that never overlap may share one. */
  readonly #slot: Int32Array;
  readonly #bits: Int32Array;
  readonly #been: Configurations;
  /** Effect of each call as a number, and by effect the best candidate of the frame being made. */
  readonly #effect: Int32Array;
  readonly #bestOfEffect: Int32Array;
  readonly #candidates: number[] = [];

  constructor(calls: readonly Call[], isLostLast: boolean, budget: Budget) {
    const n = calls.length;
    this.#calls = calls;
    this.#isLostLast = isLostLast;
    this.#budget = budget;
    this.#byReturn = calls
      .map((_, index) => index)
      .filter((index) => calls[index]!.returned !== Number.POSITIVE_INFINITY)
      .sort((a, b) => calls[a]!.returned - calls[b]!.returned);
    this.#rank = new Int32Array(n).fill(n);
    this.#byReturn.forEach((call, rank) => (this.#rank[call] = rank));
    this.#next = Int32Array.from({ length: n + 1 }, (_, index) => (index + 1) % (n + 1));
    this.#previous = Int32Array.from({ length: n + 1 }, (_, index) => (index + n) % (n + 1));
    this.#isTaken = new Uint8Array(n);
    const { slot, count } = slotsOf(calls, this.#byReturn);
    this.#slot = slot;
    const words = (count + 31) >>> 5;
    this.#bits = new Int32Array(words);
    this.#been = new Configurations(words);
    const effects = new Map<string, number>();
    this.#effect = Int32Array.from(calls, ({ action }) => {
      const known = effects.get(action.effect) ?? effects.size;
      effects.set(action.effect, known);
      return known;
    });
    this.#bestOfEffect = new Int32Array(effects.size).fill(-1);
  }

  run(initial: string): Decision {
    this.#takeReads(initial);
    if (this.#isDone()) return { verdict: "valid" };
    const stack: Frame[] = [this.#frame(initial, null, 0, 0)];
    for (let frame = stack.at(-1); frame; frame = stack.at(-1)) {
      if (frame.next === frame.end) {
        stack.pop();
        this.#candidates.length = frame.start;
        this.#goBack(frame.frontier, frame.trail);
        continue;
      }
      const index = this.#candidates[frame.next++]!;
      const { action, returned } = this.#calls[index]!;
      const state = action.apply(frame.state);
      if (state === null || (frame.without !== null && action.apply(frame.without) === state)) continue;
      if (!this.#budget.spend()) return { verdict: "unknown", shortage: this.#budget.shortage! };
      const frontier = this.#frontier;
      const trail = this.#trail.length;
      this.#take(index);
      this.#takeReads(state);
      if (this.#isDone()) return { verdict: "valid" };
      if (!this.#been.add(state, this.#frontier, this.#bits)) {
        this.#goBack(frontier, trail);
        continue;
      }
      const isIdle = returned === Number.POSITIVE_INFINITY && this.#trail.length === trail + 1;
      stack.push(this.#frame(state, isIdle ? frame.state : null, frontier, trail));
    }
    return { verdict: "invalid", witness: this.#witness() };
  }

  #isDone(): boolean {
    return this.#frontier === this.#byReturn.length;
  }

  /** The latest time at which a call must have begun to be possible now. */
  #horizon(): number {
    const first = this.#byReturn[this.#frontier];
    return first === undefined ? Number.POSITIVE_INFINITY : this.#calls[first]!.returned;
  }

  /** Everything begun before the return that no order could pass. */
  #witness(): number[] {
    const horizon = this.#calls[this.#byReturn[this.#deepest]!]!.returned;
    return this.#calls.flatMap((call, index) => (call.invoked <= horizon ? [index] : []));
  }

  #takeReads(state: string): void {
    const end = this.#calls.length;
    let horizon = this.#horizon();
    for (let index = this.#next[end]!; index !== end; index = this.#next[index]!) {
      const { action, invoked } = this.#calls[index]!;
      if (invoked > horizon) return;
      if (!action.isRead || action.apply(state) === null) continue;
      this.#take(index);
      horizon = this.#horizon();
    }
  }

  #take(index: number): void {
    const previous = this.#previous[index]!;
    const next = this.#next[index]!;
    this.#next[previous] = next;
    this.#previous[next] = previous;
    this.#isTaken[index] = 1;
    this.#trail.push(index);
    this.#setBit(index);
    const byReturn = this.#byReturn;
    while (this.#frontier < byReturn.length && this.#isTaken[byReturn[this.#frontier]!] === 1) {
      this.#clearBit(byReturn[this.#frontier]!);
      this.#frontier++;
    }
    if (this.#frontier > this.#deepest) this.#deepest = this.#frontier;
  }

  /** The bits of what was taken since go first: a call passed since may have lent its bit to one of them. */
  #goBack(frontier: number, trail: number): void {
    while (this.#trail.length > trail) {
      const index = this.#trail.pop()!;
      this.#next[this.#previous[index]!] = index;
      this.#previous[this.#next[index]!] = index;
      this.#isTaken[index] = 0;
      this.#clearBit(index);
    }
    while (this.#frontier > frontier) {
      const index = this.#byReturn[--this.#frontier]!;
      if (this.#isTaken[index] === 1) this.#setBit(index);
    }
  }

  #setBit(index: number): void {
    const slot = this.#slot[index]!;
    this.#bits[slot >>> 5]! |= 1 << (slot & 31);
  }

  #clearBit(index: number): void {
    const slot = this.#slot[index]!;
    this.#bits[slot >>> 5]! &= ~(1 << (slot & 31));
  }

  /** Reads that do not fit wait; of each effect the first to return is a candidate; the next to return goes first. */
  #frame(state: string, without: string | null, frontier: number, trail: number): Frame {
    const candidates = this.#candidates;
    const start = candidates.length;
    const end = this.#calls.length;
    const horizon = this.#horizon();
    for (let index = this.#next[end]!; index !== end; index = this.#next[index]!) {
      if (this.#calls[index]!.invoked > horizon) break;
      if (this.#calls[index]!.action.isRead) continue;
      const effect = this.#effect[index]!;
      const best = this.#bestOfEffect[effect]!;
      if (best < 0) {
        this.#bestOfEffect[effect] = candidates.length;
        candidates.push(index);
      } else if (this.#rank[index]! < this.#rank[candidates[best]!]!) candidates[best] = index;
    }
    for (let at = start; at < candidates.length; at++)
      this.#bestOfEffect[this.#effect[candidates[at]!]!] = -1;
    this.#sort(start, state);
    return { state, without, frontier, trail, start, end: candidates.length, next: start };
  }

  /** Insertion sort: there are few. */
  #sort(start: number, state: string): void {
    const candidates = this.#candidates;
    for (let at = start + 1; at < candidates.length; at++) {
      const index = candidates[at]!;
      const rank = this.#rank[index]!;
      let to = at;
      for (; to > start && this.#rank[candidates[to - 1]!]! > rank; to--)
        candidates[to] = candidates[to - 1]!;
      candidates[to] = index;
    }
    if (!this.#isLostLast || state === lost) return;
    const found = candidates.slice(start);
    const isLosing = (index: number) => this.#calls[index]!.action.apply(state) === lost;
    candidates.length = start;
    const losing: number[] = [];
    for (const index of found) {
      if (isLosing(index)) losing.push(index);
      else candidates.push(index);
    }
    for (const index of losing) candidates.push(index);
  }
}

/** Gives each call a bit of its own for the time it is under way, and uses a bit again when its call has returned. */
function slotsOf(
  calls: readonly Call[],
  byReturn: readonly number[],
): { readonly slot: Int32Array; readonly count: number } {
  const slot = new Int32Array(calls.length);
  const free: number[] = [];
  let count = 0;
  let returned = 0;
  calls.forEach((call, index) => {
    while (returned < byReturn.length && calls[byReturn[returned]!]!.returned < call.invoked) {
      free.push(slot[byReturn[returned++]!]!);
    }
    slot[index] = free.pop() ?? count++;
  });
  return { slot, count };
}
