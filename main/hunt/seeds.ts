/**
 * Which seeds are still to be run, handed out in small runs of neighbours. A range of billions costs nothing: only what
 * is done is remembered, as intervals.
 */
export interface SeedRange {
  readonly from: number;
  readonly to: number;
  /** Of every `of` neighbours this shard takes the `index`th, from 1. */
  readonly shard: { readonly index: number; readonly of: number };
}

/** "1..10000" or "7"; null when it is neither. */
export function parseSeeds(text: string): { readonly from: number; readonly to: number } | null {
  const match = /^(\d+)(?:\.\.(\d+))?$/.exec(text.trim());
  if (match === null) return null;
  const from = Number(match[1]);
  const to = Number(match[2] ?? match[1]);
  return Number.isSafeInteger(from) && Number.isSafeInteger(to) && from <= to ? { from, to } : null;
}

/** "2/8"; null when it is no shard. */
export function parseShard(text: string): { readonly index: number; readonly of: number } | null {
  const match = /^(\d+)\/(\d+)$/.exec(text.trim());
  if (match === null) return null;
  const [index, of] = [Number(match[1]), Number(match[2])];
  return of >= 1 && of <= 1_000_000 && index >= 1 && index <= of ? { index, of } : null;
}

export class SeedQueue {
  readonly total: number;
  readonly #range: SeedRange;
  /** Done before, as intervals in order. */
  readonly #done: readonly (readonly [number, number])[];
  #next: number;

  constructor(range: SeedRange, done: readonly { readonly first: number; readonly last: number }[] = []) {
    this.#range = range;
    this.#done = joined(done, range.shard.of);
    const { from, to, shard } = range;
    const lag = (shard.index - 1 - (from % shard.of) + shard.of) % shard.of;
    this.#next = from + lag;
    this.total = this.#next > to ? 0 : Math.floor((to - this.#next) / shard.of) + 1;
  }

  /** The next seeds up to `to`, at most `count`, neighbours in the shard; empty when all are handed out. */
  take(count: number, to = this.#range.to): number[] {
    const { shard } = this.#range;
    const seeds: number[] = [];
    while (seeds.length < count && this.#next <= to) {
      const seed = this.#next;
      const skip = this.#done.find(([first, last]) => first <= seed && seed <= last);
      if (skip !== undefined) {
        if (seeds.length > 0) break;
        this.#next = skip[1] + shard.of - ((skip[1] - seed) % shard.of);
        continue;
      }
      seeds.push(seed);
      this.#next += shard.of;
    }
    return seeds;
  }
}

/** Neighbouring intervals as one: a hunt of days has millions of batches and few gaps. */
function joined(done: readonly { readonly first: number; readonly last: number }[], of: number) {
  const intervals: [number, number][] = [];
  for (const { first, last } of done.toSorted((a, b) => a.first - b.first)) {
    const previous = intervals.at(-1);
    if (previous && first <= previous[1] + of) previous[1] = Math.max(previous[1], last);
    else intervals.push([first, last]);
  }
  return intervals;
}
