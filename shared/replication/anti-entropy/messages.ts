/**
 * What two nodes say to each other while they compare what they hold.
 *
 * One node asks, step by step; the other answers each step from what it holds at that moment and remembers nothing. So
 * a message that is lost costs the exchange and nothing else, and one that comes twice is answered twice.
 */
import type { KeyState } from "../../clock/dotted.ts";
import type { VectorClock } from "../../clock/vector-clock.ts";
import type { Key } from "../../ids.ts";

/** Common to all messages of an exchange. */
interface Step {
  /** Names the exchange in the trace: unique over all nodes and lives. */
  readonly exchange: string;
  /** An answer has the number of its question. */
  readonly step: number;
  /** Of the message without this field, as JSON. */
  readonly bytes: number;
}

/** A key and the digest of its state: hex, "" where the key is not held. */
export type KeyDigest = readonly [Key, string];

export type AntiEntropyMessage =
  /**
   * The asker's hashes: hex, "" where there is no key.
   * Level 0: one hash over all ranges both own, under the name "". Level 1: the roots of those ranges, by range.
   * Level 2 and up: nodes of one range's tree, by prefix: as many hexadecimal digits as the level less one.
   */
  | (Step & {
      readonly kind: "COMPARE";
      /** Which ring the asker works with: on another, ranges do not hold the same keys. */
      readonly ring: string;
      readonly level: number;
      /** "" up to level 1. */
      readonly range: string;
      readonly nodes: readonly (readonly [name: string, hash: string])[];
    })
  /** Of those, the ones that differ, with the hashes of this side and whether it has a leaf there. */
  | (Step & {
      readonly kind: "COMPARED";
      readonly level: number;
      readonly range: string;
      readonly differ: readonly (readonly [name: string, hash: string, isLeaf: boolean])[];
    })
  /** The asker's keys under these prefixes; or, `again`, just these keys, found to differ a while ago (P9). */
  | (Step & {
      readonly kind: "COMPARE_KEYS";
      readonly ring: string;
      readonly range: string;
      readonly prefixes: readonly string[];
      readonly keys: readonly KeyDigest[];
      readonly again: boolean;
    })
  /** The keys that differ: the digest that was asked about, and this side's. */
  | (Step & {
      readonly kind: "COMPARED_KEYS";
      readonly range: string;
      readonly differ: readonly (readonly [Key, asked: string, own: string])[];
    })
  /** Merge these states; the asker's part of the keys that differ. */
  | (Step & { readonly kind: "REPAIR"; readonly items: readonly (readonly [Key, KeyState])[] })
  /** They are durable. `items`: states of which this side knew more; `rest`: such that did not fit, ask again. */
  | (Step & {
      readonly kind: "REPAIRED";
      readonly items: readonly (readonly [Key, KeyState])[];
      readonly rest: readonly Key[];
    })
  /** Not now: the rings differ. */
  | (Step & { readonly kind: "DECLINE"; readonly reason: "ring" })
  /** Keys that the sender holds and the receiver owns, with the writes of them that the sender has seen. */
  | (Step & { readonly kind: "OFFER"; readonly keys: readonly (readonly [Key, VectorClock])[] })
  /** Those of which the receiver lacks a write; it has all the others. */
  | (Step & { readonly kind: "WANTED"; readonly keys: readonly Key[] });
