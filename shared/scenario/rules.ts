/**
 * Message rules: "drop the second REPLICATE for key k from A". One set decides for the simulated network and, in each
 * real node, for what that node sends.
 *
 * A real node sees only its own messages, so the nth is counted for each sender by itself, in both worlds. Every rule
 * counts every message that it matches, whatever another rule does with it; the oldest rule that acts decides. A rule
 * that has done what it says stays, and does nothing more.
 */
import type { MessageRule } from "./schema.ts";

/** What a rule can see of a message. `kind` in capitals, as on the timeline. */
export interface RuledMessage {
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly key?: string | undefined;
}

/** `rule`: the name of the one that decided; null when it has none. */
export type Decision =
  | { readonly kind: "pass" }
  | { readonly kind: "drop"; readonly rule: string | null }
  | { readonly kind: "delay"; readonly rule: string | null; readonly ms: number }
  | { readonly kind: "duplicate"; readonly rule: string | null }
  /** The set has taken it; it comes back when the rule ends. */
  | { readonly kind: "hold"; readonly rule: string | null };

/** A rule in force. */
export interface ActiveRule {
  readonly id: number;
  readonly rule: MessageRule;
  /** How many messages it has matched so far, by sender. */
  readonly seen: Readonly<Record<string, number>>;
}

interface Entry<Item> {
  readonly id: number;
  readonly rule: MessageRule;
  readonly seen: Map<string, number>;
  readonly held: Item[];
}

const pass: Decision = { kind: "pass" };

/** `Item` is what the world hands over with a message, and gets back when a rule that held it ends. */
export class RuleSet<Item> {
  /** Grows with each message that a rule with `nth` or `times` matches. */
  counted = 0;
  #entries: readonly Entry<Item>[] = [];
  #lastId = 0;

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  add(rule: MessageRule): void {
    this.#insert({ id: this.#lastId + 1, rule, seen: {} });
  }

  /** Rules of this name end. Returns what they held, in the order it was sent. */
  end(name: string): Item[] {
    return this.#keep((entry) => entry.rule.name !== name);
  }

  /** Every rule ends. Returns what they held, in the order it was sent by each rule. */
  endAll(): Item[] {
    return this.#keep(() => false);
  }

  /** Exactly these are in force from now on; one that was so already keeps its own count. Returns as `end` does. */
  replace(rules: readonly ActiveRule[]): Item[] {
    const wanted = new Set(rules.map(({ id }) => id));
    const released = this.#keep(({ id }) => wanted.has(id));
    const known = new Set(this.#entries.map(({ id }) => id));
    for (const rule of rules) if (!known.has(rule.id)) this.#insert(rule);
    return released;
  }

  /** Called once for each message, as it is sent. */
  decide(message: RuledMessage, item: Item): Decision {
    let decision = pass;
    for (const { rule, seen, held } of this.#entries) {
      if (!matches(rule, message)) continue;
      const number = (seen.get(message.from) ?? 0) + 1;
      seen.set(message.from, number);
      if (isCounted(rule)) this.counted += 1;
      if (decision !== pass || !actsOn(rule, number)) continue;
      decision = decisionOf(rule);
      if (decision.kind === "hold") held.push(item);
    }
    return decision;
  }

  /** What rules with `nth` or `times` have matched of a sender, by id: given back in `seen`, its next process goes on. */
  seenOf(from: string): Record<number, number> {
    const counted = this.#entries.filter(({ rule }) => isCounted(rule));
    return Object.fromEntries(counted.map(({ id, seen }) => [id, seen.get(from) ?? 0]));
  }

  #insert({ id, rule, seen }: ActiveRule): void {
    this.#lastId = Math.max(this.#lastId, id);
    this.#entries = [...this.#entries, { id, rule, seen: new Map(Object.entries(seen)), held: [] }];
  }

  #keep(stays: (entry: Entry<Item>) => boolean): Item[] {
    const ended = this.#entries.filter((entry) => !stays(entry));
    this.#entries = this.#entries.filter(stays);
    return ended.flatMap(({ held }) => held);
  }
}

/** True when it matters how many messages the rule has matched. */
const isCounted = ({ nth, times }: MessageRule) => nth !== undefined || times !== undefined;

function matches(rule: MessageRule, { kind, from, to, key }: RuledMessage): boolean {
  return (
    (rule.message === undefined || rule.message === kind) &&
    (rule.from === undefined || rule.from === from) &&
    (rule.to === undefined || rule.to === to) &&
    (rule.key === undefined || rule.key === key)
  );
}

/** `times` alone means the first so many; `nth` alone means that one. */
function actsOn({ nth, times }: MessageRule, number: number): boolean {
  const first = nth ?? 1;
  const count = times ?? (nth === undefined ? Number.POSITIVE_INFINITY : 1);
  return number >= first && number < first + count;
}

function decisionOf(rule: MessageRule): Decision {
  const { name = null } = rule;
  return rule.do === "delay"
    ? { kind: "delay", rule: name, ms: rule.by ?? 0 }
    : { kind: rule.do, rule: name };
}
