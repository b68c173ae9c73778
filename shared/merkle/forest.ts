/**
 * The trees of one node, one per range of keys, and the only thing that changes them.
 *
 * A range is the set of keys with the same owners, so the two nodes of a pair own the whole of each range they share,
 * and may compare its roots. A key of which this node is no owner belongs to no tree.
 *
 * Trees that are kept beside the data drift away from it, and the same keys are then repaired for ever (P8; riak_kv
 * #473). Here a change of a key notes it in the same step, and nothing is read from a tree before all that was noted has
 * been taken in. What a tree holds is a function of the keys and the ring, nothing of it is stored: after a restart and
 * after the ring has moved it is worked out again, a slice at a time. `verify` compares what it holds with the data.
 *
 * Noting costs one insertion into a set; digests, the dear part, are worked out when somebody wants to compare, and
 * once for a key however often it was written.
 */
import type { KeyState } from "../clock/dotted.ts";
import type { Key } from "../ids.ts";
import { digestOf } from "./digest.ts";
import { Entries } from "./entries.ts";
import { MerkleTree } from "./tree.ts";

/** Where a key belongs: 32 bits of its hash, and its range, null when this node does not own it. */
export interface Place {
  readonly position: number;
  readonly range: string | null;
}

export interface ForestOptions {
  /** Every key that is held. */
  readonly keys: ReadonlyMap<Key, KeyState>;
  /** Must give the same answer for a key until `rebuild` is called. */
  place(key: Key): Place;
  /** A key that is held and has changed, or has been looked at again, belongs to no range. */
  strayed(key: Key): void;
}

/** Digests worked out in one slice: by keys, and by the characters of their encodings. */
const sliceKeys = 500;
const sliceBytes = 1024 * 1024;

export class MerkleForest {
  readonly #options: ForestOptions;
  #entries = new Entries();
  #trees = new Map<string, MerkleTree>();
  /** Changed since they were last taken in. */
  readonly #changed = new Set<Key>();
  /** Keys not yet taken in since the last rebuild. */
  #unread: Iterator<Key> | null;
  /** Where the verification goes on. */
  #toVerify: Iterator<Key> | null = null;

  constructor(options: ForestOptions) {
    this.#options = options;
    this.#unread = options.keys.keys();
  }

  /** This key has another state now, or none. Cheap: it is called with every write. */
  changed(key: Key): void {
    this.#changed.add(key);
  }

  /** Changes not yet taken in. */
  get backlog(): number {
    return this.#changed.size;
  }

  /** True when the trees show exactly what is held. */
  get isUpToDate(): boolean {
    return this.#unread === null && this.#changed.size === 0;
  }

  /** True until all keys have been read once since the last rebuild. */
  get isBuilding(): boolean {
    return this.#unread !== null;
  }

  /** Everything is placed anew. */
  rebuild(): void {
    this.#entries = new Entries();
    this.#trees = new Map();
    this.#changed.clear();
    this.#unread = this.#options.keys.keys();
    this.#toVerify = null;
  }

  /** Takes in a slice of what is not up to date. */
  takeIn(): void {
    let bytes = 0;
    let keys = 0;
    for (const key of this.#changed) {
      if (keys >= sliceKeys || bytes >= sliceBytes) return;
      this.#changed.delete(key);
      bytes += this.#takeIn(key);
      keys += 1;
    }
    while (this.#unread && keys < sliceKeys && bytes < sliceBytes) {
      const { done, value: key } = this.#unread.next();
      if (done) this.#unread = null;
      else bytes += this.#takeIn(key);
      keys += 1;
    }
  }

  /** The names of the ranges that hold keys, sorted. */
  get ranges(): string[] {
    return [...this.#trees.keys()].sort();
  }

  /** Undefined where this node holds no key. */
  tree(range: string): MerkleTree | undefined {
    return this.#trees.get(range);
  }

  /** The digest of a key as its tree has it; undefined when no tree has it. */
  digest(key: Key): string | undefined {
    const { range, position } = this.#options.place(key);
    return range === null ? undefined : this.tree(range)?.digest(key, position);
  }

  /** Compares the next `keysMax` keys with what the trees say of them; returns those that do not fit. */
  verify(keysMax: number): Key[] {
    const wrong: Key[] = [];
    this.#toVerify ??= this.#options.keys.keys();
    for (let seen = 0; seen < keysMax; seen++) {
      const { done, value: key } = this.#toVerify.next();
      if (done) {
        this.#toVerify = null;
        break;
      }
      if (!this.#fits(key)) wrong.push(key);
    }
    return wrong;
  }

  #fits(key: Key): boolean {
    const { range, position } = this.#options.place(key);
    if (range === null || this.#changed.has(key)) return true;
    const digest = digestOf(key, this.#options.keys.get(key)!);
    return this.tree(range)?.holds(key, position, digest) ?? false;
  }

  /** Returns the bytes hashed. */
  #takeIn(key: Key): number {
    const state = this.#options.keys.get(key);
    const { range, position } = this.#options.place(key);
    if (range === null) {
      if (state) this.#options.strayed(key);
      return 0;
    }
    const tree = this.tree(range);
    if (!state) {
      tree?.delete(key, position);
      if (tree?.count === 0) this.#trees.delete(range);
      return 0;
    }
    const digest = digestOf(key, state);
    (tree ?? this.#plant(range)).set(key, position, digest);
    return digest.size;
  }

  #plant(range: string): MerkleTree {
    const tree = new MerkleTree(this.#entries);
    this.#trees.set(range, tree);
    return tree;
  }
}
