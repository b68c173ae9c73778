/**
 * The core's one source of chance: sfc32, seeded, the same sequence everywhere.
 *
 * Source: Doty-Humphrey 2010, PractRand (sfc, "Small Fast Counting"); the seed is spread by splitmix32.
 */
import type { Random } from "../membership/types.ts";

/** Numbers of the sequence that are thrown away, until the state no longer resembles the seed. */
const warmUp = 12;

export function createRandom(seed: number): Random {
  // Both halves of the seed count: seeds above 2^32 differ from those below.
  const low = splitmix32(seed >>> 0);
  const high = splitmix32(Math.floor(seed / 2 ** 32) >>> 0);
  let a = low();
  let b = low();
  let c = high();
  let counter = 1;
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < warmUp; i++) next();
  return next;
}

function splitmix32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
}
