/**
 * The configurations a search has been in: which state, which operations are done. A search that comes to one again by
 * another order of the same operations need not look a second time (Lowe 2017, "Testing for linearizability").
 *
 * Which operations are done is said in few words: how many returns have been passed (`frontier`), and one bit for each
 * operation still under way. So an entry grows with the number of clients, not with the length of the history.
 *
 * Memory is bounded: when the table is full new configurations are not kept. The search then repeats work, and its
 * answer stays right.
 */
import { lost } from "../models/model.ts";

/** 4-byte words of entries: 64 MB. */
const entryWordsMax = 1 << 24;
/** Characters of all states kept: each is at most two bytes. */
const stateCharactersMax = 1 << 26;
const stateOverhead = 48;

export class Configurations {
  readonly #stride: number;
  readonly #bitWords: number;
  #entries: Int32Array;
  /** Open addressing: entry number + 1, 0 is free. */
  #table = new Int32Array(64);
  #count = 0;
  readonly #stateIds = new Map<string, number>([[lost, 0]]);
  #characters = 0;

  constructor(bitWords: number) {
    this.#bitWords = bitWords;
    this.#stride = bitWords + 2;
    this.#entries = new Int32Array(32 * this.#stride);
  }

  /** False when the configuration has been here before; else it is kept, while there is room. */
  add(state: string, frontier: number, bits: Int32Array): boolean {
    const id = this.#stateId(state);
    if (id < 0) return true;
    const hash = this.#hash(id, frontier, bits);
    let at = hash & (this.#table.length - 1);
    for (let entry = this.#table[at]!; entry !== 0; entry = this.#table[at]!) {
      if (this.#equals((entry - 1) * this.#stride, id, frontier, bits)) return false;
      at = (at + 1) & (this.#table.length - 1);
    }
    if ((this.#count + 1) * this.#stride > entryWordsMax) return true;
    this.#append(id, frontier, bits);
    this.#table[at] = this.#count;
    if (this.#count * 2 > this.#table.length) this.#growTable();
    return true;
  }

  /** A small number for the state, the same for equal ones; -1 when there is no room for a new one. */
  #stateId(state: string): number {
    const known = this.#stateIds.get(state);
    if (known !== undefined) return known;
    const size = state.length + stateOverhead;
    if (this.#characters + size > stateCharactersMax) return -1;
    this.#characters += size;
    const id = this.#stateIds.size;
    this.#stateIds.set(state, id);
    return id;
  }

  #append(id: number, frontier: number, bits: Int32Array): void {
    const start = this.#count * this.#stride;
    if (start + this.#stride > this.#entries.length) {
      const larger = new Int32Array(this.#entries.length * 2);
      larger.set(this.#entries);
      this.#entries = larger;
    }
    this.#entries[start] = id;
    this.#entries[start + 1] = frontier;
    for (let word = 0; word < this.#bitWords; word++) this.#entries[start + 2 + word] = bits[word]!;
    this.#count++;
  }

  #equals(start: number, id: number, frontier: number, bits: Int32Array): boolean {
    const entries = this.#entries;
    if (entries[start] !== id || entries[start + 1] !== frontier) return false;
    for (let word = 0; word < this.#bitWords; word++) {
      if (entries[start + 2 + word] !== bits[word]) return false;
    }
    return true;
  }

  #hash(id: number, frontier: number, bits: Int32Array): number {
    let hash = mix(mix(0x9e3779b9, id), frontier);
    for (let word = 0; word < this.#bitWords; word++) hash = mix(hash, bits[word]!);
    return (hash ^ (hash >>> 15)) >>> 0;
  }

  #growTable(): void {
    const larger = new Int32Array(this.#table.length * 2);
    const mask = larger.length - 1;
    const bits = new Int32Array(this.#bitWords);
    for (let entry = 0; entry < this.#count; entry++) {
      const start = entry * this.#stride;
      for (let word = 0; word < this.#bitWords; word++) bits[word] = this.#entries[start + 2 + word]!;
      let at = this.#hash(this.#entries[start]!, this.#entries[start + 1]!, bits) & mask;
      while (larger[at] !== 0) at = (at + 1) & mask;
      larger[at] = entry + 1;
    }
    this.#table = larger;
  }
}

/** One round of multiply and fold. */
function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x85ebca6b);
  return (mixed ^ (mixed >>> 13)) | 0;
}
