/**
 * The keys of a node's trees: per key its place, its digest and its size, in flat arrays. A million keys are a million
 * rows of 24 bytes here instead of as many objects, which would be several times as much.
 */
import type { Key } from "../ids.ts";
import { type Digest, digestBytes } from "./digest.ts";

/** A row of the table. */
export type Entry = number;

/** Words of 32 bits in a digest. */
const words = digestBytes / 4;

export class Entries {
  #positions = new Uint32Array(64);
  #sizes = new Uint32Array(64);
  #digests = new Uint32Array(64 * words);
  readonly #keys: Key[] = [];
  readonly #free: Entry[] = [];

  /** A new row. `position` is where the key lies: 32 bits of its hash. */
  add(key: Key, position: number, digest: Digest): Entry {
    const entry = this.#free.pop() ?? this.#keys.length;
    if (entry === this.#positions.length) this.#grow();
    this.#keys[entry] = key;
    this.#positions[entry] = position;
    this.update(entry, digest);
    return entry;
  }

  update(entry: Entry, { hash, size }: Digest): void {
    this.#sizes[entry] = size;
    for (let word = 0; word < words; word++) this.#digests[entry * words + word] = wordOf(hash, word);
  }

  remove(entry: Entry): void {
    this.#keys[entry] = "" as Key;
    this.#free.push(entry);
  }

  key(entry: Entry): Key {
    return this.#keys[entry]!;
  }

  position(entry: Entry): number {
    return this.#positions[entry]!;
  }

  size(entry: Entry): number {
    return this.#sizes[entry]!;
  }

  /** As hex. */
  digest(entry: Entry): string {
    let hex = "";
    for (let word = 0; word < words; word++) {
      hex += this.#digests[entry * words + word]!.toString(16).padStart(8, "0");
    }
    return hex;
  }

  hasDigest(entry: Entry, { hash }: Digest): boolean {
    for (let word = 0; word < words; word++) {
      if (this.#digests[entry * words + word] !== wordOf(hash, word)) return false;
    }
    return true;
  }

  /** By position, then by digest: an order that depends on nothing but what is held. */
  compare(a: Entry, b: Entry): number {
    let order = this.#positions[a]! - this.#positions[b]!;
    for (let word = 0; order === 0 && word < words; word++) {
      order = this.#digests[a * words + word]! - this.#digests[b * words + word]!;
    }
    return order;
  }

  /** Writes position and digest to `offset`; returns the offset behind them. */
  write(entry: Entry, view: DataView, offset: number): number {
    view.setUint32(offset, this.#positions[entry]!);
    for (let word = 0; word < words; word++) {
      view.setUint32(offset + 4 + word * 4, this.#digests[entry * words + word]!);
    }
    return offset + entryBytes;
  }

  #grow(): void {
    this.#positions = grown(this.#positions);
    this.#sizes = grown(this.#sizes);
    this.#digests = grown(this.#digests);
  }
}

/** What {@link Entries.write} writes. */
export const entryBytes = 4 + digestBytes;

function grown(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}

const wordOf = (hash: Uint8Array, word: number) =>
  ((hash[word * 4]! << 24) |
    (hash[word * 4 + 1]! << 16) |
    (hash[word * 4 + 2]! << 8) |
    hash[word * 4 + 3]!) >>>
  0;
