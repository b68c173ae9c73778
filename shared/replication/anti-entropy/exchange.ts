/**
 * One comparison with one peer, from the side that asks.
 *
 * From one hash over all shared ranges down to the keys: only what differs is opened, so two nodes that agree exchange a
 * single hash, and d differing keys among n cost about d times the levels of a tree. Keys that differ are not taken for
 * damaged at once: a write that has reached one replica and is on its way to the other looks just the same. They are
 * asked about again after a while, and only those that differ in exactly the same way are sent (P9).
 *
 * The descent goes depth first and stops for repairs now and then, so what is remembered of it stays small however much
 * differs. Every question has a deadline; an answer that does not come ends the exchange, and the next one begins anew.
 */
import type { Key, NodeId, TimeMs } from "../../ids.ts";
import { depthMax, fanout } from "../../merkle/tree.ts";
import { takeBatch } from "../batch.ts";
import type { ReplicationEffects } from "../types.ts";
import { keysUnder, ownDigest, type Question } from "./answer.ts";
import type { AntiEntropyMessage } from "./messages.ts";
import type { KeyRanges } from "./ranges.ts";
import { accept, batchGap, batchKeysMax, type Holding } from "./repair.ts";
import { internal, sendSized, type Unsized } from "./wire.ts";

/** Nodes opened, or leaves listed, by one question. */
const opened = 32;
/** Differing keys gathered before they are asked about again. */
const suspectsMax = 500;
/** How long a write may well be on its way: at least this, and two journeys there and back. */
const settleMin: TimeMs = 300;
/** Keys that the final event lists; of more it gives the number. */
const listedMax = 1_000;

export type Outcome = "equal" | "repaired" | "given up";

export interface ExchangeOptions {
  readonly id: string;
  readonly peer: NodeId;
  readonly reason: "interval" | "command";
  readonly ranges: KeyRanges;
  readonly holding: Holding;
  /** How long an answer may take. */
  readonly answerWithin: TimeMs;
}

/** Nodes of a range's tree that differ: to be opened, or to be listed by keys. */
interface Branches {
  readonly range: string;
  readonly prefixes: readonly string[];
  readonly areLeaves: boolean;
}

/** What is waited for. */
type Waiting =
  | { readonly for: "answer"; readonly until: TimeMs }
  /** Writes in flight to arrive. */
  | { readonly for: "settling"; readonly until: TimeMs }
  /** The next batch's turn. */
  | { readonly for: "turn"; readonly until: TimeMs };

export class Exchange {
  readonly id: string;
  readonly peer: NodeId;
  readonly #options: ExchangeOptions;
  #step = 0;
  #askedAt: TimeMs = 0;
  #slowest: TimeMs = 0;
  #waiting: Waiting | null = null;
  readonly #branches: Branches[] = [];
  /** Keys that differed once: both digests. */
  #suspects = new Map<Key, string>();
  readonly #damaged = new Set<Key>();
  #hashes = 0;
  #bytes = 0;
  #everything = 0;
  readonly #repaired: Key[] = [];
  #repairs = 0;
  #outcome: Outcome | null = null;

  constructor(options: ExchangeOptions) {
    this.id = options.id;
    this.peer = options.peer;
    this.#options = options;
  }

  get isOver(): boolean {
    return this.#outcome !== null;
  }

  get deadline(): TimeMs | null {
    return this.#waiting?.until ?? null;
  }

  start(fx: ReplicationEffects): void {
    const { ranges, peer, reason } = this.#options;
    const shared = ranges.sharedWith(peer);
    for (const range of shared) this.#everything += ranges.forest.tree(range)!.size;
    fx.local("exchange", internal, { exchange: this.id, peer, ranges: shared, reason });
    this.#compare(fx, 0, "", [["", ranges.rootOver(shared)]]);
  }

