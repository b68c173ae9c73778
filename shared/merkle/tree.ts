/**
 * A Merkle tree over the keys of one range: two nodes that hold the same have the same root, and where they do not,
 * comparing hashes from the root down leads to the keys that differ without looking at the others.
 *
 * The tree is canonical: shape and hashes follow from the set of (position, digest) alone. A tree of buckets that are
 * only ever added to, or that skips the last one, gives two nodes with equal data different roots, and they repair for
 * ever (P7; riak_core #828). Here it is a trie over the 32 bits of a key's position, four bits a level: a node is a leaf
 * when at most `leafMax` keys lie under it, or when no bits are left. So a removal merges what an insertion had split.
 *
 * Hashes are worked out when they are asked for, or some at a time beforehand. A change only forgets those on its path:
 * one per level, and the levels grow with the logarithm of the number of keys.
 *
 * Source: Merkle 1988, "A Digital Signature Based on a Conventional Encryption Function"; DeCandia et al. 2007,
 * "Dynamo", §4.7; leaves and inner nodes are told apart under the hash as in RFC 6962, §2.1.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Key } from "../ids.ts";
import { type Digest, digestBytes } from "./digest.ts";
import { type Entries, type Entry, entryBytes } from "./entries.ts";

/** Keys in a leaf. */
export const leafMax = 32;
export const fanout = 16;
/** Levels below the root, after which a position has no more digits. */
export const depthMax = 8;

/** The hash of no keys at all. */
export const emptyHash = "";

interface Leaf {
  entries: Entry[];
  hash: string | null;
}

interface Inner {
  count: number;
  /** Null where there is no key. */
  readonly children: (Node | null)[];
  hash: string | null;
}

type Node = Leaf | Inner;

const isLeaf = (node: Node): node is Leaf => "entries" in node;
const countOf = (node: Node) => (isLeaf(node) ? node.entries.length : node.count);
/** The digit of a position that chooses the child of a node at this depth. */
const digitAt = (position: number, depth: number) => (position >>> (28 - 4 * depth)) & 15;

export class MerkleTree {
  readonly #entries: Entries;
  #root: Node = { entries: [], hash: null };
  #size = 0;
  #hashed = 0;

  /** The table may be shared with other trees: a node has one for all its ranges. */
  constructor(entries: Entries) {
    this.#entries = entries;
  }

