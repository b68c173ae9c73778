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
 * Noting costs one insertion into a set; digests and hashes, the dear part, are worked out when somebody wants to
 * compare, once for a key however often it was written, and a slice at a time: those of a million keys take seconds.
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

/** Digests of keys and hashes of nodes worked out in one slice; and the characters of the keys' encodings. */
const sliceHashes = 500;
const sliceBytes = 1024 * 1024;

export class MerkleForest {
  readonly #options: ForestOptions;
  #entries = new Entries();
  #trees = new Map<string, MerkleTree>();
  /** Changed since they were last taken in. */
  readonly #changed = new Set<Key>();
  /** Keys not yet taken in since the last rebuild. */
  #unread: Iterator<Key> | null;
  /** All hashes of all trees are worked out. */
  #isHashed = false;
  /** That was so once since the last rebuild. */
  #isBuilt = false;
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
    return this.#isHashed && this.#changed.size === 0;
  }

  /** True until the trees have shown exactly what is held once since the last rebuild. */
  get isBuilding(): boolean {
    return !this.#isBuilt;
  }

  /** Everything is placed anew. */
  rebuild(): void {
    this.#entries = new Entries();
    this.#trees = new Map();
    this.#changed.clear();
    this.#unread = this.#options.keys.keys();
    this.#isHashed = false;
    this.#isBuilt = false;
    this.#toVerify = null;
  }

  /** Takes in a slice of what is not up to date. */
  takeIn(): void {
    let bytes = 0;
    let left = sliceHashes;
    for (const key of this.#changed) {
      if (left <= 0 || bytes >= sliceBytes) return;
      this.#changed.delete(key);
      bytes += this.#takeIn(key);
      left -= 1;
    }
    while (this.#unread && left > 0 && bytes < sliceBytes) {
      const { done, value: key } = this.#unread.next();
      if (done) this.#unread = null;
      else bytes += this.#takeIn(key);
      left -= 1;
    }
    if (this.#unread === null) this.#hashSome(left);
  }

  #hashSome(max: number): void {
    let left = max;
    for (const tree of this.#trees.values()) {
      if (left <= 0) return;
      left -= tree.hashSome(left);
    }
    if (left <= 0) return;
    this.#isHashed = true;
    this.#isBuilt = true;
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
    this.#isHashed = false;
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