  /** The trees must be up to date. What is not the answer to the last question does nothing. */
  receive(fx: ReplicationEffects, message: AntiEntropyMessage): void {
    this.#bytes += message.bytes;
    if (this.#waiting?.for !== "answer" || message.step !== this.#step) {
      fx.rare.reached("an answer to a comparison that was not waited for");
      return;
    }
    this.#slowest = Math.max(this.#slowest, fx.now - this.#askedAt);
    this.#waiting = null;
    switch (message.kind) {
      case "COMPARED":
        this.#compared(message);
        if (message.level === 0 && message.differ.length > 0) this.#compareRanges(fx);
        break;
      case "COMPARED_KEYS":
        this.#comparedKeys(fx, message);
        break;
      case "REPAIRED":
        this.#accept(fx, message);
        break;
      default:
        fx.rare.reached("a comparison declined");
        return this.giveUp(fx);
    }
    if (this.#waiting === null) this.#goOn(fx);
  }

  tick(fx: ReplicationEffects): void {
    if (!this.#waiting || this.#waiting.until > fx.now || this.isOver) return;
    const waitedFor = this.#waiting.for;
    this.#waiting = null;
    if (waitedFor === "answer") {
      fx.rare.reached("an exchange given up");
      this.giveUp(fx);
    } else if (waitedFor === "settling") this.#askAgain(fx);
    else this.#goOn(fx);
  }

  giveUp(fx: ReplicationEffects): void {
    this.#end(fx, "given up");
  }

  #goOn(fx: ReplicationEffects): void {
    const isFull = this.#suspects.size >= suspectsMax;
    if (this.#damaged.size > 0) this.#repair(fx);
    else if (this.#suspects.size > 0 && (isFull || this.#branches.length === 0)) this.#settle(fx);
    else if (this.#branches.length > 0) this.#open(fx, this.#branches.pop()!);
    else this.#end(fx, this.#repairs > 0 ? "repaired" : "equal");
  }

  #end(fx: ReplicationEffects, outcome: Outcome): void {
    this.#outcome = outcome;
    this.#waiting = null;
    const more = this.#repairs - this.#repaired.length;
    fx.local("exchange-ended", internal, {
      exchange: this.id,
      peer: this.peer,
      outcome,
      hashes: this.#hashes,
      keys: this.#repaired,
      ...(more > 0 ? { more } : {}),
      bytes: this.#bytes,
      everything: this.#everything,
    });
  }

  #compareRanges(fx: ReplicationEffects): void {
    const { ranges, peer } = this.#options;
    const shared = ranges.sharedWith(peer);
    this.#compare(
      fx,
      1,
      "",
      shared.map((range) => [range, ranges.root(range)]),
    );
  }

  #open(fx: ReplicationEffects, { range, prefixes, areLeaves }: Branches): void {
    const { ranges } = this.#options;
    if (areLeaves) {
      this.#compareKeys(fx, range, prefixes, keysUnder(ranges, range, prefixes), false);
      return;
    }
    const children = prefixes.flatMap((prefix) =>
      Array.from({ length: fanout }, (_, digit) => prefix + digit.toString(16)),
    );
    const level = children[0]!.length + 1;
    this.#compare(
      fx,
      level,
      range,
      children.map((prefix) => [prefix, ranges.hash(range, prefix)]),
    );
  }

  #compared({ level, range, differ }: Extract<AntiEntropyMessage, { kind: "COMPARED" }>): void {
    const { ranges } = this.#options;
    if (level === 0) return;
    if (level === 1) {
      for (const [name, , isLeaf] of differ) {
        this.#branches.push({ range: name, prefixes: [""], areLeaves: isLeaf && ranges.isLeaf(name, "") });
      }
      return;
    }
    const leaves: string[] = [];
    const inner: string[] = [];
    for (const [prefix, , isLeaf] of differ) {
      const isEnd = prefix.length >= depthMax || (isLeaf && ranges.isLeaf(range, prefix));
      (isEnd ? leaves : inner).push(prefix);
    }
    for (let at = 0; at < inner.length; at += opened) {
      this.#branches.push({ range, prefixes: inner.slice(at, at + opened), areLeaves: false });
    }
    for (let at = 0; at < leaves.length; at += opened) {
      this.#branches.push({ range, prefixes: leaves.slice(at, at + opened), areLeaves: true });
    }
  }

  #comparedKeys(
    fx: ReplicationEffects,
    { differ }: Extract<AntiEntropyMessage, { kind: "COMPARED_KEYS" }>,
  ): void {
    const before = this.#suspects;
    const isAgain = this.#isAgain;
    if (isAgain) this.#suspects = new Map();
    for (const [key, asked, own] of differ) {
      const pair = `${asked} ${own}`;
      if (!isAgain) this.#suspects.set(key, pair);
      else if (before.get(key) === pair) this.#damaged.add(key);
    }
    if (isAgain && this.#damaged.size < before.size)
      fx.rare.reached("a difference that was a write in flight");
  }

  /** The question under way is about suspects. */
  #isAgain = false;

  #settle(fx: ReplicationEffects): void {
    this.#waiting = { for: "settling", until: fx.now + Math.max(settleMin, 2 * this.#slowest) };
  }

  #askAgain(fx: ReplicationEffects): void {
    const { ranges } = this.#options;
    const keys = [...this.#suspects.keys()].map((key) => ownDigest(ranges, key));
    this.#compareKeys(fx, "", [], keys, true);
  }

  #repair(fx: ReplicationEffects): void {
    const { store } = this.#options.holding;
    const keysMax = fx.rare.buggify("repairs of one key") ? 1 : batchKeysMax;
    const items = takeBatch(this.#damaged, store, keysMax);
    this.#ask(fx, { kind: "REPAIR", ...this.#next(), items });
    this.#sent = items.map(([key]) => key);
  }

  /** The keys of the batch on its way. */
  #sent: readonly Key[] = [];

  #accept(fx: ReplicationEffects, { items, rest }: Extract<AntiEntropyMessage, { kind: "REPAIRED" }>): void {
    accept(fx, this.#options.holding, this.peer, items);
    const again = new Set(rest);
    for (const key of this.#sent) {
      if (again.has(key)) continue;
      this.#damaged.delete(key);
      this.#repairs += 1;
      if (this.#repaired.length < listedMax) this.#repaired.push(key);
    }
    this.#sent = [];
    // Even the last one is waited for: what was accepted has to be taken into the trees before the next question.
    this.#waiting = { for: "turn", until: fx.now + (this.#damaged.size > 0 ? batchGap : 0) };
  }

  #compare(
    fx: ReplicationEffects,
    level: number,
    range: string,
    nodes: readonly (readonly [string, string])[],
  ): void {
    this.#hashes += nodes.length;
    const ring = this.#options.ranges.fingerprint;
    this.#ask(fx, { kind: "COMPARE", ...this.#next(), ring, level, range, nodes });
  }

  #compareKeys(
    fx: ReplicationEffects,
    range: string,
    prefixes: readonly string[],
    keys: Extract<Question, { kind: "COMPARE_KEYS" }>["keys"],
    again: boolean,
  ): void {
    this.#hashes += keys.length;
    this.#isAgain = again;
    const ring = this.#options.ranges.fingerprint;
    this.#ask(fx, { kind: "COMPARE_KEYS", ...this.#next(), ring, range, prefixes, keys, again });
  }

  #next(): { exchange: string; step: number } {
    this.#step += 1;
    return { exchange: this.id, step: this.#step };
  }

  #ask(fx: ReplicationEffects, message: Unsized): void {
    this.#askedAt = fx.now;
    this.#waiting = { for: "answer", until: fx.now + this.#options.answerWithin };
    this.#bytes += sendSized(fx, this.peer, message);
  }
}