  get count(): number {
    return countOf(this.#root);
  }

  /** The sizes of all keys together, in bytes. */
  get size(): number {
    return this.#size;
  }

  /** Hashes of nodes worked out so far. */
  get hashed(): number {
    return this.#hashed;
  }

  set(key: Key, position: number, digest: Digest): void {
    const known = this.#find(key, position);
    this.#size += digest.size;
    if (known === undefined) {
      this.#root = this.#insert(this.#root, 0, this.#entries.add(key, position, digest));
      return;
    }
    this.#size -= this.#entries.size(known);
    this.#entries.update(known, digest);
    this.#forgetHashes(position);
  }

  /** No effect when the key is not in the tree. */
  delete(key: Key, position: number): void {
    const known = this.#find(key, position);
    if (known === undefined) return;
    this.#size -= this.#entries.size(known);
    this.#root = this.#remove(this.#root, 0, known) ?? { entries: [], hash: null };
    this.#entries.remove(known);
  }

  /** False also when the key is not in the tree. */
  holds(key: Key, position: number, digest: Digest): boolean {
    const known = this.#find(key, position);
    return known !== undefined && this.#entries.hasDigest(known, digest);
  }

  /** Undefined when the key is not in the tree. */
  digest(key: Key, position: number): string | undefined {
    const known = this.#find(key, position);
    return known === undefined ? undefined : this.#entries.digest(known);
  }

  /**
   * The hash over the keys whose position begins with `prefix` (hexadecimal digits), as hex. Below a leaf, it is that
   * of the tree these keys would make: so two trees can be compared where one of them has no such node.
   */
  hash(prefix: string): string {
    const found = this.#at(prefix);
    if (!found) return emptyHash;
    return Array.isArray(found) ? this.#hashOf({ entries: found, hash: null }) : this.#hashOf(found);
  }

  /** Works out hashes that are not known, from the leaves up, at most so many. Returns how many; less: all are known. */
  hashSome(max: number): number {
    const before = this.#hashed;
    this.#hashUnder(this.#root, before + max);
    return this.#hashed - before;
  }

  /** True when comparing must go on by keys: no node of the tree has fewer of them. */
  isLeaf(prefix: string): boolean {
    const found = this.#at(prefix);
    return !found || Array.isArray(found) || isLeaf(found);
  }

  countUnder(prefix: string): number {
    const found = this.#at(prefix);
    if (!found) return 0;
    return Array.isArray(found) ? found.length : countOf(found);
  }

  /** All keys whose position begins with `prefix`, with their digests as hex, in the order of their positions. */
  keysUnder(prefix: string): [Key, string][] {
    const found = this.#at(prefix);
    if (!found) return [];
    const entries = Array.isArray(found) ? found : entriesUnder(found);
    const sorted = entries.toSorted((a, b) => this.#entries.compare(a, b));
    return sorted.map((entry) => [this.#entries.key(entry), this.#entries.digest(entry)]);
  }

  /** The node at a prefix; entries when it lies below a leaf; null where there is nothing. */
  #at(prefix: string): Node | Entry[] | null {
    let node: Node | null = this.#root;
    for (let depth = 0; depth < prefix.length && node; depth++) {
      if (isLeaf(node)) {
        const shift = 32 - 4 * prefix.length;
        const wanted = Number.parseInt(prefix, 16);
        return node.entries.filter((entry) => this.#entries.position(entry) >>> shift === wanted);
      }
      node = node.children[Number.parseInt(prefix[depth]!, 16)]!;
    }
    return node;
  }

  #find(key: Key, position: number): Entry | undefined {
    let node: Node | null = this.#root;
    for (let depth = 0; node && !isLeaf(node); depth++) node = node.children[digitAt(position, depth)]!;
    if (!node) return undefined;
    for (const entry of node.entries) {
      if (this.#entries.position(entry) === position && this.#entries.key(entry) === key) return entry;
    }
    return undefined;
  }

  #forgetHashes(position: number): void {
    let node: Node | null = this.#root;
    for (let depth = 0; node; depth++) {
      node.hash = null;
      node = isLeaf(node) ? null : node.children[digitAt(position, depth)]!;
    }
  }

  /** Returns the node that stands in this place afterwards. */
  #insert(node: Node | null, depth: number, entry: Entry): Node {
    if (!node) return { entries: [entry], hash: null };
    node.hash = null;
    if (isLeaf(node)) {
      node.entries.push(entry);
      return node.entries.length <= leafMax || depth === depthMax ? node : this.#split(node, depth);
    }
    node.count += 1;
    const digit = digitAt(this.#entries.position(entry), depth);
    node.children[digit] = this.#insert(node.children[digit]!, depth + 1, entry);
    return node;
  }

  #split({ entries }: Leaf, depth: number): Inner {
    const children: (Node | null)[] = Array.from({ length: fanout }, () => null);
    for (const entry of entries) {
      const digit = digitAt(this.#entries.position(entry), depth);
      children[digit] = this.#insert(children[digit]!, depth + 1, entry);
    }
    return { count: entries.length, children, hash: null };
  }

  /** Returns the node that stands in this place afterwards; null when nothing is left. */
  #remove(node: Node, depth: number, entry: Entry): Node | null {
    node.hash = null;
    if (isLeaf(node)) {
      node.entries = node.entries.filter((other) => other !== entry);
      return node.entries.length === 0 ? null : node;
    }
    node.count -= 1;
    const digit = digitAt(this.#entries.position(entry), depth);
    node.children[digit] = this.#remove(node.children[digit]!, depth + 1, entry);
    return node.count > leafMax ? node : { entries: entriesUnder(node), hash: null };
  }

  #hashUnder(node: Node, latest: number): void {
    if (node.hash !== null || this.#hashed >= latest) return;
    if (!isLeaf(node)) for (const child of node.children) if (child) this.#hashUnder(child, latest);
    if (this.#hashed < latest) this.#hashOf(node);
  }

  #hashOf(node: Node): string {
    return (node.hash ??= isLeaf(node) ? this.#hashLeaf(node) : this.#hashInner(node));
  }

  #hashLeaf(leaf: Leaf): string {
    const { length } = leaf.entries;
    if (length === 0) return emptyHash;
    leaf.entries.sort((a, b) => this.#entries.compare(a, b));
    const bytes = new Uint8Array(1 + length * entryBytes);
    const view = new DataView(bytes.buffer);
    let offset = 1;
    for (const entry of leaf.entries) offset = this.#entries.write(entry, view, offset);
    this.#hashed += 1;
    return shortHash(bytes);
  }

  #hashInner({ children }: Inner): string {
    const hashes = children.map((child) => (child ? this.#hashOf(child) : emptyHash));
    this.#hashed += 1;
    return hashOfHashes(hashes);
  }
}

/** Also over the roots of several trees. */
export const hashOfHashes = (hashes: readonly string[]) => shortHash(utf8ToBytes(`\u0001${hashes.join()}`));

const shortHash = (bytes: Uint8Array) => bytesToHex(sha256(bytes).subarray(0, digestBytes));

function entriesUnder(node: Node): Entry[] {
  if (isLeaf(node)) return node.entries;
  return node.children.flatMap((child) => (child ? entriesUnder(child) : []));
}
