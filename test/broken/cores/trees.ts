/** Merkle trees and what is mended by them, or by reads (P6 to P9). */
import type { BrokenCore } from "./types.ts";

export const treeCores: readonly BrokenCore[] = [
  {
    name: "digest-by-order",
    rule: "P6: a digest is of what a state says, not of the order in which it came about",
    edits: [
      {
        file: "shared/merkle/digest.ts",
        find: "if (nodes.length > 1) nodes.sort();",
        put: "",
      },
    ],
    scenario: "crossing-writes",
    within: 5,
    isQuick: true,
  },
  {
    name: "last-bucket-skipped",
    rule: "P7: every bucket of a tree is compared, the last one too",
    edits: [
      {
        file: "shared/merkle/tree.ts",
        find: "const hashes = children.map(",
        put: "const hashes = children.slice(0, -1).map(",
      },
      {
        file: "shared/replication/anti-entropy/exchange.ts",
        find: "Array.from({ length: fanout },",
        put: "Array.from({ length: fanout - 1 },",
      },
    ],
    scenario: "trees-alone",
    within: 5,
  },
  {
    name: "tree-after-deletes",
    rule: "P7: a tree follows from its keys, whatever was deleted before",
    edits: [
      {
        file: "shared/merkle/tree.ts",
        find: "return node.count > leafMax ? node : { entries: entriesUnder(node), hash: null };",
        put: "return node;",
      },
    ],
    scenario: "trees-after-deletes",
    within: 5,
  },
  {
    name: "tree-behind-data",
    rule: "P8: a tree follows every change of the data",
    edits: [
      {
        file: "shared/replication/anti-entropy/ranges.ts",
        find: "store.watch((key) => this.forest.changed(key));",
        put: "store.watch((key) => { if (this.forest.digest(key) === undefined) this.forest.changed(key); });",
      },
      {
        file: "shared/replication/anti-entropy.ts",
        find: "if (keys.length === 0) return;",
        put: "if (keys.length >= 0) return;",
      },
    ],
    scenario: "trees-alone",
    within: 5,
  },
  {
    name: "in-flight-repaired",
    rule: "P9: a write on its way is no difference",
    edits: [
      {
        file: "shared/replication/anti-entropy/exchange.ts",
        find: "if (!isAgain) this.#suspects.set(key, pair);",
        put: "if (!isAgain) this.#damaged.add(key);",
      },
    ],
    scenario: "crossing-writes",
    within: 5,
  },
  {
    name: "repair-replaces",
    rule: "P8: read repair merges what replicas know, and replaces nothing",
    edits: [
      {
        file: "shared/replication/read-repair.ts",
        find: "const merged = store.merge(key, known, state);",
        put: "const merged = state;",
      },
    ],
    scenario: "storm-kv",
    within: 500,
  },
];
