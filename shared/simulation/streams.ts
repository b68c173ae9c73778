/**
 * One seed, many independent sources of chance, each with a name.
 *
 * With a single source every draw shifts all later ones: one more message, and every disk and every core sees other
 * numbers. With a source per name a change in one place leaves the others where they were, which is what makes two runs
 * comparable and a failing run reducible.
 */
import { createRandom } from "../replica/random.ts";

export class Streams {
  readonly #low: number;
  readonly #high: number;

  /** `seed`: a whole number from 0 to 2^53 − 1. Throws RangeError for any other. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new RangeError(`A seed is a whole number from 0 to 2^53 - 1, not ${seed}.`);
    }
    const random = createRandom(seed);
    this.#low = Math.floor(random() * 2 ** 32);
    this.#high = Math.floor(random() * 2 ** 21);
  }

  /** Uniform in [0, 1), the same sequence for the same seed and name. */
  open(name: string): () => number {
    return createRandom(this.seedOf(name));
  }

  /** A seed of its own for something that makes its own random source, 0 to 2^53 − 1. */
  seedOf(name: string): number {
    const hash = fnv1a(name);
    const low = (this.#low ^ hash) >>> 0;
    const high = (this.#high ^ fnv1a(`${hash}${name}`)) & 0x1f_ffff;
    return high * 2 ** 32 + low;
  }
}

/** 32 bits. Source: Fowler, Noll, Vo, "FNV hash" (FNV-1a), here over UTF-16 units. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
